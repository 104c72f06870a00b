#pragma once

#include <string>
#include <vector>

#include "model/agency/agency.h"

// 電子交換群組: recipients that are often written to, under a name.

namespace yizhan {

struct GroupName {
  std::string owner;  // whose it is alone; empty: shared by the whole agency
  std::string name;   // 1 to 120 bytes
};

// A version never changes; the last one holds.
struct RecipientGroup {
  GroupName name;
  std::int64_t version;  // from 1
  std::string person;    // who made this version
  Time made;
  std::vector<Addressee> members;  // in the order in which they were given
};

}  // namespace yizhan
