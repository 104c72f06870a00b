#pragma once

#include "ground/base/base.h"

// Bytes to be read at any place: a file, or an archive found inside another one. Internal.

namespace yizhan {

class Source {
 public:
  explicit Source(int descriptor);   // throws std::system_error when it has no size
  explicit Source(ByteView memory);  // must outlive the source

  [[nodiscard]] std::uint64_t size() const { return size_; }
  // As much of `into` as there is at that place; throws std::system_error when reading fails.
  std::size_t read_at(std::uint64_t place, std::span<std::uint8_t> into) const;
  [[nodiscard]] Bytes read_at(std::uint64_t place, std::size_t count) const;

 private:
  int descriptor_ = -1;
  ByteView memory_;
  std::uint64_t size_ = 0;
};

}  // namespace yizhan
