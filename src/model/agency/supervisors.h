#pragma once

#include "model/agency/directory.h"

// Who answers for whom, by what the directory says: the agency above each, the kind of each centre
// and who runs it.

namespace yizhan {

// The agency, then who is above it by the directory's own word, up to the top. Of a code that the
// directory does not know: that one.
std::vector<OrgCode> line_from(const OrgCode& agency, const Directory& directory);

// Who must see to it that the agency does what it owes: the next above it; at a self-built centre
// the agency that runs it, but nobody over whoever stands above them. None: nobody is above it.
std::optional<OrgCode> supervisor_of(const Agency& agency, const Directory& directory);
// Of a centre: who runs it. None: the bureau, or nobody has said.
std::optional<OrgCode> supervisor_of(const Centre& centre);

// Each who is named is there, and nobody is above itself. Refuses kMalformed, naming one of them.
Result<void> check_supervisors(const Directory& directory);

}  // namespace yizhan
