#pragma once

#include <stdexcept>

namespace yizhan {

// The database failed, in words for the operator: what was done (first line of the SQL), what the
// engine said. Never the values of parameters.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A PRIMARY KEY or UNIQUE constraint forbade it. The transaction can only be rolled back: where a
// duplicate is an ordinary case, say ON CONFLICT in SQL.
class UniqueViolation final : public StoreError {
 public:
  using StoreError::StoreError;
};

// The schema in the database is not one that this program may use.
class SchemaError final : public StoreError {
 public:
  using StoreError::StoreError;
};

}  // namespace yizhan
