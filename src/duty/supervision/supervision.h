#pragma once

// The face of duty/supervision: who answers for whom, and what those below them owe.

#include "duty/supervision/parties.h"
#include "duty/supervision/supervision_book.h"
