#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "ground/base/base.h"

// What is sent, to whom, how fast and for how long.

namespace yizhan {

// Values that occur in stated shares, spread evenly: every stretch of a run has about the same mix.
class Mix {
 public:
  struct Share {
    std::uint64_t value;
    std::uint64_t weight;
  };

  explicit Mix(std::vector<Share> shares);
  // "4000", or "1:90,10:9,4000:1": value:share, … Refuses kBadRequest.
  static Result<Mix> parse(std::string_view text);

  // Of the document with that number. Different `salt`: independent of each other.
  [[nodiscard]] std::uint64_t at(std::int64_t number, int salt) const;
  [[nodiscard]] std::uint64_t largest() const;
  [[nodiscard]] const std::vector<Share>& shares() const { return shares_; }

 private:
  std::vector<Share> shares_;
  std::uint64_t total_ = 0;
};

// Sizes of documents as they come: 10 KB, 100 KB, 1 MB and 10 MB, 60 : 30 : 9 : 1.
Mix realistic_sizes();

struct LoadPlan {
  Mix sizes;
  Mix fan_outs;
  std::optional<double> rate = {};  // documents a second, come what may; none: by window
  std::int64_t window = 8;          // documents under way at a time
  std::chrono::milliseconds duration = std::chrono::seconds{30};
  std::optional<std::int64_t> documents = {};  // end after so many instead
  std::chrono::milliseconds drain = std::chrono::minutes{2};  // patience while nothing happens
  std::size_t senders = 8;
  std::size_t receivers = 32;
  std::size_t threads = 16;
  std::size_t connections = 256;  // of receivers, kept open
};

struct PlannedDocument {
  std::int64_t number;
  std::uint64_t bytes;
  std::size_t sender;
  std::vector<std::size_t> receivers;  // each once
};

PlannedDocument plan_document(const LoadPlan& plan, std::int64_t number);

// Where the plan can not be kept: kBadRequest.
Result<void> check_plan(const LoadPlan& plan, std::size_t agencies);

}  // namespace yizhan
