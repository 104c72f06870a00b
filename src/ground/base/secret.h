#pragma once

#include "ground/base/bytes.h"

// Bytes that must not outlive their use: keys, PINs, content keys. Wiped when destroyed, never
// printed, never copied by accident.

namespace yizhan {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size) : bytes_(size) {}
  explicit SecretBytes(Bytes&& bytes) : bytes_(std::move(bytes)) {}
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  ~SecretBytes();

  [[nodiscard]] SecretBytes copy() const;  // on purpose, and visible in the code
  [[nodiscard]] ByteView view() const { return bytes_; }
  [[nodiscard]] std::span<std::uint8_t> writable() { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  void wipe() noexcept;

  Bytes bytes_;
};

// Overwrites in a way that the compiler may not remove.
void wipe(std::span<std::uint8_t> bytes) noexcept;

}  // namespace yizhan
