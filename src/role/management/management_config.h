#pragma once

#include "ground/config/config.h"

namespace yizhan {

ConfigTable management_table();
// What the table can not say. Throws ConfigError.
void check_management(const Config& config);

}  // namespace yizhan
