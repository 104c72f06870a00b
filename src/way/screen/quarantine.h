#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace yizhan {

// How much plaintext may lie in memory at once, shared by all scans under way. Any thread.
class QuarantineBudget {
 public:
  explicit QuarantineBudget(std::uint64_t bytes_max) : bytes_max_(bytes_max), left_(bytes_max) {}

  // Given back when it is destroyed; the budget outlives it.
  class Share {
   public:
    Share(QuarantineBudget& budget, std::uint64_t bytes) : budget_(&budget), bytes_(bytes) {}
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Share& operator=(Share&&) = delete;
    ~Share() {
      if (budget_ != nullptr) budget_->give_back(bytes_);
    }

   private:
    QuarantineBudget* budget_;
    std::uint64_t bytes_;
  };

  // nullopt when others hold too much of it now.
  std::optional<Share> take(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes > left_) return std::nullopt;
    left_ -= bytes;
    return std::optional<Share>(std::in_place, *this, bytes);
  }
  [[nodiscard]] std::uint64_t bytes_max() const { return bytes_max_; }

 private:
  void give_back(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    left_ += bytes;
  }

  const std::uint64_t bytes_max_;
  std::mutex mutex_;
  std::uint64_t left_;
};

}  // namespace yizhan
