#include "model/record/facts.h"

#include "ground/control/control.h"
#include "model/record/fact_store.h"

namespace yizhan {

Result<FactId> Facts::record(Transaction& tx, const SignedFact& fact, Time now) const {
  const FactSignature& by = fact.signature();
  return add(tx, fact.fact(), FactSigner{by.certificate.sha256(), by.scheme, by.signature}, now);
}

Result<FactId> Facts::report(Transaction& tx, const Fact& fact, const By& by) const {
  if (fact.reporter != by.who) return Refusal{Reason::kForbidden, "僅得以本人之帳號回報"};
  YZ_TRY(Fact::parse(fact.json()));
  return add(tx, fact, std::nullopt, by.now);
}

Result<FactId> Facts::add(Transaction& tx, const Fact& fact,
                          const std::optional<FactSigner>& signer, Time now) const {
  FactStore store(tx);
  const StoredFact wanted{FactId::generate(now), fact, now, sha256(fact.json()), signer};
  if (const auto before = store.find_reported(fact.reporter, fact.sequence)) {
    if (upheld("fact_sequence", before->sha256 == wanted.sha256)) return before->id;
    return Refusal{Reason::kReplayed,
                   "序號 " + std::to_string(fact.sequence) + " 已用於其他內容，請改用下一個序號"};
  }
  if (fact.so > now + ahead_max_) return Refusal{Reason::kClockSkew, "事實之時間在未來"};
  store.insert(wanted);
  journal_.record(tx, Event::kFactRecorded,
                  {{"fact", wanted.id.text()},
                   {"kind", fact.kind},
                   {"subject", fact.subject},
                   {"reporter", fact.reporter},
                   {"sha256", wanted.sha256.hex()}},
                  now);
  return wanted.id;
}

std::int64_t Facts::next_sequence(Transaction& tx, const std::string& reporter) {
  return FactStore(tx).last_sequence(reporter) + 1;
}

std::optional<StoredFact> Facts::find(Transaction& tx, const FactId& id) {
  return FactStore(tx).find(id);
}

std::optional<StoredFact> Facts::at(Transaction& tx, const About& about, Time time) {
  return FactStore(tx).last(about, time);
}

std::vector<StoredFact> Facts::newest(Transaction& tx, const std::string& kind) {
  return FactStore(tx).newest(kind);
}

std::vector<StoredFact> Facts::between(Transaction& tx, const About& about, const Span& span) {
  return FactStore(tx).between(about, span);
}

}  // namespace yizhan
