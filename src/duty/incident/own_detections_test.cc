#include <gtest/gtest.h>

#include "duty/incident/incident_scene_test.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

// A terminal of an agency, whose scanner found something in what a clerk wanted to send.
class OwnDetectionsTest : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override { migrate(database_, kMigrations, kTestNow); }
  void note(const std::string& found = "「附件」Eicar-Test-Signature") {
    database_.transact([&](Transaction& tx) { detections_.note(tx, document_, found); });
  }
  OwnDetections::Hand centre() {
    return [this](ByteView cms) -> Result<void> {
      if (!reached_) return Reason::kUnavailable;
      handed_.push_back(copy_of(cms));
      return {};
    };
  }
  OwnDetections::Parts parts() {
    return {database_,        journal_, exchange_.a.code, "terminal-1",
            exchange_.a.sign, clock_,   [this] { ++news_; }};
  }
  Detection detection() {
    return {exchange_.a.code, "terminal-1", document_, "Eicar", kTestNow, kTestNow};
  }
  Reason refusal(const Bytes& cms) {
    return open_detection(cms, exchange_.directory(), clock_.now()).reason();
  }

  const DocumentId document_ = DocumentId::parse(kDocument).value();
  SmallExchange exchange_;
  TestDatabase place_{GetParam()};
  Database database_{place_.config()};
  TestClock clock_;
  Journal journal_{"A01000000A"};
  int news_ = 0;
  bool reached_ = true;
  std::vector<Bytes> handed_;
  OwnDetections detections_{parts()};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, OwnDetectionsTest, kBothEngines, engine_name);

TEST_P(OwnDetectionsTest, AreToldOnceAndSayWhoFoundWhatAndWhen) {
  CLAUSE("五(三)2");
  note();
  note("again");
  EXPECT_EQ(news_, 1) << "one for a document";
  clock_.pass(std::chrono::minutes{1});
  EXPECT_EQ(detections_.tell(centre()).value(), true);
  EXPECT_EQ(detections_.tell(centre()).value(), false);
  ASSERT_EQ(handed_.size(), 1U);
  const SignedDetection given =
      open_detection(handed_.front(), exchange_.directory(), clock_.now()).value();
  EXPECT_EQ(given.detection.agency, exchange_.a.code);
  EXPECT_EQ(given.detection.terminal, "terminal-1");
  EXPECT_EQ(given.detection.document, document_);
  EXPECT_EQ(given.detection.found, "「附件」Eicar-Test-Signature");
  EXPECT_EQ(given.detection.detected, kTestNow);
  EXPECT_EQ(given.signer, exchange_.a.sign.certificate());
}

TEST_P(OwnDetectionsTest, WaitForACentreThatDoesNotAnswerAndForTheNextStart) {
  note();
  reached_ = false;
  EXPECT_EQ(detections_.tell(centre()).reason(), Reason::kUnavailable);
  reached_ = true;
  const OwnDetections anew{parts()};
  EXPECT_EQ(anew.tell(centre()).value(), true);
  EXPECT_EQ(handed_.size(), 1U);
}

TEST_P(OwnDetectionsTest, OneThatIsRefusedForGoodKeepsNoOtherWaiting) {
  note();
  clock_.pass(std::chrono::minutes{1});
  const DocumentId other = DocumentId::generate(clock_.now());
  database_.transact([&](Transaction& tx) { detections_.note(tx, other, "Eicar"); });
  std::vector<DocumentId> asked;
  const auto hand = [&](ByteView cms) -> Result<void> {
    asked.push_back(
        open_detection(cms, exchange_.directory(), clock_.now()).value().detection.document);
    if (asked.back() == document_) return Reason::kForbidden;
    return {};
  };
  EXPECT_EQ(detections_.tell(hand).value(), true);
  EXPECT_EQ(asked, (std::vector{document_, other}));
  EXPECT_EQ(detections_.tell(hand).reason(), Reason::kForbidden);
  EXPECT_EQ(asked.size(), 3U) << "the other was told";
}

TEST_P(OwnDetectionsTest, NobodyIsBelievedByAnothersKey) {
  CLAUSE("五(二)7");
  EXPECT_TRUE(open_detection(sign_detection(detection(), exchange_.a.sign).value(),
                             exchange_.directory(), clock_.now()));
  EXPECT_EQ(refusal(sign_detection(detection(), exchange_.b.sign).value()),
            Reason::kCertificateUnregistered);
}

TEST_P(OwnDetectionsTest, AreNotFromTheFutureAndSayNothingElse) {
  Detection early = detection();
  early.time = kTestNow + std::chrono::hours{1};
  EXPECT_EQ(refusal(sign_detection(early, exchange_.a.sign).value()), Reason::kClockSkew);
  const Json good = Json::parse(text_of(detection().json()));
  const auto parsed = [](const Json& json) { return Detection::parse(canonical_json(json)); };
  EXPECT_TRUE(parsed(good));
  Json other = good;
  other["format"] = "yizhan-detection-2";
  EXPECT_EQ(parsed(other).reason(), Reason::kUnknownFormat);
  for (const auto& [name, value] :
       {std::pair("found", Json("")), std::pair("terminal", Json(std::string(65, 't'))),
        std::pair("agency", Json(1)), std::pair("more", Json(1)),
        std::pair("time", Json((kTestNow - std::chrono::hours{1}).text()))}) {
    other = good;
    other[name] = value;
    EXPECT_EQ(parsed(other).reason(), Reason::kMalformed) << name;
  }
}

}  // namespace
}  // namespace yizhan
