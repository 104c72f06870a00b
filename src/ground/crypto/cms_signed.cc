#include "ground/crypto/cms_signed.h"

#include <algorithm>
#include <span>

#include "ground/control/control.h"
#include "ground/crypto/cms_names.h"
#include "ground/crypto/der.h"
#include "ground/crypto/digest.h"
#include "ground/crypto/openssl_values.h"
#include "ground/crypto/policy.h"
#include "ground/crypto/signature.h"

namespace yizhan {
namespace {

using der::encode;
using der::Reader;

// CMS needs a digest beside the signature, so kEd25519 is none of these.
struct Suite {
  SignatureScheme scheme;
  ByteView digest;
  ByteView signature;
};

constexpr Suite kSuites[] = {
    {SignatureScheme::kEcdsaSha256, cms::kSha256, cms::kEcdsaSha256},
    {SignatureScheme::kEcdsaSha384, cms::kSha384, cms::kEcdsaSha384},
    {SignatureScheme::kRsaPssSha256, cms::kSha256, cms::kRsaPssSha256},
    {SignatureScheme::kRsaPkcs1Sha256, cms::kSha256, cms::kRsaPkcs1},
};

const Suite* find_suite(SignatureScheme scheme) {
  const auto* const found = std::ranges::find(kSuites, scheme, &Suite::scheme);
  return found == std::end(kSuites) ? nullptr : found;
}

const Suite* find_suite(ByteView digest, ByteView signature) {
  for (const Suite& suite : kSuites) {
    if (std::ranges::equal(suite.digest, digest) &&
        std::ranges::equal(suite.signature, signature)) {
      return &suite;
    }
  }
  return nullptr;
}

// RFC 5652 §11.3: UTCTime from 1950 to 2049, GeneralizedTime otherwise; to the second.
Bytes encode_time(Time time) {
  std::string digits;
  for (const char c : time.text().substr(0, 19)) {
    if (c >= '0' && c <= '9') digits.push_back(c);
  }
  digits.push_back('Z');
  const bool utc = digits >= "1950" && digits < "2050";
  return utc ? encode(der::kUtcTime, bytes_of(digits).subspan(2))
             : encode(der::kGeneralizedTime, bytes_of(digits));
}

// Takes more than encode_time() writes; who calls compares with that.
std::optional<Time> find_time(ByteView der) {
  const std::string_view text = text_of(der).substr(std::min<std::size_t>(2, der.size()));
  std::string digits(text);
  if (text.size() == 13) digits.insert(0, text[0] < '5' ? "20" : "19");
  if (digits.size() != 15) return std::nullopt;
  for (const std::size_t at : {4U, 7U}) digits.insert(at, "-");
  digits.insert(10, "T");
  for (const std::size_t at : {13U, 16U}) digits.insert(at, ":");
  return Time::parse(digits);
}

Bytes attribute(ByteView type, ByteView value) {
  return encode(der::kSequence, {type, encode(der::kSet, value)});
}

// RFC 5035: SigningCertificateV2 with one ESSCertIDv2. SHA-256 is the default digest and so, in
// DER, not written.
Bytes signing_certificate(const Certificate& signer, const Suite& suite) {
  const Bytes digest = signing_input(suite.scheme, signer.der());
  const Bytes hash = encode(der::kOctetString, digest);
  const X509* x509 = openssl::x509_of(signer);
  const Bytes name = openssl::der_of(i2d_X509_NAME, X509_get_issuer_name(x509));
  const Bytes serial = openssl::der_of(i2d_ASN1_INTEGER, X509_get0_serialNumber(x509));
  const Bytes names = encode(der::kSequence, encode(der::kContext4, name));
  const Bytes issuer = encode(der::kSequence, {names, serial});
  const bool is_default = std::ranges::equal(suite.digest, cms::kSha256);
  const ByteView algorithm = is_default ? ByteView{} : suite.digest;
  const Bytes id = encode(der::kSequence, {algorithm, hash, issuer});
  return encode(der::kSequence, encode(der::kSequence, id));
}

struct Statement {
  ByteView content;
  const Certificate& signer;
  Time time;
  const Suite& suite;
};

// The content of SET OF Attribute.
Bytes signed_attributes(const Statement& statement) {
  const Bytes digest = signing_input(statement.suite.scheme, statement.content);
  const Bytes set = der::encode_set({
      attribute(cms::kContentType, cms::kData),
      attribute(cms::kSigningTime, encode_time(statement.time)),
      attribute(cms::kMessageDigest, encode(der::kOctetString, digest)),
      attribute(cms::kSigningCertificateV2, signing_certificate(statement.signer, statement.suite)),
  });
  return copy_of(Reader(set).content(der::kSet).value());
}

// RFC 5652 §5.4: what is signed is the attributes as a SET OF, not with their context tag.
Bytes input_of(const Suite& suite, ByteView attributes) {
  return signing_input(suite.scheme, encode(der::kSet, attributes));
}

struct SignedAttributes {
  ByteView attributes;
  ByteView signature;
};

Bytes assemble(const Certificate& signer, const Suite& suite, ByteView content,
               const SignedAttributes& proof) {
  const Bytes wrapped = encode(der::kContext0, encode(der::kOctetString, content));
  const Bytes encapsulated = encode(der::kSequence, {cms::kData, wrapped});
  const Bytes signer_info =
      encode(der::kSequence, {cms::kOne, openssl::issuer_and_serial(signer), suite.digest,
                              encode(der::kContext0, proof.attributes), suite.signature,
                              encode(der::kOctetString, proof.signature)});
  const Bytes signed_data = encode(
      der::kSequence, {cms::kOne, encode(der::kSet, suite.digest), encapsulated,
                       encode(der::kContext0, signer.der()), encode(der::kSet, signer_info)});
  return encode(der::kSequence, {cms::kSignedData, encode(der::kContext0, signed_data)});
}

struct Parts {
  ByteView content;
  ByteView certificate;
  ByteView digest_algorithm;
  ByteView attributes;
  ByteView signature_algorithm;
  ByteView signature;
};

// Finds the parts; that nothing else is there shows when assemble() gives the same bytes.
Result<Parts> read_parts(ByteView cms) {
  Parts parts;
  Reader info(YZ_TRY(Reader(cms).content(der::kSequence)));
  YZ_TRY(info.expect(cms::kSignedData));
  Reader wrapped(YZ_TRY(info.content(der::kContext0)));
  Reader signed_data(YZ_TRY(wrapped.content(der::kSequence)));
  YZ_TRY(signed_data.expect(cms::kOne));
  YZ_TRY(signed_data.whole(der::kSet));
  Reader encapsulated(YZ_TRY(signed_data.content(der::kSequence)));
  YZ_TRY(encapsulated.expect(cms::kData));
  Reader content(YZ_TRY(encapsulated.content(der::kContext0)));
  parts.content = YZ_TRY(content.content(der::kOctetString));
  parts.certificate = YZ_TRY(signed_data.content(der::kContext0));
  Reader signers(YZ_TRY(signed_data.content(der::kSet)));
  Reader signer(YZ_TRY(signers.content(der::kSequence)));
  YZ_TRY(signer.expect(cms::kOne));
  YZ_TRY(signer.whole(der::kSequence));
  parts.digest_algorithm = YZ_TRY(signer.whole(der::kSequence));
  parts.attributes = YZ_TRY(signer.content(der::kContext0));
  parts.signature_algorithm = YZ_TRY(signer.whole(der::kSequence));
  parts.signature = YZ_TRY(signer.content(der::kOctetString));
  return parts;
}

// The four attributes stand in the order of their encodings, which is always this one.
Result<Time> read_signing_time(ByteView attributes) {
  const ByteView types[] = {cms::kContentType, cms::kSigningTime, cms::kMessageDigest,
                            cms::kSigningCertificateV2};
  Reader reader(attributes);
  std::optional<Time> time;
  for (const ByteView type : types) {
    Reader one(YZ_TRY(reader.content(der::kSequence)));
    YZ_TRY(one.expect(type));
    const ByteView values = YZ_TRY(one.content(der::kSet));
    if (type.data() == cms::kSigningTime) time = find_time(values);
  }
  YZ_TRY(reader.check_end());
  if (!time) return Reason::kMalformed;
  return *time;
}

Refusal malformed() {
  return {Reason::kMalformed, "不是本系統格式的 CMS 簽章訊息，請以相同版本的程式重新簽章。"};
}

Result<SignedContent> verify_parts(ByteView cms, const Parts& parts) {
  const Suite* const suite = find_suite(parts.digest_algorithm, parts.signature_algorithm);
  if (suite == nullptr) {
    return Refusal{Reason::kAlgorithmRefused, "簽章演算法不在允許之列，請改用 ECDSA 或 RSA-PSS。"};
  }
  Certificate signer = YZ_TRY(Certificate::parse(parts.certificate));
  const Bytes anew = assemble(signer, *suite, parts.content, {parts.attributes, parts.signature});
  if (!upheld("cms_strict", std::ranges::equal(anew, cms))) return malformed();
  const auto time = read_signing_time(parts.attributes);
  if (!time) return malformed();
  const Bytes attributes = signed_attributes(
      {.content = parts.content, .signer = signer, .time = *time, .suite = *suite});
  if (!std::ranges::equal(attributes, parts.attributes)) {
    return Refusal{Reason::kBadSignature, "內容或憑證與簽章所載者不符，請送件方重新簽章。"};
  }
  YZ_TRY(upheld("signature", verify_signature(signer, suite->scheme, input_of(*suite, attributes),
                                              parts.signature)));
  return SignedContent{.content = copy_of(parts.content),
                       .signer = std::move(signer),
                       .signing_time = *time,
                       .scheme = suite->scheme};
}

}  // namespace

Result<Bytes> cms_sign(ByteView content, SigningKey& key, KeyUse use, Time signing_time) {
  const Certificate& signer = key.certificate();
  const Suite* const suite = find_suite(key.scheme());
  if (suite == nullptr || !scheme_fits(suite->scheme, signer.key_kind())) {
    return Refusal{Reason::kAlgorithmRefused,
                   "此金鑰不能簽署 CMS 訊息，請改用 ECDSA 或 RSA 金鑰。"};
  }
  const Bytes attributes = signed_attributes(
      {.content = content, .signer = signer, .time = signing_time, .suite = *suite});
  const Bytes input = input_of(*suite, attributes);
  const Bytes signature = YZ_TRY(key.sign(input, use));
  return assemble(signer, *suite, content, {attributes, signature});
}

Result<SignedContent> cms_verify(ByteView cms, std::size_t max_bytes) {
  if (cms.size() > max_bytes) {
    return Refusal{Reason::kTooLarge,
                   "簽章訊息超過上限 " + std::to_string(max_bytes) + " 位元組。"};
  }
  const auto parts = read_parts(cms);
  if (!parts) return malformed();
  return verify_parts(cms, *parts);
}

}  // namespace yizhan
