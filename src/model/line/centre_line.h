#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ground/net/net.h"
#include "model/evidence/evidence.h"
#include "model/journey/journey.h"
#include "model/package/package.h"

namespace yizhan {

enum class SubmissionProgress { kReceiving, kAccepted, kRejected };

struct SubmissionAnswer {
  std::string submission;  // the centre's name for it
  SubmissionProgress progress;
  std::optional<Refusal> why;  // of a rejection
  std::int64_t next_group;
  std::int64_t group_count;
};

struct NewsEntry {
  std::int64_t sequence;
  Bytes evidence;    // CMS
  std::string kind;  // "A.1" … "F.2", or "verdict"
  MessageKey message;
  std::optional<DeliveryId> delivery;  // where the agency is the recipient
  std::optional<Addressee> recipient;
  std::optional<Urgency> urgency = {};  // of a D.1, where the centre tells it
};

// Having read this one.
NewsCursor cursor_at(const NewsEntry& entry);
// The path and query that ask for what follows.
std::string news_path(const NewsCursor& after, std::chrono::seconds wait);

struct NewsPage {
  std::vector<NewsEntry> items;
  std::int64_t next;
  Comeback comeback = {};  // of the centre's store
};

// The centre's answer to that path. Refuses kUnavailable: it is none.
Result<NewsPage> read_news(const Response& response, const NewsCursor& after);

// How the centre says that one recipient stands.
struct RecipientStanding {
  Addressee addressee;
  State state;
  std::optional<Refusal> why;
  std::optional<Time> since;
};

struct MessageStanding {
  std::vector<RecipientStanding> recipients;
  std::vector<Bytes> evidence;  // CMS, oldest first
};

struct LeaseRequest {
  DeliveryId delivery;
  std::string terminal;
  std::string key;  // the same key renews its own lease
};

// Typed calls to the terminal's own centre. Thread-safe. Every call refuses what the centre
// refuses, kUnavailable when it can not be reached in time or answers nonsense, and
// kCertificateUntrusted.
class CentreLine {
 public:
  // Throws std::invalid_argument as Client does.
  explicit CentreLine(Endpoint centre,
                      std::chrono::milliseconds deadline = std::chrono::minutes{2});

  // Ends every call, for a program that ends; each is then kUnavailable.
  void stop() { client_.stop(); }

  Result<SubmissionAnswer> submit(const Envelope& envelope);
  Result<SubmissionAnswer> put_group(const std::string& submission, std::int64_t index,
                                     ByteView group);
  Result<SubmissionAnswer> find_submission(const std::string& submission);

  // `wait`: how long the centre may hold its answer until there is something (at most 60 s).
  Result<NewsPage> news(const NewsCursor& after, std::chrono::seconds wait);

  Result<Consignment> lease(const LeaseRequest& request);
  // One group, kept alive under the lease. Its hash is for the caller to check.
  Result<Bytes> group(const DeliveryId& delivery, const std::string& lease, std::int64_t index);
  Result<State> complete(const DeliveryId& delivery, ByteView evidence);
  Result<State> acknowledge(const DeliveryId& delivery, ByteView evidence);

  // Again, to a centre that came back. Whether it has the package; where it does not, what it was
  // told of an acceptance is kept for the package that follows.
  Result<bool> tell(const Retold& retold);

  Result<MessageStanding> message(const MessageId& message);
  // What this agency's terminal found and did not send; the same again changes nothing.
  Result<void> report_detection(ByteView detection);
  Result<std::vector<RecipientStanding>> withdraw(const MessageId& message, ByteView withdrawal);

  // That the evidence (by the name of its statement) stands in the centre's log; its kNotFound: not
  // under a checkpoint yet.
  Result<LogProof> prove(const Sha256& evidence);

  // The signed snapshot in force, if it is another than `version`.
  Result<std::optional<Bytes>> directory(std::int64_t version);

 private:
  Result<Response> ask(const OutgoingRequest& request);
  Result<Json> ask_json(const OutgoingRequest& request);
  Result<Json> post(const std::string& path, const Json& body);

  Client client_;
  std::chrono::milliseconds deadline_;
};

}  // namespace yizhan
