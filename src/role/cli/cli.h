#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace yizhan {

// The command line for clerks, operators, auditors and courts: docs/cli.md.
//
// 0 done · 1 refused, invalid or broken (the reason is printed) · 2 wrong use (verify: consistent,
// but its anchor is unknown) · 3 the terminal or the centre is not reachable

struct CliStreams {
  std::ostream& out;
  std::ostream& err;
  bool progress;  // err is a person's screen
};

// `arguments` without the program's own name.
int run_cli(std::vector<std::string> arguments, const CliStreams& streams);
int run_cli(int count, char** arguments);

}  // namespace yizhan
