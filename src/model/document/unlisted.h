#pragma once

#include <vector>

#include "model/document/instance.h"
#include "model/document/roster.h"

namespace yizhan {

// Whom the document names as getting it (正本, 副本; of a meeting 出席者, 列席者) and its roster does not:
// the exchange does not reach them. In the document's order, each with its 本別. A 總稱 for which
// an entry of the roster may stand is listed. None of a document that names its one recipient
// (分繕): the others have documents of their own.
std::vector<Party> unlisted_parties(const Document& document, const Roster& roster);

}  // namespace yizhan
