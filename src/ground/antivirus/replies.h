#pragma once

#include "ground/antivirus/antivirus.h"

// What clamd answers, without the line's end. Internal.

namespace yizhan {

// "ClamAV 1.4.6/27500/Thu Nov  5 09:28:03 2026". kScannerUnavailable
Result<EngineVersion> parse_version_reply(const std::string& answer);

// "fd[12]: OK" or "fd[12]: Name FOUND"; anything else is no clear answer: kScanIncomplete.
Result<ScanAnswer> parse_scan_reply(std::string_view answer);

}  // namespace yizhan
