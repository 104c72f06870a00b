#include "model/record/fact.h"

#include "model/record/record_test.h"
#include "tests/support/pki.h"

namespace yizhan {
namespace {

class FactTest : public RecordTest {
 protected:
  [[nodiscard]] static Fact fact(std::int64_t sequence, Time so = kNow) {
    return {"backup", "T01000000A", json(R"({"test_restore":true})"), "host-1", sequence, so};
  }
  FactSignature signature_over(ByteView bytes) {
    const Bytes input = signing_input(key_.scheme(), bytes);
    return {key_.certificate(), key_.scheme(), key_.sign(input, KeyUse::kEvidence).value()};
  }
  SignedFact signed_fact(const Fact& fact) {
    return SignedFact::open(fact.json(), signature_over(fact.json()), {}).value();
  }
  Result<FactId> record(const Fact& fact, Time now = kNow) {
    return act([&](Transaction& tx) { return facts_.record(tx, signed_fact(fact), now); });
  }
  std::optional<StoredFact> at(Time time) {
    return db_.read([&](Transaction& tx) { return Facts::at(tx, {"backup", "T01000000A"}, time); });
  }

  TestAuthority authority_;
  SoftwareKey key_ = authority_.issue({.subject = "host-1"});
  Facts facts_{journal_};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, FactTest, kBothEngines, engine_name);

TEST_P(FactTest, ReadsBackWhatItWrites) {
  EXPECT_EQ(Fact::parse(fact(7).json()).value(), fact(7));
  EXPECT_EQ(text_of(fact(7).json()),
            R"({"format":"yizhan-fact-1","kind":"backup","reporter":"host-1","sequence":7,)"
            R"("so":")" +
                kNow.text() + R"(","subject":"T01000000A","value":{"test_restore":true}})");
}

TEST_P(FactTest, IsStrict) {
  for (const auto& [name, value] : std::vector<std::pair<const char*, Json>>{{"kind", "Back up"},
                                                                             {"subject", ""},
                                                                             {"value", 1},
                                                                             {"reporter", ""},
                                                                             {"sequence", 0},
                                                                             {"so", "yesterday"},
                                                                             {"more", 1}}) {
    Json spoilt = parse_json(fact(1).json()).value();
    spoilt[name] = value;
    EXPECT_EQ(Fact::parse(canonical_json(spoilt)).reason(), Reason::kMalformed) << name;
  }
  Json other = parse_json(fact(1).json()).value();
  other["format"] = "yizhan-fact-2";
  EXPECT_EQ(Fact::parse(canonical_json(other)).reason(), Reason::kUnknownFormat);
}

TEST_P(FactTest, IsBelievedOnlyUnderItsSignature) {
  const Bytes bytes = fact(1).json();
  FactSignature signature = signature_over(bytes);
  EXPECT_TRUE(SignedFact::open(bytes, signature, {}).ok());
  EXPECT_EQ(SignedFact::open(fact(2).json(), signature, {}).reason(), Reason::kBadSignature);
  signature.certificate = authority_.issue({.subject = "host-2"}).certificate();
  EXPECT_EQ(SignedFact::open(bytes, signature, {}).reason(), Reason::kBadSignature);
  const Bytes loose = copy_of(bytes_of(std::string(text_of(bytes)) + " "));
  EXPECT_EQ(SignedFact::open(loose, signature_over(loose), {}).reason(), Reason::kMalformed)
      << "not canonical";
}

TEST_P(FactTest, IsKeptWithWhoSignedItAndBothDates) {
  const FactId id = record(fact(1, kNow - Milliseconds(5000))).value();
  const StoredFact kept = db_.read([&](Transaction& tx) { return Facts::find(tx, id); }).value();
  EXPECT_EQ(kept.fact, fact(1, kNow - Milliseconds(5000)));
  EXPECT_EQ(kept.recorded, kNow);
  EXPECT_EQ(kept.sha256, sha256(kept.fact.json()));
  ASSERT_TRUE(kept.signer.has_value());
  EXPECT_EQ(kept.signer->certificate, key_.certificate().sha256());
  EXPECT_TRUE(verify_signature(key_.certificate(), kept.signer->scheme,
                               signing_input(kept.signer->scheme, kept.fact.json()),
                               kept.signer->signature)
                  .ok());
  ASSERT_EQ(entries("fact_recorded").size(), 1U);
  EXPECT_NE(entries("fact_recorded")[0].find(kept.sha256.hex()), std::string::npos);
}

TEST_P(FactTest, ASequenceNumberNeverRepeats) {
  const FactId id = record(fact(3)).value();
  EXPECT_EQ(record(fact(3)).value(), id) << "handed in again";
  EXPECT_EQ(record(fact(3, kNow - Milliseconds(1))).reason(), Reason::kReplayed);
  EXPECT_TRUE(record(fact(2)).ok()) << "one that came late";
  EXPECT_EQ(entries("fact_recorded").size(), 2U);
  EXPECT_EQ(act([&](Transaction& tx) { return Facts::next_sequence(tx, "host-1"); }), 4);
  EXPECT_EQ(act([&](Transaction& tx) { return Facts::next_sequence(tx, "host-2"); }), 1);
}

TEST_P(FactTest, SaysWhatWasSoAtATime) {
  const Milliseconds day = std::chrono::hours{24};
  EXPECT_TRUE(record(fact(1, kNow - day * 3)).ok());
  EXPECT_TRUE(record(fact(2, kNow - day)).ok());
  EXPECT_TRUE(record(fact(3, kNow - day * 2)).ok()) << "learnt later";
  EXPECT_EQ(at(kNow)->fact.sequence, 2);
  EXPECT_EQ(at(kNow - day * 2)->fact.sequence, 3);
  EXPECT_FALSE(at(kNow - day * 4).has_value());
  const auto some = db_.read([&](Transaction& tx) {
    return Facts::between(tx, {"backup", "T01000000A"}, {kNow - day * 3, kNow - day});
  });
  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some[0].fact.sequence, 1);
  EXPECT_EQ(some[1].fact.sequence, 3);
}

TEST_P(FactTest, SaysWhatIsNewestOfEverybody) {
  Fact other = fact(4, kNow - Milliseconds(1));
  other.subject = "A01000000A";
  Fact another_kind = fact(5);
  another_kind.kind = "restore";
  for (const Fact& one : {fact(1, kNow - Milliseconds(9)), fact(2), fact(3, kNow - Milliseconds(5)),
                          other, another_kind}) {
    ASSERT_TRUE(record(one).ok());
  }
  const auto newest = db_.read([](Transaction& tx) { return Facts::newest(tx, "backup"); });
  ASSERT_EQ(newest.size(), 2U);
  EXPECT_EQ(newest[0].fact, other);
  EXPECT_EQ(newest[1].fact, fact(2));
}

TEST_P(FactTest, IsNotOfTheFuture) {
  EXPECT_EQ(record(fact(1, kNow + std::chrono::minutes{6})).reason(), Reason::kClockSkew);
  EXPECT_TRUE(record(fact(1, kNow + std::chrono::minutes{5})).ok());
}

TEST_P(FactTest, APersonReportsUnderTheirOwnNameOnly) {
  Fact mine = fact(1);
  mine.reporter = "wang.daming";
  const auto report = [&](const Fact& fact) {
    return act([&](Transaction& tx) { return facts_.report(tx, fact, {"wang.daming", kNow}); });
  };
  EXPECT_EQ(report(fact(1)).reason(), Reason::kForbidden);
  const FactId id = report(mine).value();
  EXPECT_EQ(db_.read([&](Transaction& tx) { return Facts::find(tx, id); })->signer, std::nullopt);
  mine.sequence = 0;
  EXPECT_EQ(report(mine).reason(), Reason::kMalformed);
}

}  // namespace
}  // namespace yizhan
