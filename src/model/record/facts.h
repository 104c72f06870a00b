#pragma once

#include <optional>
#include <vector>

#include "ground/journal/journal.h"
#include "model/record/fact.h"

namespace yizhan {

class FactNoun;
using FactId = Id<FactNoun>;

// Who signed a fact, and how: with the certificate, Fact::json() can be verified again.
struct FactSigner {
  Sha256 certificate;
  SignatureScheme scheme;
  Bytes signature;

  bool operator==(const FactSigner&) const = default;
};

struct StoredFact {
  FactId id;
  Fact fact;
  Time recorded;
  Sha256 sha256;                     // of Fact::json()
  std::optional<FactSigner> signer;  // none: the reporter was logged in
};

// The book of facts: rows are added, nothing else. Each stands in the journal with its digest, in
// the same transaction.
class Facts {
 public:
  // `ahead_max`: how much later than now a reporter's clock may say that something was so.
  explicit Facts(const Journal& journal, Milliseconds ahead_max = std::chrono::minutes{5})
      : journal_(journal), ahead_max_(ahead_max) {}

  // Handed in again, the same fact is answered with the id that it has. Refuse kReplayed: the
  // reporter used that sequence number for something else; kClockSkew: so in the future.
  Result<FactId> record(Transaction& tx, const SignedFact& fact, Time now) const;
  // Of a person who is logged in. Refuses also kForbidden: they are not the reporter; and what
  // Fact::parse refuses.
  Result<FactId> report(Transaction& tx, const Fact& fact, const By& by) const;
  // The first number that the reporter has not used yet.
  static std::int64_t next_sequence(Transaction& tx, const std::string& reporter);

  static std::optional<StoredFact> find(Transaction& tx, const FactId& id);

  struct About {
    std::string kind;
    std::string subject;
  };
  // What was so at that time, as known now: the last by `so`; of several, the last recorded.
  static std::optional<StoredFact> at(Transaction& tx, const About& about, Time time);

  // What each subject's last fact of that kind says, by subject; as at().
  static std::vector<StoredFact> newest(Transaction& tx, const std::string& kind);

  struct Span {
    Time from;  // inclusive, by `so`
    Time to;    // exclusive
    int count_max = 100;
  };
  static std::vector<StoredFact> between(Transaction& tx, const About& about, const Span& span);

 private:
  Result<FactId> add(Transaction& tx, const Fact& fact, const std::optional<FactSigner>& signer,
                     Time now) const;

  const Journal& journal_;
  Milliseconds ahead_max_;
};

}  // namespace yizhan
