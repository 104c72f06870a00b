#pragma once

#include "ground/config/config.h"

namespace yizhan {

ConfigTable exchange_table();

}  // namespace yizhan
