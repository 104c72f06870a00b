#pragma once

#include "ground/base/base.h"

namespace yizhan {

// Does a PDF carry scripts, start programs, or do something by itself when opened? Looks at the
// objects in the open and at those in compressed object streams (deflate only), and understands
// names written with #xx. "/OpenAction [page …]", which only chooses the first view, does not
// count. A flag for people, not a proof of harmlessness: the scanner judges that.
bool has_active_pdf_content(int descriptor);

}  // namespace yizhan
