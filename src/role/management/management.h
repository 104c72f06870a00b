#pragma once

// yizhan-management: the 管理層 at work. Composition only: what it publishes, who comes for it, who
// may do what.

namespace yizhan {

int run_management(int count, char** arguments);

}  // namespace yizhan
