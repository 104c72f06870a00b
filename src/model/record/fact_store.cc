#include "model/record/fact_store.h"

#include <algorithm>
#include <array>

namespace yizhan {

namespace {

using Text = std::string;
using Maybe = std::optional<Text>;
using FactRow = std::tuple<Text, Text, Text, Text, Text, std::int64_t, Time, Time, Text, Maybe,
                           Maybe, std::optional<Bytes>>;
using enum SignatureScheme;

constexpr std::array<std::pair<SignatureScheme, std::string_view>, 5> kSchemes{{
    {kEcdsaSha256, "ecdsa_sha256"},
    {kEcdsaSha384, "ecdsa_sha384"},
    {kRsaPssSha256, "rsa_pss_sha256"},
    {kRsaPkcs1Sha256, "rsa_pkcs1_sha256"},
    {kEd25519, "ed25519"},
}};

Text name_of(SignatureScheme scheme) {
  return Text(
      std::ranges::find(kSchemes, scheme, [](const auto& one) { return one.first; })->second);
}

std::optional<FactSigner> signer_in(const Maybe& certificate, const Maybe& scheme,
                                    const std::optional<Bytes>& signature) {
  if (!certificate || !scheme || !signature) return std::nullopt;
  const auto sha256 = Sha256::from_hex(*certificate);
  const auto* const known =
      std::ranges::find(kSchemes, *scheme, [](const auto& one) { return one.second; });
  if (!sha256 || known == kSchemes.end()) throw StoreError("facts: a signer that is none");
  return FactSigner{*sha256, known->first, *signature};
}

StoredFact fact_of(const FactRow& row) {
  const auto& [id, kind, subject, value, reporter, sequence, so, recorded, digest, certificate,
               scheme, signature] = row;
  const auto parsed_id = FactId::parse(id);
  const auto json = parse_json(bytes_of(value));
  const auto sha256 = Sha256::from_hex(digest);
  if (!parsed_id || !json || !sha256) throw StoreError("facts: a row that is none: " + id);
  return {*parsed_id,
          {kind, subject, *json, reporter, sequence, so},
          recorded,
          *sha256,
          signer_in(certificate, scheme, signature)};
}

std::vector<StoredFact> query(Transaction& tx, std::string_view sql, const Binds& binds) {
  std::vector<StoredFact> facts;
  for (const FactRow& row : tx.query<Text, Text, Text, Text, Text, std::int64_t, Time, Time, Text,
                                     Maybe, Maybe, std::optional<Bytes>>(sql, binds)) {
    facts.push_back(fact_of(row));
  }
  return facts;
}

std::optional<StoredFact> query_one(Transaction& tx, std::string_view sql, const Binds& binds) {
  auto facts = query(tx, sql, binds);
  YZ_ASSERT(facts.size() <= 1);
  if (facts.empty()) return std::nullopt;
  return std::move(facts.front());
}

}  // namespace

void FactStore::insert(const StoredFact& fact) {
  const auto& signer = fact.signer;
  tx_.run(R"sql(
      INSERT INTO facts (id, kind, subject, value, reporter, sequence, so_ms, recorded_ms, sha256,
        certificate_sha256, scheme, signature)
      VALUES (:id, :kind, :subject, :value, :reporter, :sequence, :so, :recorded, :sha256,
        :certificate, :scheme, :signature))sql",
          {{"id", fact.id.text()},
           {"kind", fact.fact.kind},
           {"subject", fact.fact.subject},
           {"value", std::string(text_of(canonical_json(fact.fact.value)))},
           {"reporter", fact.fact.reporter},
           {"sequence", fact.fact.sequence},
           {"so", fact.fact.so},
           {"recorded", fact.recorded},
           {"sha256", fact.sha256.hex()},
           {"certificate", signer ? Maybe(signer->certificate.hex()) : Maybe()},
           {"scheme", signer ? Maybe(name_of(signer->scheme)) : Maybe()},
           {"signature", signer ? std::optional(signer->signature) : std::nullopt}});
}

std::optional<StoredFact> FactStore::find(const FactId& id) {
  return query_one(tx_, R"sql(
      SELECT id, kind, subject, value, reporter, sequence, so_ms, recorded_ms, sha256,
        certificate_sha256, scheme, signature FROM facts WHERE id = :id)sql",
                   {{"id", id.text()}});
}

std::optional<StoredFact> FactStore::find_reported(const std::string& reporter,
                                                   std::int64_t sequence) {
  return query_one(tx_, R"sql(
      SELECT id, kind, subject, value, reporter, sequence, so_ms, recorded_ms, sha256,
        certificate_sha256, scheme, signature FROM facts
      WHERE reporter = :reporter AND sequence = :sequence)sql",
                   {{"reporter", reporter}, {"sequence", sequence}});
}

std::int64_t FactStore::last_sequence(const std::string& reporter) {
  const auto row = tx_.find<std::optional<std::int64_t>>(
      "SELECT max(sequence) FROM facts WHERE reporter = :reporter", {{"reporter", reporter}});
  return std::get<0>(*row).value_or(0);
}

std::optional<StoredFact> FactStore::last(const Facts::About& about, Time until) {
  return query_one(tx_, R"sql(
      SELECT id, kind, subject, value, reporter, sequence, so_ms, recorded_ms, sha256,
        certificate_sha256, scheme, signature FROM facts
      WHERE kind = :kind AND subject = :subject AND so_ms <= :until
      ORDER BY so_ms DESC, id DESC LIMIT 1)sql",
                   {{"kind", about.kind}, {"subject", about.subject}, {"until", until}});
}

std::vector<StoredFact> FactStore::newest(const std::string& kind) {
  return query(tx_, R"sql(
      SELECT id, kind, subject, value, reporter, sequence, so_ms, recorded_ms, sha256,
        certificate_sha256, scheme, signature FROM facts
      WHERE kind = :kind AND NOT EXISTS (
        SELECT 1 FROM facts later
        WHERE later.kind = facts.kind AND later.subject = facts.subject
          AND (later.so_ms > facts.so_ms OR (later.so_ms = facts.so_ms AND later.id > facts.id)))
      ORDER BY subject)sql",
               {{"kind", kind}});
}

std::vector<StoredFact> FactStore::between(const Facts::About& about, const Facts::Span& span) {
  return query(tx_, R"sql(
      SELECT id, kind, subject, value, reporter, sequence, so_ms, recorded_ms, sha256,
        certificate_sha256, scheme, signature FROM facts
      WHERE kind = :kind AND subject = :subject AND so_ms >= :from AND so_ms < :to
      ORDER BY so_ms, id LIMIT :count_max)sql",
               {{"kind", about.kind},
                {"subject", about.subject},
                {"from", span.from},
                {"to", span.to},
                {"count_max", span.count_max}});
}

}  // namespace yizhan
