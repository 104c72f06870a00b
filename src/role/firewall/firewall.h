#pragma once

// The face of role/firewall.

namespace yizhan {

// yizhan-firewall, from its arguments to its exit status. Composition only: every few seconds it
// looks for a newer signed list of addresses in the mirror of its centre, and carries it into the
// kernel by nft (duty/addresses). It needs CAP_NET_ADMIN and nothing else: no network, no keys, no
// database. SIGTERM stops it and leaves the table as it is. 0 done, 1 accident, 2 wrong arguments
// or configuration.
int run_firewall(int count, char** arguments);

}  // namespace yizhan
