#include "ground/merkle/note.h"

#include <gtest/gtest.h>

#include "ground/merkle/merkle.h"
#include "tests/support/pki.h"

namespace yizhan {
namespace {

// A checkpoint of Go's checksum database, as it was published, and the key that signed it.
constexpr std::string_view kRealNote =
    "go.sum database tree\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
    "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
constexpr std::string_view kRealKey =
    "ce3372d75ad1ee5ecdaf8727293d4b111d87eb37531d7c86d4d3003f0eb809fc";
constexpr std::string_view kDash = "\u2014 ";

NoteKey real_key() { return *NoteKey::parse("sum.golang.org", *from_hex(kRealKey)); }

Result<SignedNote> parse(std::string_view note) { return SignedNote::parse(bytes_of(note)); }

class Checkpoints : public ::testing::Test {
 protected:
  Checkpoints() : log_key_(*NoteKey::of("log.example/north", key_.certificate())) {}

  [[nodiscard]] SignedNote signed_checkpoint() { return *sign_checkpoint(checkpoint_, key_); }

  TestAuthority authority_;
  SoftwareKey key_ = authority_.issue(
      {.subject = "log", .kind = KeyKind::kEd25519, .usage = CertificateUsage::kLog});
  NoteKey log_key_;
  Checkpoint checkpoint_{"log.example/north", {3, merkle_root({})}};
};

TEST(SignedNotes, OfOthersVerify) {
  EXPECT_EQ(real_key().id(), 0x033de0aeU);
  const auto note = parse(kRealNote);
  ASSERT_TRUE(note.ok()) << note.refusal().detail;
  EXPECT_TRUE(note->verify(real_key()).ok());
  EXPECT_EQ(text_of(note->bytes()), kRealNote);
  const auto checkpoint = Checkpoint::parse(note->text());
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_EQ(checkpoint->head.size, 20852163U);
  EXPECT_EQ(checkpoint->text(), note->text());
}

TEST(SignedNotes, MayHaveSeveralSignersAndEmptyLines) {
  // From the documentation of Go's note package: two signers, each sufficient.
  const auto note = parse(
      "If you think cryptography is the answer to your problem,\n"
      "then you don't know what your problem is.\n"
      "\n"
      "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpR"
      "Zb6KE6RyyBwJnAM=\n"
      "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33"
      "WWd1RvMc+QQ=\n");
  ASSERT_TRUE(note.ok());
  const auto key = [](const char* name, const char* hex) {
    return *NoteKey::parse(name, *from_hex(hex));
  };
  const char* const neumann = "1a5cd907143c384c41e830c5bce12aa8817ec5649aaabf2c31388b35b2d744d6";
  const char* const root = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29";
  EXPECT_TRUE(note->verify(key("PeterNeumann", neumann)).ok());
  EXPECT_TRUE(note->verify(key("EnochRoot", root)).ok());
  EXPECT_FALSE(note->verify(key("EnochRoot", neumann)).ok());
  EXPECT_FALSE(note->verify(key("Somebody", root)).ok());
  const std::string line = std::string(kDash) + "x AAAAAAA=\n";
  EXPECT_EQ(parse("a\n\nb\n\n" + line)->text(), "a\n\nb\n");
}

TEST(SignedNotes, RefuseEveryChangedByte) {
  const NoteKey key = real_key();
  for (std::size_t i = 0; i < kRealNote.size(); ++i) {
    std::string changed(kRealNote);
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto note = parse(changed);
    EXPECT_FALSE(note.ok() && note->verify(key).ok()) << "byte " << i;
  }
}

TEST(SignedNotes, RefuseWhatIsNoNote) {
  const std::string line = std::string(kDash) + "x AAAAAAA=\n";
  ASSERT_TRUE(parse("text\n\n" + line).ok());
  for (const std::string& bad : std::vector<std::string>{
           "", "text\n", "text\n\n", "text\n" + line, "text\n\n" + line + "\n",
           "text\n\n" + line.substr(0, line.size() - 1), "text\n\n- x AAAAAAA=\n",
           "text\n\n" + std::string(kDash) + "x AAAA\n",
           "text\n\n" + std::string(kDash) + " AAAAAAA=\n",
           "text\n\n" + std::string(kDash) + "x AAAAAAA\n", "te\txt\n\n" + line,
           "te\rxt\n\n" + line, "te\xff\n\n" + line, "text\n\n" + line + "trailing\n"}) {
    ASSERT_FALSE(parse(bad).ok()) << bad;
    EXPECT_EQ(parse(bad).reason(), Reason::kMalformed) << bad;
  }
  std::string many = "text\n\n";
  for (int i = 0; i < 32; ++i) many += line;
  EXPECT_TRUE(parse(many).ok());
  EXPECT_EQ(parse(many + line).reason(), Reason::kTooLarge);
  EXPECT_EQ(parse(std::string(65536, 'x') + "\n\n" + line).reason(), Reason::kTooLarge);
}

TEST(NoteKeys, RefuseNamesThatWouldBreakALine) {
  const Bytes public_key(32);
  EXPECT_TRUE(NoteKey::parse("log.example/north", public_key).ok());
  for (const char* name : {"", "a b", "a+b", "a\nb", "a\tb"}) {
    EXPECT_FALSE(NoteKey::parse(name, public_key).ok()) << name;
  }
  EXPECT_FALSE(NoteKey::parse("log", Bytes(31)).ok());
}

TEST_F(Checkpoints, VerifyUnderTheirLogsKeyOnly) {
  const Bytes note = signed_checkpoint().bytes();
  const auto verified = verify_checkpoint(note, log_key_);
  ASSERT_TRUE(verified.ok()) << verified.refusal().detail;
  EXPECT_EQ(*verified, checkpoint_);
  SoftwareKey stranger = authority_.issue(
      {.subject = "log", .kind = KeyKind::kEd25519, .usage = CertificateUsage::kLog});
  const auto strange_key = NoteKey::of("log.example/north", stranger.certificate());
  EXPECT_EQ(verify_checkpoint(note, *strange_key).reason(), Reason::kBadSignature);
  const auto renamed_key = NoteKey::of("log.example/south", key_.certificate());
  EXPECT_EQ(verify_checkpoint(note, *renamed_key).reason(), Reason::kBadSignature);
}

TEST_F(Checkpoints, OfAnotherLogAreRefusedThoughTheKeySignedThem) {
  const SignedNote note = *SignedNote::sign("log.example/south\n3\n" + to_base64(Bytes(32)) + "\n",
                                            "log.example/north", key_);
  EXPECT_TRUE(note.verify(log_key_).ok());
  EXPECT_EQ(verify_checkpoint(note.bytes(), log_key_).reason(), Reason::kBadSignature);
}

TEST_F(Checkpoints, CarryWitnessesThatWeDoNotKnow) {
  SignedNote note = signed_checkpoint();
  note.add({"witness.example", 0x12345678, Bytes(72)});
  EXPECT_TRUE(verify_checkpoint(note.bytes(), log_key_).ok());
  EXPECT_EQ(parse(text_of(note.bytes()))->signatures().size(), 2U);
}

TEST_F(Checkpoints, AreRefusedWhenAKnownKeySignsOnceRightAndOnceWrong) {
  SignedNote note = signed_checkpoint();
  note.add({log_key_.name(), log_key_.id(), Bytes(64)});
  EXPECT_EQ(verify_checkpoint(note.bytes(), log_key_).reason(), Reason::kBadSignature);
}

TEST_F(Checkpoints, NeedAnEd25519Key) {
  SoftwareKey other = authority_.issue({.subject = "log", .kind = KeyKind::kEcP256});
  EXPECT_EQ(sign_checkpoint(checkpoint_, other).reason(), Reason::kAlgorithmRefused);
}

TEST_F(Checkpoints, HaveExactlyOneForm) {
  const std::string root = to_base64(Bytes(32));
  EXPECT_TRUE(Checkpoint::parse("log\n0\n" + root + "\n").ok());
  EXPECT_TRUE(Checkpoint::parse("log\n18446744073709551615\n" + root + "\n").ok());
  for (const std::string& bad :
       {"log\n0\n" + root, "log\n0\n" + root + "\nextension\n", "\n0\n" + root + "\n",
        "log\n00\n" + root + "\n", "log\n-1\n" + root + "\n", "log\n+1\n" + root + "\n",
        "log\n 1\n" + root + "\n", "log\n\n" + root + "\n",
        "log\n18446744073709551616\n" + root + "\n", "log\n1\n" + to_base64(Bytes(31)) + "\n",
        std::string("log\n1\n\n"), std::string("log\n1\n"), std::string()}) {
    EXPECT_FALSE(Checkpoint::parse(bad).ok()) << bad;
  }
}

// The verifier key of the Go checksum database, as its authors publish it.
TEST(NoteKeyText, IsReadAsC2spWritesIt) {
  const auto known = NoteKey::parse_text(
      "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
  ASSERT_TRUE(known.ok());
  EXPECT_EQ(known->name(), "sum.golang.org");
  EXPECT_EQ(known->id(), 0x033de0aeU);
  EXPECT_EQ(known->type(), NoteKeyType::kSigner);
  for (const char* bad :
       {"", "sum.golang.org", "sum.golang.org+033de0ae",
        "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.com+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033de0ae+Bc4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"}) {
    EXPECT_EQ(NoteKey::parse_text(bad).reason(), Reason::kMalformed) << bad;
  }
}

}  // namespace
}  // namespace yizhan
