#pragma once

#include <variant>

#include "ground/journal/entry.h"
#include "ground/journal/events.h"
#include "ground/journal/journal_store.h"

namespace yizhan {

struct Field {
  std::string_view name;
  std::variant<std::string, std::int64_t> value;
};
using Fields = std::vector<Field>;

// Who does something, and when, for the journal: an account's name, or the program's.
struct By {
  std::string who;
  Time now;
};

class Journal {
 public:
  // Who writes: the organisation code or the name of the centre.
  explicit Journal(std::string origin) : origin_(std::move(origin)) {}

  // Adds an event to the transaction of what it tells of: both are there, or neither.
  // The fields are those of the event's line in events.cc, in any order (else YZ_ASSERT).
  // No content of documents, no personal data beyond who acted.
  void record(Transaction& tx, Event event, const Fields& fields, Time now) const;

 private:
  std::string origin_;
};

}  // namespace yizhan
