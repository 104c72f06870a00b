#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "ground/base/base.h"

namespace yizhan {

// Inside model/mailbox: one row for each value of an enum, in its order.
template <class State>
struct StateText {
  State state;
  std::string_view text;   // stable, for machines and columns
  std::string_view title;  // for people
};

template <class State, std::size_t kCount>
const StateText<State>& row_of(const std::array<StateText<State>, kCount>& rows, State state) {
  const StateText<State>& row = rows.at(static_cast<std::size_t>(state));
  YZ_ASSERT(row.state == state);
  return row;
}

template <class State, std::size_t kCount>
std::optional<State> find_in(const std::array<StateText<State>, kCount>& rows,
                             std::string_view text) {
  for (const StateText<State>& row : rows) {
    if (row.text == text) return row.state;
  }
  return std::nullopt;
}

}  // namespace yizhan
