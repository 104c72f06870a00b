#pragma once

// The face of role/keyholder.

namespace yizhan {

// yizhan-keyholder, from its arguments to its exit status. Composition only: modules, journal of
// uses and service of ground/keys, as the configuration says. SIGTERM stops gracefully, SIGHUP
// reads keys, certificates and corrected PIN files again. 0 done, 1 accident, 2 wrong arguments or
// configuration.
int run_keyholder(int count, char** arguments);

}  // namespace yizhan
