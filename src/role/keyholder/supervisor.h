#pragma once

#include <string>

namespace yizhan {

// Tells systemd (sd_notify(3): "READY=1", "WATCHDOG=1", "STOPPING=1"); nothing when it is not
// there.
void notify_supervisor(const std::string& state);

// Keeps pages with keys out of swap, as they come into use. Says in the log when the limit of the
// process (LimitMEMLOCK) does not allow it.
void lock_memory();

}  // namespace yizhan
