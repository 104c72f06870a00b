#include "model/evidence/evidence_desk.h"

#include <gtest/gtest.h>

#include <thread>

#include "model/evidence/batch.h"
#include "tests/support/clause.h"
#include "tests/support/evidence_maker.h"
#include "tests/support/test_database.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

// A card that is away until it is put back, and may be slow.
class CardInDrawer final : public SigningKey {
 public:
  explicit CardInDrawer(SoftwareKey& key) : key_(key) {}
  [[nodiscard]] const Certificate& certificate() const override { return key_.certificate(); }
  [[nodiscard]] SignatureScheme scheme() const override { return key_.scheme(); }
  [[nodiscard]] Result<Bytes> sign(ByteView input, KeyUse use) override {
    if (left == 0) return Reason::kTokenLocked;
    --left;
    std::this_thread::sleep_for(pause);
    return key_.sign(input, use);
  }

  int left = 1000;  // signatures until it is away
  Milliseconds pause{0};

 private:
  SoftwareKey& key_;
};

class DeskTest : public ::testing::TestWithParam<Engine> {
 protected:
  DeskTest() { migrate(database_, kMigrations, kTestNow); }

  EvidenceDesk desk(BatchRule batches = {BatchSigning::kOff}) {
    return EvidenceDesk({database_, card_, &log_,
                         [this](Transaction&, const EvidenceRow& row) {
                           published_.push_back(row.sha256);
                         },
                         batches});
  }
  // So many, each another.
  std::vector<Sha256> state_several(int count, const std::string& detail = "") {
    std::vector<Sha256> names;
    for (int i = 0; i < count; ++i) {
      Statement statement = statement_by(exchange_.first, EvidenceType::kHeld, package_);
      statement.detail = std::to_string(i) + detail;
      names.push_back(
          database_.transact([&](Transaction& tx) { return store_.add(tx, statement); }));
    }
    return names;
  }
  int uses() const { return 1000 - card_.left; }
  Sha256 state(EvidenceType type) {
    const Statement statement = statement_by(exchange_.first, type, package_);
    return database_.transact([&](Transaction& tx) { return store_.add(tx, statement); });
  }
  EvidenceRow row_of(const Sha256& name) {
    return database_.read([&](Transaction& tx) { return store_.find(tx, name).value(); });
  }

  TestDatabase place_{GetParam()};
  Database database_{place_.config()};
  SmallExchange exchange_;
  TestPackage package_ = make_package(exchange_);
  CardInDrawer card_{exchange_.first.evidence};
  EvidenceLog log_{[this] {
                     std::filesystem::create_directory(place_.directory() / "log");
                     return place_.directory() / "log";
                   }(),
                   "CENTRE-1"};
  EvidenceStore store_;
  std::vector<Sha256> published_;
};

INSTANTIATE_TEST_SUITE_P(BothEngines, DeskTest, kBothEngines, engine_name);

TEST_P(DeskTest, SignsLogsAndPublishesEachStatementOnce) {
  CLAUSE("五(一)9");
  const Sha256 accepted = state(EvidenceType::kSubmissionAcceptance);
  const Sha256 held = state(EvidenceType::kHeld);
  EXPECT_FALSE(row_of(accepted).cms);
  EvidenceDesk loop = desk();
  EXPECT_EQ(loop.work(10).value(), 2);
  EXPECT_EQ(loop.work(10).value(), 0);
  EXPECT_EQ(published_, (std::vector{accepted, held}));
  for (const Sha256& name : {accepted, held}) {
    const EvidenceRow row = row_of(name);
    EXPECT_EQ(open_statement(row.cms.value())->sha256, name);
    EXPECT_EQ(log_.entry(static_cast<std::uint64_t>(row.log_index.value())), row.cms);
  }
  EXPECT_EQ(log_.size(), 2U);
}

TEST_P(DeskTest, WorksOffMoreThanOneRoundTakes) {
  for (int i = 0; i < 5; ++i) {
    Statement statement = statement_by(exchange_.first, EvidenceType::kHeld, package_);
    statement.detail = std::to_string(i);
    database_.transact([&](Transaction& tx) { store_.add(tx, statement); });
  }
  EvidenceDesk loop = desk();
  EXPECT_EQ(loop.work(2).value(), 2);
  EXPECT_EQ(loop.work(2).value(), 2);
  EXPECT_EQ(loop.work(2).value(), 1);
  EXPECT_EQ(published_.size(), 5U);
}

TEST_P(DeskTest, PublishesNothingWhileTheKeyIsAwayAndEverythingLater) {
  const Sha256 name = state(EvidenceType::kSubmissionAcceptance);
  card_.left = 0;
  EvidenceDesk loop = desk();
  EXPECT_EQ(loop.work(10).reason(), Reason::kTokenLocked);
  EXPECT_TRUE(published_.empty());
  EXPECT_EQ(log_.size(), 0U);
  card_.left = 1;
  EXPECT_EQ(loop.work(10).value(), 1);
  EXPECT_EQ(published_, std::vector{name});
}

TEST_P(DeskTest, PublishesWhatWasSignedBeforeTheKeyWentAway) {
  const Sha256 first = state(EvidenceType::kSubmissionAcceptance);
  const Sha256 second = state(EvidenceType::kHeld);
  card_.left = 1;
  EvidenceDesk loop = desk();
  EXPECT_FALSE(loop.work(10).ok());
  EXPECT_TRUE(row_of(first).cms.has_value() != row_of(second).cms.has_value());
  EXPECT_EQ(published_.size(), 1U);
  card_.left = 1;
  EXPECT_EQ(loop.work(10).value(), 1);
  EXPECT_EQ(published_, (std::vector{first, second}));
}

TEST_P(DeskTest, DoesNotLogTwiceWhatWasLoggedBeforeACrash) {
  const Sha256 lost = state(EvidenceType::kSubmissionAcceptance);
  const Sha256 fresh = state(EvidenceType::kHeld);
  // As a crash leaves it: signed, appended, and the row knows of neither.
  const Bytes cms = sign_statement(statement_by(exchange_.first,
                                                EvidenceType::kSubmissionAcceptance, package_),
                                   exchange_.first.evidence)
                        .value()
                        .cms;
  log_.append(std::vector{random_bytes(50), cms});
  EXPECT_EQ(desk().work(10).value(), 2);
  EXPECT_EQ(row_of(lost).log_index, 1);
  EXPECT_EQ(row_of(lost).cms, cms);
  EXPECT_EQ(row_of(fresh).log_index, 2);
  EXPECT_EQ(log_.size(), 3U);
}

TEST_P(DeskTest, LogsAndPublishesWhatOthersSignedWithoutSigningIt) {
  const SignedVerdict verdict =
      sign_verdict(verdict_by(exchange_.first, package_), exchange_.first.scanner).value();
  const SignedStatement handover =
      sign_statement(statement_by(exchange_.b, EvidenceType::kHandover, package_),
                     exchange_.b.sign)
          .value();
  database_.transact([&](Transaction& tx) {
    store_.add(tx, verdict);
    store_.add(tx, handover, true);
  });
  card_.left = 0;
  EXPECT_EQ(desk().work(10).value(), 2);
  EXPECT_EQ(row_of(verdict.sha256).cms, verdict.cms);
  EXPECT_EQ(row_of(verdict.sha256).kind, kVerdictKind);
  EXPECT_TRUE(row_of(handover.sha256).superseded);
}

TEST_P(DeskTest, LogsAFinalThatCameTooLateAfterTheOneThatWasFirst) {
  Statement expiry = statement_by(exchange_.first, EvidenceType::kAcceptanceExpiry, package_);
  Statement handover = statement_by(exchange_.b, EvidenceType::kHandover, package_);
  expiry.recipient = handover.recipient;
  handover.time = expiry.time - std::chrono::minutes{1};  // the terminal's clock
  const SignedStatement late = sign_statement(handover, exchange_.b.sign).value();
  const Sha256 first = database_.transact([&](Transaction& tx) {
    const Sha256 name = store_.add(tx, expiry);
    store_.add(tx, late, true);
    return name;
  });
  card_.left = 0;
  EvidenceDesk loop = desk();
  EXPECT_FALSE(loop.work(10).ok());
  EXPECT_EQ(log_.size(), 0U);
  card_.left = 1;
  EXPECT_EQ(loop.work(10).value(), 1);
  EXPECT_EQ(loop.work(10).value(), 1);
  EXPECT_EQ(row_of(first).log_index, 0);
  EXPECT_EQ(row_of(late.sha256).log_index, 1);
}

TEST_P(DeskTest, ShowsNothingThatIsNotInTheLogHoweverFastItComesIn) {
  bool unlogged = false;
  EvidenceDesk loop({database_, card_, &log_, [&](Transaction&, const EvidenceRow& row) {
                       unlogged = unlogged || !row.log_index;
                     }});
  std::atomic<bool> done = false;
  std::jthread scanner([&] {
    for (int i = 0; i < 40; ++i) {
      Verdict verdict = verdict_by(exchange_.first, package_);
      verdict.engine = std::to_string(i);
      const auto given = sign_verdict(verdict, exchange_.first.scanner).value();
      database_.transact([&](Transaction& tx) { store_.add(tx, given); });
    }
    done = true;
  });
  while (!done) EXPECT_TRUE(loop.work(10).ok());
  while (loop.work(10).value() > 0) continue;
  EXPECT_FALSE(unlogged);
  EXPECT_EQ(log_.size(), 40U);
}

TEST_P(DeskTest, SignsWhatWaitsTogetherUnderOneUseOfTheKey) {
  CLAUSE("五(一)9");
  const std::vector<Sha256> names = state_several(5);
  EvidenceDesk loop = desk({BatchSigning::kOn});
  EXPECT_EQ(loop.work(10).value(), 5);
  EXPECT_EQ(uses(), 1);
  EXPECT_EQ(published_, names);
  ASSERT_TRUE(log_.publish(exchange_.first.log).ok());
  const NoteKey key = NoteKey::of("CENTRE-1", exchange_.first.log.certificate()).value();
  for (const Sha256& name : names) {
    const EvidenceRow row = row_of(name);
    EXPECT_EQ(open_statement(row.cms.value())->sha256, name);
    const auto index = static_cast<std::uint64_t>(row.log_index.value());
    EXPECT_EQ(log_.entry(index), row.cms);
    EXPECT_TRUE(verify_log_proof(log_.prove(index).value(), *row.cms, key).ok());
  }
  // Alone it is signed as ever.
  const Sha256 alone = state(EvidenceType::kReleased);
  EXPECT_EQ(loop.work(10).value(), 1);
  EXPECT_FALSE(is_batched(row_of(alone).cms.value()));
}

TEST_P(DeskTest, SignsTogetherByItselfOnlyWhereTheCardIsSlow) {
  EvidenceDesk loop = desk({BatchSigning::kAuto, Milliseconds{200}});
  card_.pause = Milliseconds{60};
  state_several(8);
  EXPECT_EQ(loop.work(10).value(), 8);
  EXPECT_EQ(uses(), 2) << "one alone, which was slow; then the others";
  card_.pause = Milliseconds{0};
  state_several(2, "few");
  EXPECT_EQ(loop.work(10).value(), 2);
  EXPECT_EQ(uses(), 4) << "it does not take long for two";
  state_several(8, "fast");
  EXPECT_EQ(loop.work(10).value(), 8);
  EXPECT_EQ(uses(), 12);
  EvidenceDesk never = desk({BatchSigning::kOff, Milliseconds{0}});
  state_several(3, "off");
  EXPECT_EQ(never.work(10).value(), 3);
  EXPECT_EQ(uses(), 15);
}

TEST_P(DeskTest, SignsAStatementByItselfThatIsTooLargeForABatch) {
  const Sha256 first = state_several(1).front();
  const Sha256 large = state_several(1, std::string(kBatchedStatementMax, '"')).front();
  const std::vector<Sha256> last = state_several(2, "last");
  EXPECT_EQ(desk({BatchSigning::kOn}).work(10).value(), 4);
  EXPECT_EQ(uses(), 3);
  EXPECT_FALSE(is_batched(row_of(first).cms.value()));
  EXPECT_FALSE(is_batched(row_of(large).cms.value()));
  EXPECT_TRUE(open_statement(row_of(large).cms.value()).ok());
  for (const Sha256& name : last) EXPECT_TRUE(is_batched(row_of(name).cms.value()));
}

TEST_P(DeskTest, ComposesABatchAnewWhenTheCardIsBack) {
  std::vector<Sha256> names = state_several(3);
  card_.left = 0;
  EvidenceDesk loop = desk({BatchSigning::kOn});
  EXPECT_EQ(loop.work(10).reason(), Reason::kTokenLocked);
  EXPECT_TRUE(published_.empty());
  names.push_back(state(EvidenceType::kReleased));
  card_.left = 1;
  EXPECT_EQ(loop.work(10).value(), 4);
  EXPECT_EQ(published_, names);
}

TEST_P(DeskTest, DoesNotSignAgainABatchThatWasLoggedBeforeACrash) {
  const std::vector<Sha256> lost = state_several(3);
  std::vector<Bytes> statements;
  for (const Sha256& name : lost) statements.push_back(row_of(name).statement);
  const auto batch = sign_batch(statements, exchange_.first.evidence, kTestNow).value();
  log_.append(batch);
  const Sha256 fresh = state(EvidenceType::kReleased);
  EXPECT_EQ(desk({BatchSigning::kOn}).work(10).value(), 4);
  EXPECT_EQ(uses(), 1);
  for (std::size_t i = 0; i < lost.size(); ++i) {
    EXPECT_EQ(row_of(lost[i]).cms, batch[i]);
    EXPECT_EQ(row_of(lost[i]).log_index, static_cast<std::int64_t>(i));
  }
  EXPECT_EQ(row_of(fresh).log_index, 3);
  EXPECT_EQ(log_.size(), 4U);
}

TEST_P(DeskTest, TheSameStatementAgainIsTheSameEvidence) {
  const Sha256 name = state(EvidenceType::kHeld);
  EXPECT_EQ(state(EvidenceType::kHeld), name);
  EXPECT_EQ(desk().work(10).value(), 1);
}

TEST_P(DeskTest, AProofShowsAnEntryInTheLogAndNoOther) {
  for (int i = 0; i < 5; ++i) {
    Statement statement = statement_by(exchange_.first, EvidenceType::kHeld, package_);
    statement.detail = std::to_string(i);
    database_.transact([&](Transaction& tx) { store_.add(tx, statement); });
  }
  EXPECT_EQ(log_.prove(0).reason(), Reason::kNotFound);
  ASSERT_EQ(desk().work(10).value(), 5);
  EXPECT_EQ(log_.prove(3).reason(), Reason::kNotFound);
  ASSERT_TRUE(log_.publish(exchange_.first.log).ok());
  const LogProof proof = LogProof::parse(log_.prove(3).value().json()).value();
  const NoteKey key = NoteKey::of("CENTRE-1", exchange_.first.log.certificate()).value();
  EXPECT_TRUE(verify_log_proof(proof, log_.entry(3), key).ok());
  EXPECT_EQ(verify_log_proof(proof, log_.entry(2), key).reason(), Reason::kProofMismatch);
  LogProof moved = proof;
  moved.index = 2;
  EXPECT_EQ(verify_log_proof(moved, log_.entry(3), key).reason(), Reason::kProofMismatch);
  const NoteKey other = NoteKey::of("CENTRE-1", exchange_.second.log.certificate()).value();
  EXPECT_EQ(verify_log_proof(proof, log_.entry(3), other).reason(), Reason::kBadSignature);
  EXPECT_EQ(log_.prove(5).reason(), Reason::kNotFound);
}

TEST_P(DeskTest, AHeadIsSignedOnceAndAgainOnlyWhenItGrew) {
  CardInDrawer log_card(exchange_.first.log);
  state(EvidenceType::kHeld);
  ASSERT_TRUE(desk().work(10).ok());
  ASSERT_TRUE(log_.publish(log_card).ok());
  const Bytes first = log_.find_checkpoint()->bytes();
  log_card.left = 0;
  EXPECT_TRUE(log_.publish(log_card).ok());  // nobody asked the card
  EXPECT_EQ(log_.find_checkpoint()->bytes(), first);
  state(EvidenceType::kReleased);
  ASSERT_TRUE(desk().work(10).ok());
  EXPECT_EQ(log_.publish(log_card).reason(), Reason::kTokenLocked);
}

TEST_P(DeskTest, FindsWhatConcernsARecipientAndTheLastOfAKind) {
  const auto about = [&](const std::optional<Addressee>& recipient, EvidenceType type,
                         std::int64_t later) {
    Statement statement =
        statement_by(exchange_.first, type, package_, kTestNow + Milliseconds{later});
    statement.recipient = recipient;
    return database_.transact([&](Transaction& tx) { return store_.add(tx, statement); });
  };
  const Addressee b = exchange_.b.addressee(), c = exchange_.c.addressee();
  const Sha256 all = about(std::nullopt, EvidenceType::kHeld, 0);
  const Sha256 for_b = about(b, EvidenceType::kConsignment, 1);
  const Sha256 for_c = about(c, EvidenceType::kConsignment, 2);
  const Sha256 again = about(b, EvidenceType::kConsignment, 3);
  const MessageKey key = package_.sealed.header.key();
  database_.read([&](Transaction& tx) {
    std::vector<Sha256> names;
    for (const EvidenceRow& row : store_.for_recipient(tx, key, b)) names.push_back(row.sha256);
    EXPECT_EQ(names, (std::vector{all, for_b, again}));
    EXPECT_EQ(store_.of_message(tx, key).size(), 4U);
    EXPECT_EQ(store_.last(tx, key, b, "D.1")->sha256, again);
    EXPECT_EQ(store_.last(tx, key, c, "D.1")->sha256, for_c);
    EXPECT_EQ(store_.last(tx, key, c, "Held")->sha256, all);
    EXPECT_FALSE(store_.last(tx, key, b, "D.2"));
    EXPECT_EQ(store_.count_unpublished(tx), 4);
  });
}

TEST_P(DeskTest, NumbersTheNewsOfEachReaderWithoutGaps) {
  const Sha256 name = state(EvidenceType::kHeld);
  const EvidenceId id = row_of(name).id;
  const auto tell = [&](const OrgCode& reader) {
    database_.transact([&](Transaction& tx) { store_.append_news(tx, reader, id, ""); });
  };
  {
    std::vector<std::jthread> tellers;
    for (int i = 0; i < 4; ++i) {
      tellers.emplace_back([&] {
        for (int k = 0; k < 5; ++k) tell(exchange_.a.code);
      });
    }
  }
  tell(exchange_.b.code);
  database_.read([&](Transaction& tx) {
    const auto items = store_.news_after(tx, exchange_.a.code, 0, 100);
    ASSERT_EQ(items.size(), 20U);
    for (std::size_t i = 0; i < items.size(); ++i) {
      EXPECT_EQ(items[i].sequence, static_cast<std::int64_t>(i + 1));
    }
    EXPECT_EQ(store_.news_after(tx, exchange_.a.code, 18, 100).size(), 2U);
    EXPECT_EQ(store_.news_after(tx, exchange_.a.code, 0, 7).size(), 7U);
    EXPECT_EQ(store_.news_after(tx, exchange_.b.code, 0, 100).at(0).sequence, 1);
  });
}

}  // namespace
}  // namespace yizhan
