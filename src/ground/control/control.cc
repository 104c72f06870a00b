#include "ground/control/control.h"

#include <cstdlib>

namespace yizhan {

#ifdef YIZHAN_KNOCKOUTS

bool is_knocked_out(std::string_view control) {
  static const char* const kName = std::getenv("YZ_KNOCKOUT");
  return kName != nullptr && control == kName;
}

#else

bool is_knocked_out(std::string_view) { return false; }

#endif

}  // namespace yizhan
