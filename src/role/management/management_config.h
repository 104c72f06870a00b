#pragma once

#include "ground/config/config.h"

namespace yizhan {

ConfigTable management_table();

}  // namespace yizhan
