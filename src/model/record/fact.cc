#include "model/record/fact.h"

#include <algorithm>

#include "model/record/words.h"

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-fact-1";

}  // namespace

Result<Fact> Fact::parse(ByteView json) {
  const Json value = YZ_TRY(parse_json(json));
  Members members(value, "fact");
  const std::string format = members.text("format");
  const auto kind = members.parsed<std::string>("kind", parse_kind_word);
  const auto subject = members.parsed<std::string>("subject", parse_party);
  const Json& content = members.object("value");
  const auto reporter = members.parsed<std::string>("reporter", parse_party);
  const std::int64_t sequence = members.integer("sequence", {.min = 1});
  const Time so = members.time("so");
  if (value.is_object() && !format.empty() && format != kFormat) return Reason::kUnknownFormat;
  YZ_TRY(members.check());
  return Fact{*kind, *subject, content, *reporter, sequence, so};
}

Bytes Fact::json() const {
  return canonical_json({{"format", kFormat},
                         {"kind", kind},
                         {"subject", subject},
                         {"value", value},
                         {"reporter", reporter},
                         {"sequence", sequence},
                         {"so", so.text()}});
}

Result<SignedFact> SignedFact::open(ByteView json, const FactSignature& signature,
                                    const CryptoPolicy& policy) {
  YZ_TRY(policy.check(signature.certificate, signature.scheme));
  YZ_TRY(verify_signature(signature.certificate, signature.scheme,
                          signing_input(signature.scheme, json), signature.signature));
  Fact fact = YZ_TRY(Fact::parse(json));
  if (!std::ranges::equal(fact.json(), json)) {
    return Refusal{Reason::kMalformed, "fact 應為 RFC 8785 之標準寫法"};
  }
  return SignedFact(std::move(fact), signature);
}

}  // namespace yizhan
