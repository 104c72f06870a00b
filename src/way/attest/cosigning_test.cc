#include "way/attest/cosigning.h"

#include "way/attest/attest_test.h"

namespace yizhan {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

class CosigningTest : public AttestTest {};

TEST_F(CosigningTest, KeepsTheWitnesssLineWithTheCheckpoint) {
  grow(3);
  EXPECT_TRUE(cosigning_.work());
  EXPECT_EQ(cosignatures(), 1);
  grow(400);
  EXPECT_TRUE(cosigning_.work());
  EXPECT_EQ(cosigned_size(), 403U);
  EXPECT_EQ(cosignatures(), 1);
  EXPECT_EQ(centre_.log.prove(0)->checkpoint, centre_.log.find_cosigned()->bytes());
}

TEST_F(CosigningTest, AsksNobodyWhenAllIsCosigned) {
  grow(3);
  cosigning_.work();
  asked_.clear();
  EXPECT_FALSE(cosigning_.work());
  EXPECT_TRUE(asked_.empty());
  EXPECT_FALSE(standing_.uncosigned_since());
}

// 409: a restart on our side forgets where the witness stands.
TEST_F(CosigningTest, BeginsWhereTheWitnessSaysThatItStands) {
  grow(3);
  cosigning_.work();
  grow(2);
  Cosigning afresh(cosigning_parts());
  asked_.clear();
  EXPECT_TRUE(afresh.work());
  EXPECT_EQ(asked_.size(), 2U);
  EXPECT_EQ(cosigned_size(), 5U);
}

// Whose answer was lost had signed: asked again about the same it signs again.
TEST_F(CosigningTest, AnAnswerThatWasLostIsAskedForAgain) {
  grow(3);
  const auto note = centre_.log.find_checkpoint().value();
  ASSERT_EQ(witness_->add_checkpoint(AddCheckpoint{0, {}, note}.body()).status, 200);
  EXPECT_TRUE(cosigning_.work());
  EXPECT_EQ(cosignatures(), 1);
}

TEST_F(CosigningTest, AsksWhoIsAwayLaterAndLater) {
  down_ = true;
  grow(1);
  for (int i = 0; i < 100; ++i) {
    cosigning_.work();
    centre_.clock.pass(1s);
  }
  EXPECT_LT(asked_.size(), 10U);
  EXPECT_GE(asked_.size(), 5U);
  down_ = false;
  centre_.clock.pass(5min);
  EXPECT_TRUE(cosigning_.work());
}

TEST_F(CosigningTest, IsShownAfterAMinuteAndHoldsAfterFourHours) {
  down_ = true;
  grow(1);
  cosigning_.work();
  EXPECT_TRUE(standing_.uncosigned_since());
  centre_.clock.pass(59s);
  cosigning_.work();
  EXPECT_TRUE(alarm_.told.empty());
  centre_.clock.pass(1s);
  cosigning_.work();
  cosigning_.work();
  EXPECT_EQ(alarm_.told, (std::vector<std::string>{"uncosigned"}));
  EXPECT_TRUE(standing_.describe().at("shown"));
  EXPECT_TRUE(standing_.check_open().ok());
  centre_.clock.pass(4h - 61s);
  EXPECT_TRUE(standing_.check_open().ok());
  centre_.clock.pass(1s);
  EXPECT_FALSE(standing_.check_open().ok());
  // A restart is no excuse.
  LogStanding afterwards({centre_.place.directory() / "uncosigned-since", {}, alarm_,
                          centre_.clock});
  EXPECT_FALSE(afterwards.check_open().ok());
  down_ = false;
  centre_.clock.pass(5min);
  cosigning_.work();
  EXPECT_TRUE(standing_.check_open().ok());
  EXPECT_EQ(alarm_.told.back(), "cosigned");
  EXPECT_FALSE(std::filesystem::exists(centre_.place.directory() / "uncosigned-since"));
}

TEST_F(CosigningTest, OneOfTwoDoesNotCount) {
  centre_.exchange.witnesses.cosignatures = 2;
  centre_.publish_directory();
  grow(1);
  EXPECT_FALSE(cosigning_.work());
  EXPECT_TRUE(standing_.uncosigned_since());
  EXPECT_EQ(cosigned_size(), 0U);
}

TEST_F(CosigningTest, WhereNobodyNeedCosignNothingWaits) {
  centre_.exchange.centres.pop_back();
  centre_.publish_directory();
  grow(1);
  EXPECT_FALSE(cosigning_.work());
  EXPECT_FALSE(standing_.uncosigned_since());
  EXPECT_EQ(cosigning_.describe().at("required"), 0);
}

// Two centres under one name with one key: the second to come finds no witness.
TEST_F(CosigningTest, AForkedLogFindsNoWitness) {
  const auto fork_folder = centre_.place.directory() / "fork";
  EvidenceLog fork(fork_folder, "CENTRE-1");
  const std::vector<Bytes> other = {copy_of(bytes_of("another")), copy_of(bytes_of("past"))};
  fork.append(other);
  ASSERT_TRUE(fork.publish(centre_.exchange.first.log).ok());
  grow(2);
  ASSERT_TRUE(cosigning_.work());
  Cosigning::Parts parts = cosigning_parts();
  Cosigning forked({fork, parts.directory, parts.own, parts.ask, parts.standing, parts.alarm,
                    parts.clock});
  EXPECT_FALSE(forked.work()) << "409: another root of the same size";
  EXPECT_FALSE(fork.find_cosigned());
  fork.append(other);
  ASSERT_TRUE(fork.publish(centre_.exchange.first.log).ok());
  centre_.clock.pass(1min);
  EXPECT_FALSE(forked.work()) << "422: it does not continue what was signed";
  // The log itself is told, and so is the witness, each once for a thing.
  EXPECT_EQ(std::ranges::count(alarm_.told, "disagrees CENTRE-2"), 1);
  EXPECT_EQ(std::ranges::count(alarm_.told, "conflict CENTRE-1"), 2);
  EXPECT_TRUE(forked.describe().at("witnesses").at(0).at("disagrees"));
  // Both faces, signed, are kept by the witness: two of one size prove the fork to anyone.
  const auto kept = centre_.place.directory() / "witness/conflicts";
  EXPECT_EQ(list_files(kept).size(), 4U);
  for (const std::string& name : list_files(kept)) {
    const NoteKey key = NoteKey::of("CENTRE-1", centre_.exchange.first.log.certificate()).value();
    EXPECT_TRUE(verify_checkpoint(read_file(kept / name, 1U << 16), key).ok()) << name;
  }
  // And the true one goes on.
  grow(1);
  EXPECT_TRUE(cosigning_.work());
}

// Restored from an old copy: the witness has seen more than we have.
TEST_F(CosigningTest, AnOldCopyOfTheLogIsFoundOut) {
  grow(5);
  ASSERT_TRUE(cosigning_.work());
  EvidenceLog old(centre_.place.directory() / "old", "CENTRE-1");
  const std::vector<Bytes> first = {copy_of(bytes_of("entry0"))};
  old.append(first);
  ASSERT_TRUE(old.publish(centre_.exchange.first.log).ok());
  Cosigning::Parts parts = cosigning_parts();
  Cosigning restored({old, parts.directory, parts.own, parts.ask, parts.standing, parts.alarm,
                      parts.clock});
  EXPECT_FALSE(restored.work());
  EXPECT_EQ(alarm_.told.back(), "disagrees CENTRE-2");
}

TEST_F(CosigningTest, AFalseLineIsNone) {
  grow(1);
  Cosigning::Parts parts = cosigning_parts();
  Cosigning lied_to({parts.log, parts.directory, parts.own,
                     [&](const Centre&, const Bytes&) -> Result<Response> {
                       Response response{.status = 200};
                       response.body = copy_of(bytes_of("\u2014 CENTRE-2 AAAAAAAAAAAA\n"));
                       return response;
                     },
                     parts.standing, parts.alarm, parts.clock});
  EXPECT_FALSE(lied_to.work());
  EXPECT_FALSE(centre_.log.find_cosigned());
}

TEST_F(CosigningTest, NoCentreWitnessesItself) {
  grow(1);
  SignedNote note = centre_.log.find_checkpoint().value();
  ASSERT_TRUE(note.cosign("CENTRE-1", centre_.exchange.first.log, kTestNow).ok());
  EXPECT_EQ(count_cosignatures(note, centre_.exchange.first.code, *centre_.directory.current())
                .value(),
            0);
  WitnessDesk own({centre_.place.directory() / "own", centre_.exchange.first.code,
                   centre_.exchange.first.log, centre_.directory, {}, alarm_, centre_.clock});
  const auto plain = centre_.log.find_checkpoint().value();
  EXPECT_EQ(own.add_checkpoint(AddCheckpoint{0, {}, plain}.body()).status, 404);
}

TEST_F(CosigningTest, ALogThatTheConfigurationNamesIsWitnessedToo) {
  SoftwareKey key = centre_.exchange.authority.issue(
      {.subject = "elsewhere", .kind = KeyKind::kEd25519, .usage = CertificateUsage::kLog});
  EvidenceLog log(centre_.place.directory() / "elsewhere", "log.example");
  const std::vector<Bytes> entries = {copy_of(bytes_of("one"))};
  log.append(entries);
  ASSERT_TRUE(log.publish(key).ok());
  const Bytes body = AddCheckpoint{0, {}, log.find_checkpoint().value()}.body();
  EXPECT_EQ(witness_->add_checkpoint(body).status, 404);
  WitnessDesk knowing({centre_.place.directory() / "knowing", centre_.exchange.second.code,
                       centre_.exchange.second.log, centre_.directory,
                       {NoteKey::of("log.example", key.certificate()).value()}, alarm_,
                       centre_.clock});
  EXPECT_EQ(knowing.add_checkpoint(body).status, 200);
}

}  // namespace
}  // namespace yizhan
