#pragma once

// yizhan-terminal: an agency's terminal. Composition only: which parts there are, which route calls
// which station.

namespace yizhan {

int run_terminal(int count, char** arguments);

}  // namespace yizhan
