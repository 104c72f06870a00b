#include "ground/merkle/note.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

#include "ground/json/json.h"

namespace yizhan {

namespace {

constexpr std::size_t kNoteMax = 65536;
constexpr std::size_t kSignaturesMax = 32;  // the specification wants at least 16
constexpr std::size_t kKeyIdSize = 4;
constexpr std::size_t kPublicKeySize = 32;
constexpr std::size_t kTimeSize = 8;
constexpr std::string_view kDash = "\u2014 ";

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Refusal malformed(std::string detail) { return {Reason::kMalformed, std::move(detail)}; }

// Printable ASCII without space and '+': narrower than the specification, which allows Unicode.
bool is_key_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != '+'; });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
  });
}

std::uint32_t read_u32_be(ByteView bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | std::uint32_t{bytes[3]};
}

Bytes u32_be(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
          static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

Result<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(kDash)) return malformed("簽章列須以破折號開頭");
  line.remove_prefix(kDash.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return malformed("簽章列缺少簽章");
  const auto signature = from_base64(line.substr(space + 1));
  if (!signature || signature->size() <= kKeyIdSize) return malformed("簽章須為 base64");
  const auto name = line.substr(0, space);
  // Names that we would never use may belong to others; they only must not disturb the lines.
  if (name.empty()) return malformed("簽章列缺少金鑰名稱");
  return NoteSignature{std::string(name), read_u32_be(*signature),
                       Bytes(signature->begin() + kKeyIdSize, signature->end())};
}

bool verifies(ByteView public_key, ByteView message, ByteView signature) {
  const Key key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()),
      EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  return key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

// C2SP tlog-cosignature: what a witness signs, before the note's text.
std::string seen_at(std::uint64_t seconds) {
  return "cosignature/v1\ntime " + std::to_string(seconds) + "\n";
}

bool verifies(const NoteKey& key, const std::string& text, ByteView signature) {
  if (key.type() == NoteKeyType::kSigner) {
    return verifies(key.public_key(), bytes_of(text), signature);
  }
  if (signature.size() <= kTimeSize) return false;
  const std::string seen = seen_at(read_u64_be(signature.first(kTimeSize))) + text;
  return verifies(key.public_key(), bytes_of(seen), signature.subspan(kTimeSize));
}

}  // namespace

Result<NoteKey> NoteKey::parse(std::string name, ByteView ed25519_public_key, NoteKeyType type) {
  if (!is_key_name(name)) return malformed("金鑰名稱不得為空，亦不得含空白、控制字元或加號");
  if (ed25519_public_key.size() != kPublicKeySize) return malformed("Ed25519 公鑰須為 32 位元組");
  Bytes named = copy_of(bytes_of(name));
  named.push_back('\n');
  named.push_back(static_cast<std::uint8_t>(type));
  append(named, ed25519_public_key);
  NoteKey key;
  key.name_ = std::move(name);
  key.type_ = type;
  key.public_key_ = copy_of(ed25519_public_key);
  key.id_ = read_u32_be(sha256(named).view());
  return key;
}

Result<NoteKey> NoteKey::parse_text(std::string_view vkey) {
  const auto first = vkey.find('+');
  const auto second = first == vkey.npos ? vkey.npos : vkey.find('+', first + 1);
  if (second == vkey.npos) return malformed("公鑰須為「名稱+雜湊+base64」");
  const auto typed = from_base64(vkey.substr(second + 1));
  if (!typed || typed->empty()) return malformed("公鑰須為「名稱+雜湊+base64」");
  const auto type = static_cast<NoteKeyType>(typed->front());
  if (type != NoteKeyType::kSigner && type != NoteKeyType::kWitness) {
    return malformed("公鑰之種類不支援");
  }
  NoteKey key =
      YZ_TRY(parse(std::string(vkey.substr(0, first)), ByteView(*typed).subspan(1), type));
  if (to_hex(u32_be(key.id())) != vkey.substr(first + 1, second - first - 1)) {
    return malformed("公鑰與其雜湊不符");
  }
  return key;
}

Result<NoteKey> NoteKey::of(std::string name, const Certificate& certificate, NoteKeyType type) {
  if (certificate.key_kind() != KeyKind::kEd25519) return Reason::kAlgorithmRefused;
  const unsigned char* der = certificate.der().data();
  const std::unique_ptr<X509, decltype(&X509_free)> x509(
      d2i_X509(nullptr, &der, static_cast<long>(certificate.der().size())), X509_free);
  YZ_ASSERT(x509 != nullptr);  // Certificate::parse has read the same bytes
  Bytes public_key(kPublicKeySize);
  std::size_t size = public_key.size();
  YZ_ASSERT(EVP_PKEY_get_raw_public_key(X509_get0_pubkey(x509.get()), public_key.data(), &size));
  return parse(std::move(name), public_key, type);
}

Result<SignedNote> SignedNote::parse(ByteView bytes) {
  if (bytes.size() > kNoteMax) return Reason::kTooLarge;
  const std::string_view all = text_of(bytes);
  if (!is_utf8(all) || has_control(all)) return malformed("須為 UTF-8 且不得含控制字元");
  const auto blank = all.rfind("\n\n");
  if (blank == std::string_view::npos || !all.ends_with('\n')) return malformed("缺少簽章區");
  SignedNote note;
  note.text_ = all.substr(0, blank + 1);
  std::string_view lines = all.substr(blank + 2);
  while (!lines.empty()) {
    if (note.signatures_.size() == kSignaturesMax) return Reason::kTooLarge;
    const auto end = lines.find('\n');
    note.signatures_.push_back(YZ_TRY(parse_signature(lines.substr(0, end))));
    lines.remove_prefix(end + 1);
  }
  if (note.signatures_.empty()) return malformed("沒有簽章");
  return note;
}

Result<SignedNote> SignedNote::sign(std::string text, const std::string& key_name,
                                    SigningKey& key) {
  YZ_ASSERT(text.ends_with('\n') && !has_control(text));
  const NoteKey public_key = YZ_TRY(NoteKey::of(key_name, key.certificate()));
  Bytes signature = YZ_TRY(key.sign(bytes_of(text), KeyUse::kLog));
  SignedNote note;
  note.add({key_name, public_key.id(), std::move(signature)});
  note.text_ = std::move(text);
  return note;
}

Bytes SignedNote::bytes() const {
  std::string all = text_ + "\n";
  for (const NoteSignature& line : signatures_) {
    Bytes signature = u32_be(line.key_id);
    append(signature, line.signature);
    all += std::string(kDash) + line.name + " " + to_base64(signature) + "\n";
  }
  return copy_of(bytes_of(all));
}

void SignedNote::add(NoteSignature signature) { signatures_.push_back(std::move(signature)); }

Result<void> SignedNote::verify(const NoteKey& key) const {
  bool found = false;
  for (const NoteSignature& line : signatures_) {
    if (line.name != key.name() || line.key_id != key.id()) continue;
    if (!verifies(key, text_, line.signature)) return Reason::kBadSignature;
    found = true;
  }
  if (!found) return Refusal{Reason::kBadSignature, "沒有 " + key.name() + " 之簽章"};
  return {};
}

Result<void> SignedNote::cosign(const std::string& key_name, SigningKey& key, Time now) {
  const NoteKey witness =
      YZ_TRY(NoteKey::of(key_name, key.certificate(), NoteKeyType::kWitness));
  const auto seconds = static_cast<std::uint64_t>(now.ms() / 1000);
  const Bytes signature = YZ_TRY(key.sign(bytes_of(seen_at(seconds) + text_), KeyUse::kLog));
  Bytes line;
  append_u64_be(line, seconds);
  append(line, signature);
  add({key_name, witness.id(), std::move(line)});
  return {};
}

Result<Time> SignedNote::verify_witness(const NoteKey& witness) const {
  YZ_ASSERT(witness.type() == NoteKeyType::kWitness);
  YZ_TRY(verify(witness));
  std::uint64_t latest = 0;
  for (const NoteSignature& line : signatures_) {
    if (line.name != witness.name() || line.key_id != witness.id()) continue;
    latest = std::max(latest, read_u64_be(ByteView(line.signature).first(kTimeSize)));
  }
  constexpr std::uint64_t kLatest = 253'402'300'799;  // the year 9999
  if (latest > kLatest) return Refusal{Reason::kBadSignature, "見證時間不合理"};
  return Time::from_ms(static_cast<std::int64_t>(latest) * 1000);
}

}  // namespace yizhan
