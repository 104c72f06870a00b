#pragma once

// yizhan-exchange: an exchange centre. Composition only: which parts there are, which route calls
// which station, and whom identify() lets in.

#include "role/exchange/terminal_routes.h"

namespace yizhan {

int run_exchange(int count, char** arguments);

}  // namespace yizhan
