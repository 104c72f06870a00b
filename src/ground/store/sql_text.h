#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

// The little that must be known about the text of SQL: where quotes, comments, parameters and
// statements end. '…' and "…" are quotes; '--' opens a comment to the end of the line.

namespace yizhan {

// The statements of a script, trimmed, without comments and ';'.
std::vector<std::string> split_statements(std::string_view script);

// The names of the :parameters.
std::set<std::string, std::less<>> parameters_of(std::string_view sql);

// For messages: the first line that has words.
std::string first_line(std::string_view text);

}  // namespace yizhan
