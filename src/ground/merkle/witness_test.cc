#include "ground/merkle/witness.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "ground/merkle/merkle.h"
#include "tests/support/openssl_command.h"
#include "tests/support/pki.h"

namespace yizhan {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOrigin = "CENTRE-1";
constexpr Time kNow = Time::from_ms(1'795'327'200'123);

class FixedClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return kNow; }
};

// A key that is away.
class LockedKey final : public SigningKey {
 public:
  explicit LockedKey(SoftwareKey& key) : key_(key) {}
  [[nodiscard]] const Certificate& certificate() const override { return key_.certificate(); }
  [[nodiscard]] SignatureScheme scheme() const override { return key_.scheme(); }
  [[nodiscard]] Result<Bytes> sign(ByteView, KeyUse) override { return Reason::kTokenLocked; }

 private:
  SoftwareKey& key_;
};

class WitnessTest : public ::testing::Test {
 protected:
  WitnessTest() {
    std::string name = (fs::temp_directory_path() / "yizhan-witness-XXXXXX").string();
    YZ_ASSERT(::mkdtemp(name.data()) != nullptr);
    root_ = name;
    log_.emplace(root_ / "log", kOrigin);
    start(key_);
  }
  ~WitnessTest() override { fs::remove_all(root_); }

  void start(SigningKey& key) {
    witness_.emplace(Witness::Parts{root_ / "seen", "CENTRE-2", key,
                                    [this](const std::string& origin) {
                                      std::vector<NoteKey> keys;
                                      if (origin == kOrigin) keys.push_back(log_key());
                                      if (origin == kOrigin && renewed_) keys.push_back(new_key());
                                      return keys;
                                    },
                                    clock_});
  }
  static SoftwareKey ed25519(TestAuthority& authority, const std::string& name) {
    return authority.issue(
        {.subject = name, .kind = KeyKind::kEd25519, .usage = CertificateUsage::kLog});
  }
  [[nodiscard]] NoteKey log_key() const {
    return NoteKey::of(kOrigin, log_signer_.certificate()).value();
  }
  [[nodiscard]] NoteKey new_key() const {
    return NoteKey::of(kOrigin, new_signer_.certificate()).value();
  }
  [[nodiscard]] NoteKey witness_key() const {
    return NoteKey::of("CENTRE-2", key_.certificate(), NoteKeyType::kWitness).value();
  }
  static void grow(Log& log, int count, const std::string& what = "entry") {
    std::vector<Bytes> entries;
    for (int i = 0; i < count; ++i) entries.push_back(copy_of(bytes_of(what)));
    log.append(entries);
  }
  SignedNote checkpoint(const Log& log) {
    return sign_checkpoint({log.origin(), log.head()}, log_signer_).value();
  }
  WitnessAnswer show(const Log& log, std::uint64_t old_size) {
    const MerklePath proof =
        old_size <= log.size() ? log.consistency_proof(old_size, log.size()) : MerklePath();
    return witness_->add_checkpoint(AddCheckpoint{old_size, proof, checkpoint(log)}.body());
  }

  fs::path root_;
  TestAuthority authority_;
  SoftwareKey log_signer_ = ed25519(authority_, "log");
  SoftwareKey new_signer_ = ed25519(authority_, "log, renewed");
  bool renewed_ = false;
  SoftwareKey key_ = ed25519(authority_, "witness");
  FixedClock clock_;
  std::optional<Log> log_;
  std::optional<Witness> witness_;
};

TEST_F(WitnessTest, SignsWhatContinuesWhatItSignedBefore) {
  grow(*log_, 5);
  WitnessAnswer answer = show(*log_, 0);
  ASSERT_EQ(answer.status, 200) << answer.body;
  grow(*log_, 300);
  answer = show(*log_, 5);
  ASSERT_EQ(answer.status, 200) << answer.body;
  Bytes note = checkpoint(*log_).bytes();
  append(note, bytes_of(answer.body));
  const SignedNote signed_note = SignedNote::parse(note).value();
  EXPECT_EQ(signed_note.verify_witness(witness_key()).value(),
            Time::from_ms(kNow.ms() / 1000 * 1000));
  EXPECT_TRUE(verify_checkpoint(note, log_key()).ok());
}

TEST_F(WitnessTest, SignsAgainWhatItHasSigned) {
  grow(*log_, 5);
  show(*log_, 0);
  EXPECT_EQ(show(*log_, 5).status, 200);
}

TEST_F(WitnessTest, RefusesAForkedLog) {
  grow(*log_, 5);
  ASSERT_EQ(show(*log_, 0).status, 200);
  // The same key shows somebody else another past.
  Log fork(root_ / "fork", kOrigin);
  grow(fork, 5, "another");
  EXPECT_EQ(show(fork, 5).status, 409);  // the same size, another root
  grow(fork, 2);
  EXPECT_EQ(show(fork, 5).status, 422);
  // And the true one goes on.
  grow(*log_, 2);
  EXPECT_EQ(show(*log_, 5).status, 200);
}

TEST_F(WitnessTest, TellsWhereItStandsToWhoBelievesOtherwise) {
  grow(*log_, 5);
  EXPECT_EQ(show(*log_, 3).body, "0\n");
  show(*log_, 0);
  grow(*log_, 1);
  const WitnessAnswer answer = show(*log_, 0);
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.body, "5\n");
}

TEST_F(WitnessTest, GivesBothSignedFacesOfAForkedLog) {
  grow(*log_, 5);
  ASSERT_FALSE(show(*log_, 0).conflict);
  Log fork(root_ / "fork", kOrigin);
  grow(fork, 5, "another");
  EXPECT_FALSE(show(fork, 0).conflict) << "who believes otherwise contradicts nothing";
  const WitnessAnswer answer = show(fork, 5);
  ASSERT_TRUE(answer.conflict);
  EXPECT_EQ(answer.conflict->before.text(), checkpoint(*log_).text());
  EXPECT_EQ(answer.conflict->shown.text(), checkpoint(fork).text());
  for (const SignedNote& face : {answer.conflict->before, answer.conflict->shown}) {
    EXPECT_TRUE(verify_checkpoint(face.bytes(), log_key()).ok());
  }
}

TEST_F(WitnessTest, ItsLineIsReadByTheLogThatAsked) {
  grow(*log_, 5);
  const SignedNote note = checkpoint(*log_);
  const std::string line = show(*log_, 0).body;
  const auto read = parse_cosignature(note, line, {witness_key()});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->name, "CENTRE-2");
  EXPECT_EQ(parse_cosignature(note, "", {witness_key()}).reason(), Reason::kBadSignature);
  EXPECT_EQ(parse_cosignature(note, "nonsense", {witness_key()}).reason(), Reason::kMalformed);
  grow(*log_, 1);
  EXPECT_EQ(parse_cosignature(checkpoint(*log_), line, {witness_key()}).reason(),
            Reason::kBadSignature)
      << "about another checkpoint";
  EXPECT_EQ(parse_witness_size("5\n").value(), 5U);
  EXPECT_EQ(parse_witness_size("five\n").reason(), Reason::kMalformed);
}

TEST_F(WitnessTest, KnowsAfterARestartWhatItSigned) {
  grow(*log_, 5);
  show(*log_, 0);
  start(key_);
  Log fork(root_ / "fork", kOrigin);
  grow(fork, 9, "another");
  EXPECT_EQ(show(fork, 0).status, 409);
  EXPECT_EQ(show(fork, 5).status, 422);
}

// A log that came back from an older copy begins anew under a key that management registers; the
// old one goes on where it stood, and is still no other.
TEST_F(WitnessTest, ALogUnderANewKeyIsAnotherLog) {
  grow(*log_, 5);
  show(*log_, 0);
  Log restored(root_ / "restored", kOrigin);
  grow(restored, 3, "another");
  const auto show_new = [&](std::uint64_t old_size) {
    const SignedNote note =
        sign_checkpoint({restored.origin(), restored.head()}, new_signer_).value();
    const MerklePath proof = restored.consistency_proof(old_size, restored.size());
    return witness_->add_checkpoint(AddCheckpoint{old_size, proof, note}.body());
  };
  EXPECT_EQ(show_new(0).status, 403) << "not registered yet";
  renewed_ = true;
  EXPECT_EQ(show_new(0).status, 200);
  start(key_);
  grow(restored, 2, "and more");
  EXPECT_EQ(show_new(3).status, 200);
  EXPECT_EQ(show(restored, 0).status, 409) << "under the old key it is a fork";
  grow(*log_, 2);
  EXPECT_EQ(show(*log_, 5).status, 200);
}

TEST_F(WitnessTest, ReadsWhatItKeptBeforeLogsOfOneNameWereToldApart) {
  grow(*log_, 5);
  fs::create_directories(root_ / "seen");
  const Bytes kept = checkpoint(*log_).bytes();
  std::ofstream(root_ / "seen" / sha256(bytes_of(kOrigin)).hex(), std::ios::binary)
      << text_of(kept);
  start(key_);
  EXPECT_EQ(show(*log_, 0).body, "5\n");
  grow(*log_, 1);
  EXPECT_EQ(show(*log_, 5).status, 200);
}

TEST_F(WitnessTest, KeepsWhatItIsAboutToSignBeforeItSigns) {
  LockedKey locked(key_);
  start(locked);
  grow(*log_, 5);
  EXPECT_EQ(show(*log_, 0).status, 503);
  start(key_);
  EXPECT_EQ(show(*log_, 0).body, "5\n");
  EXPECT_EQ(show(*log_, 5).status, 200);
}

TEST_F(WitnessTest, RefusesUnknownLogsAndKeys) {
  Log unknown(root_ / "unknown", "CENTRE-9");
  grow(unknown, 1);
  EXPECT_EQ(show(unknown, 0).status, 404);
  grow(*log_, 1);
  SoftwareKey other = ed25519(authority_, "other");
  const SignedNote note = sign_checkpoint({kOrigin, log_->head()}, other).value();
  EXPECT_EQ(witness_->add_checkpoint(AddCheckpoint{0, {}, note}.body()).status, 403);
  EXPECT_EQ(show(*log_, 0).status, 200);
}

TEST_F(WitnessTest, RefusesWhatIsNoRequest) {
  grow(*log_, 5);
  const std::string note(text_of(checkpoint(*log_).bytes()));
  for (const std::string& body :
       std::vector<std::string>{"", "old 0\n", "old 0\n" + note, "old -1\n\n" + note,
        "old 00\n\n" + note, "old 0\nAAAA\n\n" + note, "new 0\n\n" + note, "\n\n" + note,
        "old 0\n\nnothing"}) {
    EXPECT_EQ(witness_->add_checkpoint(bytes_of(body)).status, 400) << body;
  }
  EXPECT_EQ(show(*log_, 6).status, 400);
  MerklePath long_proof(64);
  EXPECT_EQ(
      witness_->add_checkpoint(AddCheckpoint{0, long_proof, checkpoint(*log_)}.body()).status,
      400);
}

TEST_F(WitnessTest, AnswersWhatTheOpensslProgramVerifies) {
  grow(*log_, 5);
  const WitnessAnswer answer = show(*log_, 0);
  const std::string base64 = answer.body.substr(answer.body.rfind(' ') + 1);
  const Bytes line = from_base64(base64.substr(0, base64.size() - 1)).value();
  ASSERT_EQ(line.size(), 4U + 8U + 64U);
  OpensslCommand openssl;
  const Checkpoint shown{kOrigin, log_->head()};
  openssl.write("seen", bytes_of("cosignature/v1\ntime " + std::to_string(kNow.ms() / 1000) + "\n" +
                                 shown.text()));
  openssl.write("signature", ByteView(line).last(64));
  openssl.write("witness.pem", bytes_of(key_.certificate().pem()));
  ASSERT_TRUE(openssl.run({"x509", "-in", "witness.pem", "-noout", "-pubkey", "-out", "key"}));
  EXPECT_TRUE(openssl.run({"pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key", "-in", "seen",
                           "-sigfile", "signature"}))
      << openssl.log();
}

TEST_F(WitnessTest, IsNotTheSignerOfALogNorTheOtherWayRound) {
  grow(*log_, 1);
  SignedNote note = checkpoint(*log_);
  ASSERT_TRUE(note.cosign("CENTRE-2", key_, kNow).ok());
  EXPECT_FALSE(note.verify(NoteKey::of("CENTRE-2", key_.certificate()).value()).ok());
  EXPECT_FALSE(
      note.verify(NoteKey::of(kOrigin, log_signer_.certificate(), NoteKeyType::kWitness).value())
          .ok());
}

}  // namespace
}  // namespace yizhan
