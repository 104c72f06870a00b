#pragma once

#include "ground/net/net.h"
#include "ground/trust/trust.h"

namespace yizhan {

// A repository over HTTP: at management, or the mirror of a centre. Each file is
// `prefix` and its location; a '%' in a file's name is itself percent-encoded.
class DistributionLine final : public RepositorySource {
 public:
  // Throws std::invalid_argument as Client does.
  DistributionLine(Endpoint endpoint, std::string prefix);

  // Slow retrieval: a file that has not come within two minutes is kUnavailable.
  Result<Bytes> fetch(const std::string& location, std::size_t bytes_max) override;
  // Returns when the other side has another timestamp than this version (true), or when it has
  // waited as long as it does, a minute (false). Refuses kUnavailable, and what the other side
  // refuses.
  Result<bool> wait_for_news(std::int64_t version);
  // Hands something signed over: a report, or an answer to a notice. Refuse kUnavailable, and what
  // the other side refuses.
  Result<void> report(ByteView cms) { return hand_over("/reports", cms); }
  Result<void> answer_notice(ByteView cms) { return hand_over("/notices", cms); }
  // An incident; answers how management holds it. Refuses also kMalformed: it answers something
  // else.
  Result<Json> report_incident(ByteView cms);
  void stop() { client_.stop(); }

 private:
  Result<void> hand_over(const std::string& path, ByteView cms);
  Result<Response> post(const std::string& path, ByteView cms);

  Client client_;
  const std::string prefix_;
};

}  // namespace yizhan
