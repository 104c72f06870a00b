#pragma once

// The face of role/scanner.

namespace yizhan {

// yizhan-scanner, from its arguments to its exit status: opens packages in memory for its
// exchange, scans them, signs verdicts. Composition only. Arguments and status: ground/daemon.
int run_scanner(int count, char** arguments);

}  // namespace yizhan
