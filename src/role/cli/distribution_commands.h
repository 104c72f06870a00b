#pragma once

#include "role/cli/session.h"

namespace yizhan {

// `distribution` and what stands below it: docs/operating-management.md.
void add_distribution_commands(CLI::App& app, Session& session);
// What there is, who signed it, and whether it holds.
void add_distribution_checks(CLI::App& distribution, Session& session);

}  // namespace yizhan
