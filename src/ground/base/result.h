#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "ground/base/assert.h"
#include "ground/base/reason.h"

// Result<T>: a value, or the refusal that the rules foresee.
// Accidents (disk, network, database) are exceptions; bugs are YZ_ASSERT.

namespace yizhan {

// Why something was refused. `detail` is for people (Chinese, says what was found and how to mend
// it) and may be shown to the peer; what must stay inside goes to the log instead.
struct Refusal {
  Reason reason;
  std::string detail;

  bool operator==(const Refusal&) const = default;
};

template <class T>
class [[nodiscard]] Result {
 public:
  using Value = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Refusal refusal) : state_(std::in_place_index<1>, std::move(refusal)) {}
  Result(Reason reason) : Result(Refusal{reason, {}}) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] const T& value() const& {
    YZ_ASSERT(ok());
    return std::get<0>(state_);
  }
  [[nodiscard]] T& value() & {
    YZ_ASSERT(ok());
    return std::get<0>(state_);
  }
  [[nodiscard]] T&& value() && {
    YZ_ASSERT(ok());
    return std::get<0>(std::move(state_));
  }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  [[nodiscard]] const Refusal& refusal() const {
    YZ_ASSERT(!ok());
    return std::get<1>(state_);
  }
  [[nodiscard]] Reason reason() const { return refusal().reason; }

 private:
  std::variant<T, Refusal> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using Value = void;

  Result() = default;
  Result(Refusal refusal) : refusal_(std::move(refusal)) {}
  Result(Reason reason) : refusal_(Refusal{reason, {}}) {}

  [[nodiscard]] bool ok() const { return !refusal_.has_value(); }
  explicit operator bool() const { return ok(); }
  void value() const { YZ_ASSERT(ok()); }

  [[nodiscard]] const Refusal& refusal() const {
    YZ_ASSERT(!ok());
    return *refusal_;
  }
  [[nodiscard]] Reason reason() const { return refusal().reason; }

 private:
  std::optional<Refusal> refusal_;
};

}  // namespace yizhan

// The value, or return the refusal to the caller. Not inside coroutines (use co_return there).
#define YZ_TRY(expression)                                 \
  __extension__({                                          \
    auto yz_result = (expression);                         \
    if (!yz_result.ok()) return yz_result.refusal();       \
    std::move(yz_result).value();                          \
  })
