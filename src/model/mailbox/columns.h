#pragma once

#include <optional>
#include <string>

#include "ground/store/store.h"

// Inside model/mailbox: what the tables have in common.

namespace yizhan {

// A refusal in two columns; reason NULL means none.
inline std::optional<std::string> reason_column(const std::optional<Refusal>& why) {
  return why ? std::optional(std::string(code_of(why->reason))) : std::nullopt;
}
inline std::string detail_column(const std::optional<Refusal>& why) {
  return why ? why->detail : std::string();
}
inline std::optional<Refusal> why_of(const std::optional<std::string>& reason,
                                     const std::string& detail) {
  if (!reason) return std::nullopt;
  const auto known = find_reason(*reason);
  if (!known) throw StoreError("reason: " + *reason);
  return Refusal{*known, detail};
}

// A value that this program wrote itself.
template <class T>
T required(std::optional<T> value, const char* column) {
  if (!value) throw StoreError(std::string("unreadable: ") + column);
  return *std::move(value);
}
template <class T>
T required(Result<T> value, const char* column) {
  if (!value) throw StoreError(std::string("unreadable: ") + column);
  return std::move(value).value();
}

}  // namespace yizhan
