#pragma once

#include "ground/config/config.h"

namespace yizhan {

ConfigTable terminal_table();

}  // namespace yizhan
