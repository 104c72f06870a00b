#pragma once

#include <optional>
#include <string>
#include <vector>

#include "duty/addresses/network.h"
#include "ground/json/json.h"
#include "model/agency/agency.h"

namespace yizhan {

enum class PeerKind { kTerminal, kCentre };

std::string_view text_of(PeerKind kind);  // "terminal", "centre"

// An exception from one agency, one fixed address: approved as a case, for a while.
struct AddressException {
  std::string case_id;  // 1–64 characters: under which it was approved
  std::string ground;   // why, in a sentence
  Time until;

  bool operator==(const AddressException&) const = default;
};

struct AddressEntry {
  Network network;
  PeerKind kind;
  std::string code;  // 機關代碼 of a terminal's agency, otherwise the centre's
  std::string name;
  std::optional<AddressException> exception = {};

  [[nodiscard]] bool in_force(Time at) const { return !exception || at < exception->until; }
  bool operator==(const AddressEntry&) const = default;
};

// Who comes to one centre from where (五(一)6): the target addresses/CENTRE.json of the signed
// distribution. As it stands here it keeps the one-to-one rule: an agency has one address without
// an exception, an address belongs to one agency without one, and a range always needs one.
class AddressList {
 public:
  static constexpr std::size_t kEntriesMax = 50'000;
  static constexpr std::size_t kBytesMax = 16U << 20;

  // Refuses kMalformed and what check() refuses.
  static Result<AddressList> parse(ByteView json);
  // Refuses kConflict: an address or agency breaks the one-to-one rule, which says how to mend it.
  static Result<AddressList> make(CentreCode centre, Time effective,
                                  std::vector<AddressEntry> entries);

  [[nodiscard]] const CentreCode& centre() const { return centre_; }
  // Of what it says from when on: dates of effect never go back (see AddressTable).
  [[nodiscard]] Time effective() const { return effective_; }
  [[nodiscard]] const std::vector<AddressEntry>& entries() const { return entries_; }
  [[nodiscard]] bool allows(PeerKind kind, std::string_view code, std::string_view address,
                            Time at) const;
  // "+ 203.0.113.7 terminal A01… 名稱", "- …": what is another than there, for people.
  [[nodiscard]] std::vector<std::string> changes_since(const AddressList& from) const;
  // Canonical.
  [[nodiscard]] Bytes json() const;

 private:
  AddressList(CentreCode centre, Time effective, std::vector<AddressEntry> entries)
      : centre_(std::move(centre)), effective_(effective), entries_(std::move(entries)) {}
  [[nodiscard]] Result<void> check() const;

  CentreCode centre_;
  Time effective_;
  std::vector<AddressEntry> entries_;
};

// "addresses/CENTRE-1.json"
std::string address_target(const CentreCode& centre);

}  // namespace yizhan
