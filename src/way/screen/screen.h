#pragma once

// The face of way/screen: the exchange's side (screening), the scanner's side (scan desk), and the
// line between them (docs/protocol/scanner.md).

#include "way/screen/scan_desk.h"
#include "way/screen/scan_line.h"
#include "way/screen/screening.h"
