#pragma once

#include <iosfwd>
#include <string>
#include <vector>

// yizhan-load: agencies that are none drive one exchange centre, and count what becomes of their
// documents. docs/load.md

namespace yizhan {

struct LoadStreams {
  std::ostream& out;
  std::ostream& err;
};

// 0 all documents arrived once and unchanged, with one final evidence each · 1 they did not ·
// 2 wrong use. `arguments` without the program's own name.
int run_load(std::vector<std::string> arguments, const LoadStreams& streams);
int run_load(int count, char** arguments);

}  // namespace yizhan
