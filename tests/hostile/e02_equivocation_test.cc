#include <openssl/cms.h>
#include <openssl/evp.h>

#include <map>

#include "ground/merkle/merkle.h"
#include "tests/hostile/salamander.h"
#include "tests/hostile/stage.h"

// E02: one ciphertext that shows the scanner a harmless text and the recipient another. It works
// against AES-GCM wherever the key is not committed to; against a package it does not.

namespace yizhan {
namespace {

using salamander::Forgery;
using salamander::Reader;

constexpr std::string_view kHarmless = "本件係例行會議通知，請 查照。    ";
constexpr std::string_view kHarmful = "請即付款新臺幣一百萬元至下列帳戶。";

bool shows(const Bytes& plain, std::string_view text, std::size_t at) {
  return text_of(plain).substr(at, text.size()) == text;
}

TEST(E02Equivocation, WorksAgainstPlainAesGcm) {
  for (int i = 0; i < 100; ++i) {
    const Bytes nonce = random_bytes(12);  // one message has one nonce
    const Reader scanner{random_bytes(32), nonce, kHarmless},
        recipient{random_bytes(32), nonce, kHarmful};
    const Forgery forged = salamander::forge(scanner, recipient);
    const auto seen = salamander::decrypt(scanner, forged.ciphertext, forged.tag);
    const auto received = salamander::decrypt(recipient, forged.ciphertext, forged.tag);
    ASSERT_TRUE(seen && received) << i;
    EXPECT_TRUE(shows(*seen, kHarmless, 0));
    EXPECT_TRUE(shows(*received, kHarmful, forged.second_at));
    // And only under these two: the forgery is no broken check.
    EXPECT_FALSE(salamander::decrypt({random_bytes(32), nonce, ""}, forged.ciphertext, forged.tag));
  }
}

// DER, as little of it as the control run needs.
Bytes tlv(std::uint8_t tag, const std::vector<Bytes>& contents) {
  Bytes inside;
  for (const Bytes& content : contents) append(inside, content);
  Bytes out = {tag};
  if (inside.size() >= 256) {
    out.insert(out.end(), {0x82, static_cast<std::uint8_t>(inside.size() >> 8)});
  } else if (inside.size() >= 128) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<std::uint8_t>(inside.size()));
  append(out, inside);
  return out;
}

Bytes object(const char* dotted) {
  ASN1_OBJECT* made = OBJ_txt2obj(dotted, 1);
  Bytes content(OBJ_get0_data(made), OBJ_get0_data(made) + OBJ_length(made));
  ASN1_OBJECT_free(made);
  return tlv(0x06, {content});
}

Bytes wrapped(const Bytes& kek, const Bytes& key) {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  Bytes out(key.size() + 8);
  int length = 0;
  YZ_ASSERT(EVP_EncryptInit_ex(context, EVP_aes_256_wrap(), nullptr, kek.data(), nullptr) == 1);
  YZ_ASSERT(EVP_EncryptUpdate(context, out.data(), &length, key.data(),
                              static_cast<int>(key.size())) == 1);
  EVP_CIPHER_CTX_free(context);
  return out;
}

// KEKRecipientInfo (RFC 5652 §6.2.3).
Bytes recipient_info(const Bytes& name, const Bytes& kek, const Bytes& key) {
  return tlv(0xA2, {tlv(0x02, {{4}}), tlv(0x30, {tlv(0x04, {name})}),
                    tlv(0x30, {object("2.16.840.1.101.3.4.1.45")}),
                    tlv(0x04, {wrapped(kek, key)})});
}

struct CmsReader {
  Bytes name, kek;
  Reader reader;
};

// AuthEnvelopedData (RFC 5083) for two, each of whom gets a content key of its own.
Bytes two_faced_cms(const CmsReader& one, const CmsReader& two, const Forgery& forged) {
  const Bytes recipients = tlv(0x31, {recipient_info(one.name, one.kek, one.reader.key),
                                      recipient_info(two.name, two.kek, two.reader.key)});
  const Bytes algorithm =
      tlv(0x30, {object("2.16.840.1.101.3.4.1.46"),
                 tlv(0x30, {tlv(0x04, {one.reader.nonce}), tlv(0x02, {{16}})})});
  const Bytes content =
      tlv(0x30, {object("1.2.840.113549.1.7.1"), algorithm, tlv(0x80, {forged.ciphertext})});
  const Bytes mac = tlv(0x04, {Bytes(forged.tag.begin(), forged.tag.end())});
  return tlv(0x30, {object("1.2.840.113549.1.9.16.1.23"),
                    tlv(0xA0, {tlv(0x30, {tlv(0x02, {{0}}), recipients, content, mac})})});
}

std::optional<Bytes> read_cms(const Bytes& der, CmsReader reader) {
  const unsigned char* at = der.data();
  CMS_ContentInfo* cms = d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size()));
  if (cms == nullptr) return std::nullopt;
  BIO* out = BIO_new(BIO_s_mem());
  const bool opened =
      CMS_decrypt_set1_key(cms, reader.kek.data(), reader.kek.size(), reader.name.data(),
                           reader.name.size()) == 1 &&
      CMS_decrypt(cms, nullptr, nullptr, nullptr, out, CMS_BINARY) == 1;
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  const Bytes plain = copy_of(bytes_of({text, static_cast<std::size_t>(size)}));
  BIO_free(out);
  CMS_ContentInfo_free(cms);
  if (!opened) return std::nullopt;
  return plain;
}

TEST(E02Equivocation, WorksAgainstOneCmsMessageForBoth) {
  const Bytes nonce = random_bytes(12);
  const CmsReader scanner{{1}, random_bytes(32), {random_bytes(32), nonce, kHarmless}},
      recipient{{2}, random_bytes(32), {random_bytes(32), nonce, kHarmful}};
  const Forgery forged = salamander::forge(scanner.reader, recipient.reader);
  Bytes cms = two_faced_cms(scanner, recipient, forged);
  const auto seen = read_cms(cms, scanner), received = read_cms(cms, recipient);
  ASSERT_TRUE(seen && received);
  EXPECT_TRUE(shows(*seen, kHarmless, 0));
  EXPECT_TRUE(shows(*received, kHarmful, forged.second_at));
  cms.back() ^= 1;
  EXPECT_FALSE(read_cms(cms, scanner)) << "the control run checks its tag";
}

// What docs/protocol/package.md derives from a content key, computed apart from the product.
Reader derived(const Bytes& content_key, const Header& header, std::string_view text) {
  Bytes info = copy_of(bytes_of("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"));
  info.push_back(0);
  append(info, header.salt);
  append(info, header.context().view());
  const SecretBytes all = hkdf_expand_sha512(content_key, info, 76);
  const auto part = [&](std::size_t at, std::size_t size) {
    return copy_of(all.view().subspan(at, size));
  };
  return {part(0, 32), part(32, 12), text};
}

// A body of one short chunk that opens under two content keys, and a header that commits to the
// first.
struct TwoFaced {
  Bytes shown, hidden;  // content keys
  Bytes body;
  std::vector<Sha256> groups;
  std::size_t second_at;  // where the hidden text begins
};

TwoFaced make_two_faced(Header& header) {
  TwoFaced made{random_bytes(kContentKeySize), random_bytes(kContentKeySize), {}, {}, 0};
  const Reader first = derived(made.shown, header, kHarmless),
               second = derived(made.hidden, header, kHarmful);
  const Forgery forged = salamander::forge(first, second);
  made.body = forged.ciphertext;
  made.second_at = forged.second_at;
  append(made.body, ByteView(forged.tag));
  made.groups = {leaf_hash(made.body)};
  const SecretBytes key(copy_of(made.shown));
  header.commitment = Sha256{
      ChunkedKey::derive(key, header.salt, header.context().view())->commitment()};
  header.plain_length = forged.ciphertext.size();
  header.cipher_root = merkle_root(made.groups);
  return made;
}

// The chunks alone, without the commitment: what the format would be without it.
std::optional<Bytes> open_chunks(const TwoFaced& made, const Bytes& key, const Header& header) {
  const SecretBytes content_key(copy_of(key));
  const ChunkedKey derived_key =
      ChunkedKey::derive(content_key, header.salt, header.context().view()).value();
  ChunkedOpener opener(derived_key);
  Bytes plain;
  const auto sink = [&](ByteView bytes) { append(plain, bytes); };
  if (!opener.update(made.body, sink) || !opener.finish(sink)) return std::nullopt;
  return plain;
}

TEST(E02Equivocation, IsRefusedAtTheCommitmentAThousandTimesBeforeAnyByte) {
  SmallExchange exchange;
  Header header = header_for(exchange, {});
  int worked_without_commitment = 0, refused = 0;
  for (int i = 0; i < 1000; ++i) {
    header.salt = random_bytes(kChunkSaltSize);
    const TwoFaced made = make_two_faced(header);
    const auto seen = open_chunks(made, made.shown, header),
               received = open_chunks(made, made.hidden, header);
    worked_without_commitment += seen && received && shows(*seen, kHarmless, 0) &&
                                 shows(*received, kHarmful, made.second_at);
    int reads = 0, files = 0;
    const BodySource source{header, made.groups, [&](std::uint64_t, std::size_t) {
                              ++reads;
                              return made.body;
                            }};
    const auto opened = open_body(source, SecretBytes(copy_of(made.hidden)), [&] {
      ++files;
      return memory_file("quarantine");
    });
    ASSERT_FALSE(opened.ok());
    refused += opened.refusal().detail.starts_with("步驟 8：") && reads == 0 && files == 0;
  }
  EXPECT_EQ(worked_without_commitment, 1000) << "the attack itself must work";
  EXPECT_EQ(refused, 1000);
}

// The sender wraps one key for the scanner, another for the recipient.
TestPackage two_faced_letter(SmallExchange& exchange, bool commits_to_scanner) {
  TestPackage package = make_package(exchange);
  Header header = package.sealed.header;
  const TwoFaced made = make_two_faced(header);
  package.body = made.body;
  package.envelope = {};
  package.envelope.application_id = header.message_id.text();
  package.envelope.groups = made.groups;
  header.scanners.clear();
  const Bytes& for_scanner = commits_to_scanner ? made.shown : made.hidden;
  package.content_key = commits_to_scanner ? made.hidden : made.shown;
  address(exchange, package, header, {exchange.b.addressee()});
  const Bytes content = key_block_content(header.message_id, SecretBytes(copy_of(for_scanner)));
  package.envelope.key_blocks.back() =
      wrap_key(content, exchange.first.scanner.certificate()).value();
  header.scanners[0].key_block = sha256(package.envelope.key_blocks.back());
  package.sealed = seal_header(header, exchange.a.sign, kTestNow).value();
  package.envelope.header = package.sealed.cms;
  return package;
}

#if defined(__SANITIZE_ADDRESS__)
constexpr int kWholeWays = 100;  // slow: all of them are for the build without
#else
constexpr int kWholeWays = 1000;
#endif

// Admitted, scanned, consigned: whomever the header does not commit to sees it.
TEST(E02Equivocation, IsRefusedAThousandTimesOnItsWholeWay) {
  Stage stage;
  std::map<std::string, int> fates;
  for (int i = 0; i < kWholeWays; ++i) {
    const TestPackage package = two_faced_letter(stage.exchange, i % 2 == 0);
    ASSERT_EQ(stage.admitted(package.with_body()), "accepted") << "a relay can not see it";
    ++fates[stage.scanned(package) + ", " +
            stage.opened(stage.consign(package, stage.exchange.b))];
  }
  const std::map<std::string, int> wanted = {
      {"refused unopenable, unopenable at step 8", kWholeWays / 2},   // committed to the scanner's
      {"refused unopenable, unopenable at step 11", kWholeWays / 2}};  // to the recipient's
  EXPECT_EQ(fates, wanted);
}

}  // namespace
}  // namespace yizhan
