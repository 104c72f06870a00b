#pragma once

#include <optional>
#include <vector>

#include "ground/store/store.h"
#include "model/evidence/statement.h"

// Every statement and verdict that this host wrote or was given. A statement's bytes are written in
// the transaction of the fact that it states, unsigned; the signing loop (evidence_desk.h) signs,
// logs and publishes it.

namespace yizhan {

struct EvidenceNoun;
using EvidenceId = Id<EvidenceNoun>;

inline constexpr std::string_view kVerdictKind = "verdict";

struct EvidenceRow {
  EvidenceId id;
  MessageKey message;
  std::optional<Addressee> recipient;  // none: it concerns all of them
  std::string kind;                    // "A.1" … "F.2", or "verdict"
  Bytes statement;                     // JSON, final
  Sha256 sha256;                       // of it: the evidence's name
  std::optional<Bytes> cms;            // once signed
  bool superseded;
  std::optional<std::int64_t> log_index;
  Time created;
};

struct NewsItem {
  std::int64_t sequence;
  EvidenceId evidence;
  std::string delivery;  // empty where the agency is not the recipient
};

class EvidenceStore {
 public:
  // Unsigned, for the loop to sign. The same bytes again are the same evidence.
  Sha256 add(Transaction& tx, const Statement& statement);
  // Signed by another party and checked; logged and published like our own.
  void add(Transaction& tx, const SignedStatement& signed_statement, bool superseded);
  void add(Transaction& tx, const SignedVerdict& signed_verdict);

  std::optional<EvidenceRow> find(Transaction& tx, const Sha256& sha256);
  EvidenceRow require(Transaction& tx, const EvidenceId& id);
  std::vector<EvidenceRow> of_message(Transaction& tx, const MessageKey& message);
  // What concerns all its recipients alike, oldest first.
  std::vector<EvidenceRow> of_whole_message(Transaction& tx, const MessageKey& message);
  // What concerns that recipient or all of them, oldest first.
  std::vector<EvidenceRow> for_recipient(Transaction& tx, const MessageKey& message,
                                         const Addressee& recipient);
  // Whether any is about that agency as a recipient.
  bool has_recipient(Transaction& tx, const MessageKey& message, const OrgCode& org);
  // The last of that kind about the recipient (or about all).
  std::optional<EvidenceRow> last(Transaction& tx, const MessageKey& message,
                                  const std::optional<Addressee>& recipient,
                                  std::string_view kind);

  // At most so many that are unsigned, and so many that are signed; by age. What is superseded
  // waits until the final before it is published.
  std::vector<EvidenceRow> unpublished(Transaction& tx, int count_max);
  // Its signature and its place in the log; it is not shown yet.
  void set_logged(Transaction& tx, const EvidenceRow& row);
  // The same, and shown from now on.
  void publish(Transaction& tx, const EvidenceRow& row);
  void set_published(Transaction& tx, const EvidenceId& id);
  std::int64_t count_unpublished(Transaction& tx);

  // The two sides of the accounting equation, from the statements alone: recipients of every A.1,
  // and finals about recipients (A.2 and superseded ones stand outside).
  std::int64_t recipients_accepted(Transaction& tx);
  std::int64_t finals_stated(Transaction& tx);

  void append_news(Transaction& tx, const OrgCode& reader, const EvidenceId& evidence,
                   const std::string& delivery);
  std::vector<NewsItem> news_after(Transaction& tx, const OrgCode& reader, std::int64_t sequence,
                                   int count_max);

 private:
  void insert(Transaction& tx, const EvidenceRow& row);
};

}  // namespace yizhan
