#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ground/base/base.h"

namespace yizhan {

// Runs a program of this host to its end, without a shell. What it writes goes to `output`, a
// descriptor, where there is one, else where ours goes. Whether it succeeded. Refuses kUnavailable
// (it can not be started).
Result<bool> run_outside(std::vector<std::string> words, std::optional<int> output = {});

}  // namespace yizhan
