#pragma once

#include "duty/addresses/address_list.h"

namespace yizhan {

// IP 位址與機關名稱對照表 as of any time: all the lists that a centre has gone by.
class AddressTable {
 public:
  struct Row {
    AddressEntry entry;
    Time since;                  // the list that first said so
    std::optional<Time> until;   // the list that no longer did, or the exception's end
  };

  // Refuses kConflict: lists of more than one centre, or two with one time of effect that differ.
  static Result<AddressTable> make(std::vector<AddressList> lists);

  // Who was let in from where at that time, by address; nobody before the first list.
  [[nodiscard]] std::vector<Row> at(Time time) const;
  // Everybody who ever was let in from that address, the latest first.
  [[nodiscard]] std::vector<Row> of(const Network& address) const;

 private:
  explicit AddressTable(std::vector<Row> rows) : rows_(std::move(rows)) {}

  std::vector<Row> rows_;  // by address, then time
};

// RFC 4180 with a line of names: address, kind, code, name, since, until, case, ground.
std::string to_csv(std::span<const AddressTable::Row> rows);

}  // namespace yizhan
