#pragma once

#include <vector>

#include "model/document/issue.h"
#include "model/document/party.h"
#include "model/document/types.h"

// The roster (交換表單, SW): those recipients that are reached electronically.

namespace yizhan {

// One recipient; `org_code` is always there.
using RosterEntry = Party;

struct Roster {
  Edition edition = Edition::k104;
  XmlEncoding encoding = XmlEncoding::kUtf8;
  std::vector<RosterEntry> entries;
  std::vector<int> lines;  // of each entry in what was read; empty for a composed roster

  bool operator==(const Roster& other) const {
    return edition == other.edition && encoding == other.encoding && entries == other.entries;
  }
};

// Whether this recipient gets the files: as stated; if nothing is stated, originals do and copies
// do not (since edition 99 the roster says nothing for originals).
bool gets_attachments(const RosterEntry& entry);

Checked<Roster> parse_roster(ByteView sw);
Bytes write_roster(const Roster& roster);

}  // namespace yizhan
