#include "model/document/unlisted.h"

#include <algorithm>

namespace yizhan {

namespace {

struct Named {
  Party party;
  bool listed = false;
};

// By whom an entry may be meant.
template <class Fits>
bool mark(std::vector<Named>& all, const RosterEntry& entry, const Fits& fits) {
  bool found = false;
  for (Named& named : all) {
    const bool kind_fits =
        entry.copy_kind.value_or(*named.party.copy_kind) == *named.party.copy_kind ||
        // Any other 本別 may have stood in either list.
        (entry.copy_kind != CopyForm::kOriginal && entry.copy_kind != CopyForm::kCopy);
    if (!kind_fits || !fits(named.party)) continue;
    named.listed = true;
    found = true;
  }
  return found;
}

std::vector<Named> parties_of(const Document& document) {
  std::vector<Named> all;
  const auto add = [&](const std::vector<Party>& parties, CopyForm kind) {
    for (const Party& party : parties) {
      all.push_back({party});
      all.back().party.copy_kind = kind;
    }
  };
  if (document.meeting) {
    add(document.meeting->attendees, CopyForm::kOriginal);
    add(document.meeting->observers, CopyForm::kOriginal);
  } else {
    add(document.originals, CopyForm::kOriginal);
  }
  add(document.copies, CopyForm::kCopy);
  return all;
}

}  // namespace

std::vector<Party> unlisted_parties(const Document& document, const Roster& roster) {
  if (document.addressee) return {};
  std::vector<Named> all = parties_of(document);
  for (const RosterEntry& entry : roster.entries) {
    const bool by_name =
        mark(all, entry, [&](const Party& party) { return party.name == entry.name; });
    // Failing that, a group; of several nobody can tell which.
    if (!by_name) {
      mark(all, entry, [](const Party& party) { return party.kind == PartyKind::kGroup; });
    }
  }
  std::vector<Party> unlisted;
  for (Named& named : all) {
    if (!named.listed) unlisted.push_back(std::move(named.party));
  }
  return unlisted;
}

}  // namespace yizhan
