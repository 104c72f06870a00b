#pragma once

// The face of model/line: the terminal's view of docs/protocol/terminal-centre.md, and the view of
// a centre that dials another, of docs/protocol/centre-centre.md.

#include "model/line/centre_address.h"
#include "model/line/centre_line.h"
#include "model/line/centre_lines.h"
#include "model/line/relay_line.h"
