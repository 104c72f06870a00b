#pragma once

// The face of model/line: the terminal's view of docs/protocol/terminal-centre.md.

#include "model/line/centre_address.h"
#include "model/line/centre_line.h"
