#include "model/package/body.h"

#include <gtest/gtest.h>

#include "ground/merkle/merkle.h"
#include "tests/support/small_package.h"

namespace yizhan {
namespace {

FileHandle new_memory() { return memory_file("quarantine"); }

ReadBody reading(const Bytes& body) {
  return [&body](std::uint64_t offset, std::size_t length) {
    const std::size_t start = std::min(body.size(), static_cast<std::size_t>(offset));
    return copy_of(ByteView(body).subspan(start, std::min(length, body.size() - start)));
  };
}

Bytes content_of(const FileHandle& file) { return file.read_at(0, file.size()); }

// What a sender makes, part by part, and lets the test lie about.
struct Sealed {
  Header header;
  Bytes body;
  std::vector<Sha256> groups;
  Bytes content_key;

  [[nodiscard]] Result<OpenedBody> open() const { return open_with(content_key); }
  [[nodiscard]] Result<OpenedBody> open_with(const Bytes& key) const {
    return open_body({header, groups, reading(body)}, SecretBytes(copy_of(key)), new_memory);
  }
  // The list of groups and its root as the body is now: what a lying sender would sign.
  void sign_for_body() {
    groups.clear();
    for (std::size_t at = 0; at < body.size(); at += kGroupBytes) {
      const auto length = std::min<std::size_t>(kGroupBytes, body.size() - at);
      groups.push_back(leaf_hash(ByteView(body).subspan(at, length)));
    }
    header.cipher_root = merkle_root(groups);
  }
};

class BodyTest : public ::testing::Test {
 protected:
  Sealed seal(const std::vector<std::size_t>& sizes) {
    Manifest manifest{random_bytes(32), "主旨", "1", "函", "", {}};
    std::vector<FileHandle> files;
    contents_.clear();
    for (const std::size_t size : sizes) {
      contents_.push_back(random_bytes(size));
      files.push_back(file_of(contents_.back()));
      const bool first = manifest.parts.empty();
      manifest.parts.push_back({"part" + std::to_string(manifest.parts.size()), "x/y",
                                first ? PartKind::kDi : PartKind::kAttachment, size,
                                sha256(contents_.back())});
    }
    Sealed sealed{template_.sealed.header, {}, {}, random_bytes(32)};
    FileHandle cipher = memory_file("cipher");
    const BodyFacts facts =
        write_body({SecretBytes(copy_of(sealed.content_key)), sealed.header.salt,
                    sealed.header.context(), manifest},
                   files, cipher);
    EXPECT_EQ(facts.plain_length, manifest.plain_length());
    sealed.header.commitment = facts.commitment;
    sealed.header.cipher_root = facts.cipher_root;
    sealed.header.plaintext_root = facts.plaintext_root;
    sealed.header.plain_length = facts.plain_length;
    sealed.groups = facts.groups;
    sealed.body = content_of(cipher);
    return sealed;
  }
  // Any plaintext stream at all, sealed as a lying sender could.
  Sealed seal_stream(ByteView manifest_length_and_rest, const Sha256& plaintext_root) {
    Sealed sealed{template_.sealed.header, {}, {}, random_bytes(32)};
    ChunkedKey key = ChunkedKey::derive(SecretBytes(copy_of(sealed.content_key)),
                                        sealed.header.salt, sealed.header.context().view())
                         .value();
    sealed.header.commitment = Sha256{key.commitment()};
    ChunkedSealer sealer(std::move(key));
    const ByteSink sink = [&](ByteView bytes) { append(sealed.body, bytes); };
    sealer.update(manifest_length_and_rest, sink);
    sealer.finish(sink);
    sealed.header.plain_length = manifest_length_and_rest.size();
    sealed.header.plaintext_root = plaintext_root;
    sealed.sign_for_body();
    return sealed;
  }
  static std::string step(const Result<OpenedBody>& opened) {
    if (opened) return "opened";
    EXPECT_EQ(opened.reason(), Reason::kUnopenable);
    return opened.refusal().detail;
  }

  SmallExchange exchange_;
  TestPackage template_ = make_package(exchange_);
  std::vector<Bytes> contents_;
};

TEST_F(BodyTest, OpensWhatWasWrittenForEverySizeAroundAChunkAndAGroup) {
  for (const std::size_t size : {0U, 1U, 16'383U, 16'384U, 16'385U, 1'048'575U, 1'048'576U,
                                 1'048'577U, 2'100'000U}) {
    const Sealed sealed = seal({size});
    EXPECT_EQ(sealed.body.size(), cipher_length(sealed.header.plain_length)) << size;
    EXPECT_EQ(sealed.groups.size(), group_count_of(sealed.header.plain_length)) << size;
    const auto opened = sealed.open();
    ASSERT_TRUE(opened.ok()) << size << ": " << opened.refusal().detail;
    ASSERT_EQ(opened->parts.size(), 1U);
    EXPECT_EQ(content_of(opened->parts[0]), contents_[0]) << size;
  }
}

TEST_F(BodyTest, OpensAPlaintextThatEndsExactlyWithAChunkAndWithAGroup) {
  const std::uint64_t front = seal({0}).header.plain_length;
  for (const std::uint64_t chunks : {1U, 64U, 65U}) {
    // The length of a part stands in the manifest: some sizes of digits do not come out even.
    std::size_t size = chunks * kChunkPlain - front;
    size -= seal({size}).header.plain_length - chunks * kChunkPlain;
    const Sealed sealed = seal({size});
    ASSERT_EQ(sealed.header.plain_length, chunks * kChunkPlain);
    const auto opened = sealed.open();
    ASSERT_TRUE(opened.ok()) << chunks << ": " << opened.refusal().detail;
    EXPECT_EQ(content_of(opened->parts[0]), contents_[0]);
  }
}

TEST_F(BodyTest, KeepsPartsApartAlsoEmptyOnes) {
  const Sealed sealed = seal({0, 3, 0, 0, 20'000, 0});
  const auto opened = sealed.open();
  ASSERT_TRUE(opened.ok()) << opened.refusal().detail;
  ASSERT_EQ(opened->parts.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(content_of(opened->parts[i]), contents_[i]) << i;
}

TEST_F(BodyTest, GroupLengthsAddUpToTheBody) {
  for (const std::uint64_t length : {0ULL, 1ULL, 1'048'575ULL, 1'048'576ULL, 5'000'000ULL}) {
    std::uint64_t total = 0;
    for (std::uint64_t i = 0; i < group_count_of(length); ++i) {
      total += group_length_of(length, i);
    }
    EXPECT_EQ(total, cipher_length(length));
    EXPECT_EQ(group_length_of(length, group_count_of(length)), 0U);
  }
}

TEST_F(BodyTest, NoGroupCanBeChanged) {
  const Sealed good = seal({2'500'000});
  ASSERT_EQ(good.groups.size(), 3U);
  for (std::size_t group = 0; group < 3; ++group) {
    Sealed changed = good;
    changed.body[group * kGroupBytes + 100] ^= 1;
    EXPECT_EQ(step(changed.open()), "步驟 9：段雜湊不符") << group;
    // Even if the sender itself signed for the changed bytes: the tag is wrong.
    changed.sign_for_body();
    EXPECT_EQ(step(changed.open()), "步驟 9：驗證標籤不符") << group;
  }
}

TEST_F(BodyTest, GroupsCanNotBeSwapped) {
  Sealed sealed = seal({2'500'000});
  const auto middle = sealed.body.begin() + kGroupBytes;
  std::swap_ranges(sealed.body.begin(), middle, middle);
  EXPECT_EQ(step(sealed.open()), "步驟 9：段雜湊不符");
  std::swap(sealed.groups[0], sealed.groups[1]);
  EXPECT_EQ(step(sealed.open()), "步驟 9：段雜湊清單不符");
  sealed.sign_for_body();
  EXPECT_EQ(step(sealed.open()), "步驟 9：驗證標籤不符");
}

TEST_F(BodyTest, ATruncatedBodyIsRefused) {
  Sealed sealed = seal({1'500'000});
  sealed.body.pop_back();
  EXPECT_EQ(step(sealed.open()), "步驟 9：段雜湊不符");
  sealed = seal({1'500'000});
  sealed.body.resize(kGroupBytes);
  EXPECT_EQ(step(sealed.open()), "步驟 9：段雜湊不符");
}

TEST_F(BodyTest, AShorterBodyIsRefusedEvenWhenItsSenderSignedForIt) {
  // Cut within a chunk; and at the end of one, for which no length can be stated.
  for (const std::uint64_t plain : {3 * kChunkPlain - 1, 3 * kChunkPlain}) {
    Sealed sealed = seal({100'000});
    sealed.header.plain_length = plain;
    sealed.body.resize(std::min<std::size_t>(cipher_length(plain), 3 * kChunkCipher));
    sealed.sign_for_body();
    EXPECT_FALSE(sealed.open().ok()) << plain;
  }
}

TEST_F(BodyTest, ABodyWithoutItsShortLastChunkIsRefused) {
  Sealed sealed = seal({100'000});
  sealed.header.plain_length -= 1;
  sealed.body.pop_back();
  sealed.sign_for_body();
  EXPECT_EQ(step(sealed.open()), "步驟 11：總長度不符");
  sealed = seal_stream(Bytes(8), {});
  sealed.header.plain_length = 7;
  sealed.body.pop_back();
  sealed.sign_for_body();
  EXPECT_EQ(step(sealed.open()), "步驟 10：結尾不完整");
}

TEST_F(BodyTest, AnotherContentKeyFailsAtTheCommitment) {
  EXPECT_EQ(step(seal({100}).open_with(random_bytes(32))), "步驟 8：金鑰承諾不符");
  EXPECT_FALSE(seal({100}).open_with(random_bytes(31)).ok());
}

// The attack that AES-GCM alone allows: one ciphertext, two keys, two texts. Whoever is given the
// second key does not get as far as decrypting.
TEST_F(BodyTest, ABodyUnderOneKeyDoesNotOpenWithTheHeaderOfAnother) {
  const Sealed shown_to_scanner = seal({100});
  Sealed shown_to_recipient = seal({100});
  shown_to_recipient.header = shown_to_scanner.header;
  EXPECT_EQ(step(shown_to_recipient.open()), "步驟 8：金鑰承諾不符");
  // Signing for the second body too changes nothing: one header has one commitment.
  shown_to_recipient.sign_for_body();
  EXPECT_EQ(step(shown_to_recipient.open()), "步驟 8：金鑰承諾不符");
}

TEST_F(BodyTest, ABodyBelongsToItsMessageAndSender) {
  Sealed sealed = seal({100});
  sealed.header.message_id = MessageId::generate(kTestNow);
  EXPECT_EQ(step(sealed.open()), "步驟 8：金鑰承諾不符");
  sealed = seal({100});
  sealed.header.sender = exchange_.b.code;
  EXPECT_EQ(step(sealed.open()), "步驟 8：金鑰承諾不符");
  sealed = seal({100});
  sealed.header.salt[0] ^= 1;
  EXPECT_EQ(step(sealed.open()), "步驟 8：金鑰承諾不符");
}

TEST_F(BodyTest, AnotherManifestThanTheSignedOneIsRefused) {
  Sealed sealed = seal({100});
  sealed.header.plaintext_root.octets[0] ^= 1;
  EXPECT_EQ(step(sealed.open()), "步驟 11：清單雜湊不符");
}

TEST_F(BodyTest, AManifestLengthThatLiesIsRefused) {
  for (const std::uint64_t length : {0ULL, 1ULL, (1ULL << 20) + 1, ~0ULL}) {
    Bytes stream;
    append_u64_be(stream, length);
    append(stream, bytes_of("{}"));
    EXPECT_EQ(step(seal_stream(stream, sha256(bytes_of("{}"))).open()), "步驟 11：清單長度不符");
  }
  Bytes stream;
  append_u64_be(stream, 3);  // one more than there is
  append(stream, bytes_of("{}"));
  EXPECT_EQ(step(seal_stream(stream, sha256(bytes_of("{}"))).open()), "步驟 11：清單不完整");
  EXPECT_EQ(step(seal_stream(Bytes(), {}).open()), "步驟 11：清單不完整");
  EXPECT_EQ(step(seal_stream(Bytes(7), {}).open()), "步驟 11：清單不完整");
}

TEST_F(BodyTest, PartsThatDoNotAddUpToThePlaintextAreRefused) {
  for (const int difference : {-1, 1}) {
    Manifest manifest{Bytes(32), "", "", "", "", {}};
    manifest.parts = {{"di", "x/y", PartKind::kDi, 10, sha256(Bytes(10))}};
    const Bytes json = manifest.json();
    Bytes stream;
    append_u64_be(stream, json.size());
    append(stream, json);
    append(stream, Bytes(static_cast<std::size_t>(10 + difference)));
    EXPECT_EQ(step(seal_stream(stream, sha256(json)).open()), "步驟 11：總長度不符");
  }
}

TEST_F(BodyTest, APartOfOtherBytesThanTheManifestNamesIsRefused) {
  Manifest manifest{Bytes(32), "", "", "", "", {}};
  manifest.parts = {{"di", "x/y", PartKind::kDi, 10, sha256(Bytes(10))}};
  const Bytes json = manifest.json();
  Bytes stream;
  append_u64_be(stream, json.size());
  append(stream, json);
  append(stream, Bytes(10, 1));
  EXPECT_EQ(step(seal_stream(stream, sha256(json)).open()), "步驟 11：檔案雜湊不符");
}

TEST_F(BodyTest, AnEmptyPartOfAnotherDigestIsRefused) {
  Manifest manifest{Bytes(32), "", "", "", "", {}};
  manifest.parts = {{"di", "x/y", PartKind::kDi, 0, sha256(Bytes(10))}};
  const Bytes json = manifest.json();
  Bytes stream;
  append_u64_be(stream, json.size());
  append(stream, json);
  EXPECT_EQ(step(seal_stream(stream, sha256(json)).open()), "步驟 11：檔案雜湊不符");
}

TEST_F(BodyTest, AHeaderOfAnotherLengthIsRefused) {
  Sealed sealed = seal({100});
  ++sealed.header.plain_length;
  EXPECT_FALSE(sealed.open().ok());
}

TEST_F(BodyTest, AFileThatChangesWhileItIsSealedIsAnAccident) {
  Manifest manifest{random_bytes(32), "", "", "", "", {}};
  manifest.parts = {{"di", "x/y", PartKind::kDi, 10, sha256(Bytes(10))}};
  const auto write = [&](ByteView content) {
    FileHandle cipher = memory_file("cipher");
    const FileHandle parts[] = {file_of(content)};
    static_cast<void>(write_body({SecretBytes(random_bytes(32)), random_bytes(24), {}, manifest},
                                 parts, cipher));
  };
  EXPECT_NO_THROW(write(Bytes(10)));
  EXPECT_THROW(write(Bytes(9)), std::runtime_error);
  EXPECT_THROW(write(Bytes(10, 1)), std::runtime_error);
}

}  // namespace
}  // namespace yizhan
