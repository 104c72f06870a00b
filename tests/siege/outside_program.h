#pragma once

#include <string>
#include <vector>

namespace yizhan {

// Runs a program of others to its end; what it wrote to standard output and error.
std::string output_of(std::vector<std::string> words);

}  // namespace yizhan
