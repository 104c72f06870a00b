#pragma once

#include "model/agency/agency.h"
#include "role/terminal/requests.h"

namespace yizhan {

// A line of the address book: an agency, or one of its units.
struct AddressRow {
  const Agency* agency;
  const Unit* unit;  // nullptr: the agency itself
  const Directory* directory;

  // nullopt: the directory does not know it.
  static std::optional<AddressRow> find(const Directory& directory, const Addressee& addressee);

  [[nodiscard]] std::string code() const;
  [[nodiscard]] std::string name() const;  // "機關 單位"
  [[nodiscard]] Standing standing() const;
  [[nodiscard]] bool can_receive(Time now) const;
  [[nodiscard]] Json describe(Time now) const;
};

inline constexpr CsvColumn kAddressColumns[] = {
    {"org_code", "機關代碼"}, {"unit_code", "單位代碼"},   {"name", "名稱"},
    {"standing", "狀態"},     {"can_receive", "可收文"}, {"home_centre", "所屬交換中心"},
    {"supervisor", "上級機關"}};

}  // namespace yizhan
