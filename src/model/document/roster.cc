#include "model/document/roster.h"

#include "model/document/reading.h"

namespace yizhan {

bool gets_attachments(const RosterEntry& entry) {
  const bool original = entry.copy_kind.value_or(CopyForm::kOriginal) == CopyForm::kOriginal;
  return entry.with_attachments.value_or(original);
}

Checked<Roster> parse_roster(ByteView sw) {
  Checked<Roster> checked;
  auto tree = read_typed(sw, true, checked.issues);
  if (!tree) return checked;
  Roster roster;
  roster.edition = tree->type.edition;
  roster.encoding = tree->prolog.encoding;
  for (PartyAt& at : parties_in(tree->root, checked.issues)) {
    roster.entries.push_back(std::move(at.party));
    roster.lines.push_back(at.line);
  }
  if (checked.issues.empty()) checked.value = std::move(roster);
  return checked;
}

Bytes write_roster(const Roster& roster) {
  XmlDocument document;
  document.prolog.encoding = roster.encoding;
  document.prolog.root_name = "交換表單";
  document.prolog.system_id = roster_system_id(roster.edition, roster.encoding);
  document.root = element_of("交換表單", roster.entries);
  return write_xml(document);
}

}  // namespace yizhan
