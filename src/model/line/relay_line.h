#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "model/line/centre_line.h"

namespace yizhan {

// How far the next centre has taken over what it was offered.
struct RelayAnswer {
  TakeoverId relay;  // that centre's name for it
  TakeoverState state;
  std::optional<Refusal> why;  // of a refusal
  std::int64_t next_group;
  std::int64_t group_count;
  // Where its B.1 or B.2 stands in that centre's news for us, once it does.
  std::optional<std::int64_t> news = {};
};

// A centre's typed calls to another centre: docs/protocol/centre-centre.md. Thread-safe. Every
// call refuses what that centre refuses, kUnavailable when it can not be reached in time or answers
// nonsense, and kCertificateUntrusted.
class RelayLine {
 public:
  // Throws std::invalid_argument as Client does.
  explicit RelayLine(Endpoint centre,
                     std::chrono::milliseconds deadline = std::chrono::seconds{30});

  // Ends every call, for a program that ends; each is then kUnavailable.
  void stop() { client_.stop(); }

  Result<RelayAnswer> offer(const RelayOffer& offer);
  Result<RelayAnswer> put_group(const TakeoverId& relay, std::int64_t index, ByteView group);
  // Custody passes with this one.
  Result<RelayAnswer> accept(const TakeoverId& relay);
  // A sender's signed wish about what was handed over. kNotFound: it has not been, yet.
  Result<void> withdraw(ByteView withdrawal);
  Result<NewsPage> news(const NewsCursor& after, std::chrono::seconds wait);
  // As CentreLine::tell.
  Result<bool> tell(const Retold& retold);

 private:
  Result<Response> ask(const OutgoingRequest& request);
  Result<RelayAnswer> ask_relay(const OutgoingRequest& request);

  Client client_;
  std::chrono::milliseconds deadline_;
};

}  // namespace yizhan
