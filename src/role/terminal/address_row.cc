#include "role/terminal/address_row.h"

#include <algorithm>

namespace yizhan {

std::optional<AddressRow> AddressRow::find(const Directory& directory,
                                           const Addressee& addressee) {
  const Agency* const agency = directory.find(addressee.org);
  if (agency == nullptr) return std::nullopt;
  if (addressee.unit.empty()) return AddressRow{agency, nullptr, &directory};
  const auto unit = std::ranges::find(agency->units, addressee.unit, &Unit::code);
  if (unit == agency->units.end()) return std::nullopt;
  return AddressRow{agency, &*unit, &directory};
}

std::string AddressRow::code() const {
  return agency->code.text() + (unit != nullptr ? unit->code.text() : "");
}

std::string AddressRow::name() const {
  return agency->name + (unit != nullptr ? " " + unit->name : "");
}

Standing AddressRow::standing() const {
  const bool of_agency = unit == nullptr || agency->standing != Standing::kActive;
  return of_agency ? agency->standing : unit->standing;
}

bool AddressRow::can_receive(Time now) const {
  const Agency& receiver = directory->receiver_of(*agency, now);
  return standing() != Standing::kClosed &&
         !certificates_for(receiver.certificates, Purpose::kEncrypt, now).empty();
}

Json AddressRow::describe(Time now) const {
  return {{"org_code", agency->code.text()},
          {"unit_code", unit != nullptr ? unit->code.text() : ""},
          {"name", name()},
          {"standing", text_of(standing())},
          {"can_receive", can_receive(now)},
          {"home_centre", agency->home_centre.text()},
          {"supervisor", agency->supervisor ? agency->supervisor->text() : ""}};
}

}  // namespace yizhan
