#pragma once

#include <gtest/gtest.h>

#include <deque>

#include "tests/support/small_centre.h"
#include "way/attest/attest.h"

namespace yizhan {

// What was told, in words.
class RecordingAlarm final : public AttestAlarm {
 public:
  void log_uncosigned(const std::optional<Refusal>& why) override {
    told.push_back(why ? "uncosigned" : "cosigned");
  }
  void witness_disagrees(const std::string& witness, const Refusal&) override {
    told.push_back("disagrees " + witness);
  }
  void stamps_missing(const std::string& authority, const std::optional<Refusal>& why) override {
    told.push_back((why ? "missing " : "back ") + authority);
  }
  void log_conflict(const LogConflict& conflict) override {
    told.push_back("conflict " + conflict.origin);
  }

  std::vector<std::string> told;
};

// The first centre with a log; the second is its witness, reached without a network.
class AttestTest : public ::testing::Test {
 protected:
  AttestTest() { start_witness(); }

  void start_witness() {
    witness_.emplace(WitnessDesk::Parts{centre_.place.directory() / "witness",
                                        centre_.exchange.second.code, centre_.exchange.second.log,
                                        centre_.directory, {}, alarm_, centre_.clock});
  }
  void grow(int count, const std::string& what = "entry") {
    for (int i = 0; i < count; ++i) {
      const std::vector<Bytes> entries = {copy_of(bytes_of(what + std::to_string(number_++)))};
      centre_.log.append(entries);
    }
    ASSERT_TRUE(centre_.log.publish(centre_.exchange.first.log).ok());
  }
  Result<Response> ask(const Centre& witness, const Bytes& body) {
    asked_.push_back(witness.code.text());
    if (down_) return Refusal{Reason::kUnavailable, "away"};
    const WitnessAnswer answer = witness_->add_checkpoint(body);
    Response response{.status = answer.status, .content_type = "text/plain"};
    response.body = copy_of(bytes_of(answer.body));
    return response;
  }
  Cosigning::Parts cosigning_parts() {
    return {centre_.log, centre_.directory, centre_.exchange.first.code,
            [this](const Centre& witness, const Bytes& body) { return ask(witness, body); },
            standing_, alarm_, centre_.clock};
  }
  [[nodiscard]] std::int64_t cosignatures() const {
    const auto note = centre_.log.find_cosigned();
    if (!note) return 0;
    return count_cosignatures(*note, centre_.exchange.first.code, *centre_.directory.current())
        .value();
  }
  [[nodiscard]] std::uint64_t cosigned_size() const {
    const auto note = centre_.log.find_cosigned();
    return note ? Checkpoint::parse(note->text())->head.size : 0;
  }

  SmallCentre centre_{Engine::kSqlite};
  RecordingAlarm alarm_;
  LogStanding standing_{{centre_.place.directory() / "uncosigned-since", {}, alarm_,
                         centre_.clock}};
  std::optional<WitnessDesk> witness_;
  Cosigning cosigning_{cosigning_parts()};
  std::vector<std::string> asked_;
  bool down_ = false;
  int number_ = 0;
};

}  // namespace yizhan
