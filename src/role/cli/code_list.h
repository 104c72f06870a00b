#pragma once

#include <string>
#include <vector>

#include "ground/base/base.h"

namespace yizhan {

// Recipients' codes out of a spreadsheet's CSV (UTF-8): the column 機關代碼, joined by 單位代碼
// where there is one, as the address book and the open data of the government write them; without
// such a title the first column. Empty lines are skipped. Refuses kMalformed, naming the line.
Result<std::vector<std::string>> codes_in_csv(std::string_view text);

}  // namespace yizhan
