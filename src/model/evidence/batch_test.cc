#include "model/evidence/batch.h"

#include <gtest/gtest.h>

#include "ground/json/json.h"
#include "ground/merkle/merkle.h"
#include "tests/hostile/every_byte.h"
#include "tests/support/clause.h"
#include "tests/support/evidence_maker.h"

namespace yizhan {
namespace {

constexpr std::size_t kMax = 65535;

class CountedKey final : public SigningKey {
 public:
  explicit CountedKey(SoftwareKey& key) : key_(key) {}
  [[nodiscard]] const Certificate& certificate() const override { return key_.certificate(); }
  [[nodiscard]] SignatureScheme scheme() const override { return key_.scheme(); }
  [[nodiscard]] Result<Bytes> sign(ByteView input, KeyUse use) override {
    EXPECT_EQ(use, KeyUse::kEvidence);
    ++uses;
    return key_.sign(input, use);
  }

  int uses = 0;

 private:
  SoftwareKey& key_;
};

class BatchTest : public ::testing::Test {
 protected:
  // Statements of the centre, each another.
  std::vector<Bytes> statements(std::size_t count) {
    std::vector<Bytes> all;
    for (std::size_t i = 0; i < count; ++i) {
      Statement statement = statement_by(exchange_.first, EvidenceType::kHeld, package_);
      statement.detail = "第 " + std::to_string(i) + " 份「\"\\\n」";
      all.push_back(statement.json());
    }
    return all;
  }
  std::vector<Bytes> signed_together(std::size_t count) {
    return sign_batch(statements(count), exchange_.first.evidence, kTestNow).value();
  }
  static Json read(const Bytes& evidence) { return parse_json(evidence).value(); }
  static Reason refusal(const Json& evidence) {
    return bytes_refusal(canonical_json(evidence));
  }
  static Reason bytes_refusal(ByteView evidence) {
    const Result<SignedStatement> opened = open_statement(evidence);
    EXPECT_FALSE(opened.ok()) << text_of(evidence);
    return opened ? Reason::kNotFound : opened.reason();
  }
  // An evidence of a batch whose signed content is that.
  Json with_root(Json evidence, const Json& content) {
    evidence["signature"] = to_base64(cms_sign(canonical_json(content), exchange_.first.evidence,
                                               KeyUse::kEvidence, kTestNow)
                                          .value());
    return evidence;
  }
  // What the batch of that evidence has signed.
  static Json batch_of(const Json& evidence) {
    const Bytes cms = from_base64(evidence.at("signature").get<std::string>()).value();
    return parse_json(cms_verify(cms, kMax)->content).value();
  }

  SmallExchange exchange_;
  TestPackage package_ = make_package(exchange_);
};

TEST_F(BatchTest, EachEvidenceStandsAloneAndSaysWhatItWouldSayAloneUnderOneUseOfTheKey) {
  CLAUSE("五(一)9");
  for (const std::size_t count : {1U, 2U, 3U, 5U, 8U, 13U, 64U}) {
    const std::vector<Bytes> all = statements(count);
    CountedKey key(exchange_.first.evidence);
    const std::vector<Bytes> evidence = sign_batch(all, key, kTestNow).value();
    EXPECT_EQ(key.uses, 1);
    ASSERT_EQ(evidence.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(is_batched(evidence[i]));
      const SignedStatement opened = open_statement(evidence[i]).value();
      EXPECT_EQ(opened.sha256, sha256(all[i]));
      EXPECT_EQ(opened.statement.json(), all[i]);
      EXPECT_EQ(opened.cms, evidence[i]);
      EXPECT_TRUE(check_actor(opened, exchange_.directory(), CryptoPolicy()).ok());
    }
  }
}

TEST_F(BatchTest, ASingleSignatureIsReadByTheSameDoor) {
  const Bytes statement = statements(1).front();
  const Bytes cms =
      cms_sign(statement, exchange_.first.evidence, KeyUse::kEvidence, kTestNow).value();
  EXPECT_FALSE(is_batched(cms));
  EXPECT_EQ(open_evidence(cms, kMax)->content, statement);
  EXPECT_EQ(open_evidence(cms, cms.size() - 1).reason(), Reason::kTooLarge);
  const Bytes batched = signed_together(3).front();
  EXPECT_TRUE(open_evidence(batched, batched.size()).ok());
  EXPECT_FALSE(open_evidence(batched, batched.size() - 1).ok());
}

TEST_F(BatchTest, APathDoesNotMoveToAnotherStatementOrPlace) {
  CLAUSE("五(一)9");
  const std::vector<Bytes> all = signed_together(6);
  const Json own = read(all[2]), other = read(all[3]);
  for (const char* name : {"statement", "index", "path"}) {
    Json moved = own;
    moved[name] = other.at(name);
    EXPECT_EQ(refusal(moved), Reason::kProofMismatch) << name;
  }
  Json pair = own;  // two leaves beside each other have all but the first node in common
  pair["index"] = other.at("index");
  pair["path"] = other.at("path");
  EXPECT_EQ(refusal(pair), Reason::kProofMismatch);
  Json longer = own, shorter = own;
  longer["path"].push_back(own.at("path").front());
  shorter["path"].erase(shorter["path"].size() - 1);
  EXPECT_EQ(refusal(longer), Reason::kProofMismatch);
  EXPECT_EQ(refusal(shorter), Reason::kProofMismatch);
  Json of_another_batch = own;
  of_another_batch["signature"] = read(signed_together(5)[2]).at("signature");
  EXPECT_EQ(refusal(of_another_batch), Reason::kProofMismatch);
}

TEST_F(BatchTest, ABatchIsNoStatementAndNothingElseThatIsSignedIsABatch) {
  const Json own = read(signed_together(2).front());
  // Its CMS alone states nothing.
  EXPECT_EQ(bytes_refusal(from_base64(own.at("signature").get<std::string>()).value()),
            Reason::kMalformed);
  // A statement, a header, and a list with the same members but another name.
  const Bytes statement = statements(1).front();
  EXPECT_EQ(refusal(with_root(own, parse_json(statement).value())), Reason::kMalformed);
  Json header = own;
  header["signature"] = to_base64(package_.sealed.cms);
  EXPECT_EQ(refusal(header), Reason::kTooLarge);
  Json renamed = batch_of(own);
  renamed["format"] = "yizhan-batch-2";
  EXPECT_EQ(refusal(with_root(own, renamed)), Reason::kUnknownFormat);
  // A tree over the same statements as a log would have it.
  const std::vector<Bytes> all = statements(2);
  const Sha256 leaves[] = {leaf_hash(all[0]), leaf_hash(all[1])};
  Json as_log = own;
  as_log["path"] = Json::array({leaves[1].hex()});
  Json root = batch_of(own);
  root["root"] = merkle_root(leaves).hex();
  EXPECT_EQ(refusal(with_root(as_log, root)), Reason::kProofMismatch);
}

// Said by who holds the key: the signature holds, and what it says is beyond the bounds.
TEST_F(BatchTest, CountAndPlaceAreBounded) {
  const Json own = read(signed_together(2).front());
  const Json batch = batch_of(own);
  EXPECT_TRUE(open_statement(canonical_json(with_root(own, batch))).ok());
  for (const std::int64_t count : {-1, 0, 1, 3, 1025}) {
    Json other = batch;
    other["count"] = count;
    refusal(with_root(own, other));
  }
  for (const std::int64_t index : {-1, 1, 2, 1024}) {
    Json other = own;
    other["index"] = index;
    refusal(other);
  }
  Json more = batch;
  more["more"] = 1;
  EXPECT_EQ(refusal(with_root(own, more)), Reason::kMalformed);
  Json deep = own;
  deep["path"] = Json::array({Json::array({Json::array()})});
  EXPECT_EQ(refusal(deep), Reason::kMalformed);
  for (const Json& node : {Json(7), Json("x"), Json("")}) {
    Json wrong = own;
    wrong["path"][0] = node;
    EXPECT_EQ(refusal(wrong), Reason::kMalformed);
  }
  for (const char* name : {"index", "path", "signature", "statement"}) {
    Json without = own, nothing = own;
    without.erase(name);
    nothing[name] = nullptr;
    EXPECT_EQ(refusal(without), Reason::kMalformed) << name;
    EXPECT_EQ(refusal(nothing), Reason::kMalformed) << name;
  }
}

TEST_F(BatchTest, ItHasOneSpelling) {
  const Bytes whole = signed_together(3)[1];
  const std::string text(text_of(whole));
  const auto spelt = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    const auto at = other.find(from);
    YZ_ASSERT(at != std::string::npos);
    other.replace(at, from.size(), to);
    return bytes_refusal(bytes_of(other));
  };
  EXPECT_EQ(spelt(",\"path\"", ", \"path\""), Reason::kMalformed);
  EXPECT_EQ(spelt("\"path\"", "\"\\u0070ath\""), Reason::kMalformed);
  EXPECT_EQ(spelt("\"index\":1", "\"index\":1,\"index\":1"), Reason::kMalformed);
  EXPECT_EQ(bytes_refusal(bytes_of(text + " ")), Reason::kMalformed);
  EXPECT_EQ(bytes_refusal(bytes_of(" " + text)), Reason::kMalformed);
}

TEST_F(BatchTest, EveryByteCounts) {
  CLAUSE("五(一)9");
  Bytes evidence = signed_together(5)[4];
  const Tally tally = change_each(evidence, [&] {
    return std::string(open_statement(evidence) ? "taken" : "refused");
  });
  tally.expect_only({"refused"}, "a batched evidence");
}

}  // namespace
}  // namespace yizhan
