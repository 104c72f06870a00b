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

// Whose list of news: an agency's, or that of a centre which handed something over.
class NewsReader {
 public:
  NewsReader(const OrgCode& agency) : text_(agency.text()) {}
  NewsReader(const CentreCode& centre) : text_("@" + centre.text()) {}

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// A store that came back from an older copy, as it tells its readers.
struct Comeback {
  std::int64_t count = 0;  // how often so far
  Time since;              // what happened before then is not forgotten

  bool operator==(const Comeback&) const = default;
};

// How far a reader has read its list: the number of the last item, and the SHA-256 of that item's
// CMS in hex. Empty where the reader did not keep it. A list that has another item there is not the
// one that was read: its centre came back from an older copy. So has one that does not have the
// receipt which it took.
struct NewsCursor {
  std::int64_t sequence = 0;
  std::string seen = {};
  Comeback comeback = {};    // of the centre, as the reader was told last
  std::string receipt = {};  // SHA-256, in hex, of the E or F evidence that the centre took last
};

struct NewsItem {
  std::int64_t sequence;
  EvidenceId evidence;
  std::string delivery;  // empty where the agency is not the recipient
};

// The accounting equation of one centre, in recipients: what it took into its custody by A.1 and by
// its own B.1, the finals there, what other centres took over from it by theirs.
struct CustodyCounts {
  std::int64_t accepted;
  std::int64_t taken_over;
  std::int64_t finals;
  std::int64_t passed_on;
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

  // Whether a final that counts is known of that recipient.
  bool has_final(Transaction& tx, const MessageKey& message, const Addressee& recipient);

  // Whether it is a further one of what counts once: a final of that recipient, or an acceptance
  // (A.1, B.1) by that centre.
  bool is_further(Transaction& tx, const Statement& statement);

  // At most so many that are unsigned, and so many that are signed; by age. What is superseded
  // waits until the final before it is published.
  std::vector<EvidenceRow> unpublished(Transaction& tx, int count_max);
  // Its signature and its place in the log; it is not shown yet.
  void set_logged(Transaction& tx, const EvidenceRow& row);
  // The same, and shown from now on.
  void publish(Transaction& tx, const EvidenceRow& row);
  void set_published(Transaction& tx, const EvidenceId& id);
  bool is_published(Transaction& tx, const EvidenceId& id);
  // It is news once more; its signature and its place in the log stay.
  void tell_again(Transaction& tx, const EvidenceId& id);
  // When the newest that is here was stated.
  std::optional<Time> newest(Transaction& tx);
  // About which anything was stated since then.
  std::vector<MessageKey> messages_since(Transaction& tx, Time since);
  std::int64_t count_unpublished(Transaction& tx);

  // What the statements alone say of a centre's custody (superseded finals stand outside).
  CustodyCounts custody_counts(Transaction& tx, const CentreCode& centre);

  void append_news(Transaction& tx, const NewsReader& reader, const EvidenceId& evidence,
                   const std::string& delivery);
  // The number of an evidence in that reader's list.
  std::optional<std::int64_t> find_news(Transaction& tx, const NewsReader& reader,
                                        const EvidenceId& evidence);
  std::vector<NewsItem> news_after(Transaction& tx, const NewsReader& reader, std::int64_t sequence,
                                   int count_max);

 private:
  void insert(Transaction& tx, const EvidenceRow& row);
};

}  // namespace yizhan
