#include "ground/crypto/timestamp.h"

#include <openssl/ts.h>

#include <array>

#include "ground/control/control.h"
#include "ground/crypto/digest.h"
#include "ground/crypto/openssl_handles.h"
#include "ground/crypto/openssl_values.h"

namespace yizhan {
namespace {

using Query = openssl::Owned<TS_REQ, TS_REQ_free>;
using Answer = openssl::Owned<TS_RESP, TS_RESP_free>;
using Statement = openssl::Owned<TS_TST_INFO, TS_TST_INFO_free>;
using Imprint = openssl::Owned<TS_MSG_IMPRINT, TS_MSG_IMPRINT_free>;
using Judgement = openssl::Owned<TS_VERIFY_CTX, TS_VERIFY_CTX_free>;
using Token = openssl::Owned<PKCS7, PKCS7_free>;

constexpr std::size_t kTokenMax = 64U << 10;
constexpr std::size_t kNonceBytes = 8;
constexpr int kAuthLevel = 2;  // as for every other path: 112 bits

Refusal malformed() { return {Reason::kMalformed, "不是 RFC 3161 之時戳"}; }

// A query with the imprint alone: what a token is held against later.
Query query_about(ByteView data) {
  Query query(openssl::require(TS_REQ_new(), "TS_REQ"));
  Imprint imprint(openssl::require(TS_MSG_IMPRINT_new(), "TS_MSG_IMPRINT"));
  const openssl::Owned<X509_ALGOR, X509_ALGOR_free> algorithm(
      openssl::require(X509_ALGOR_new(), "X509_ALGOR"));
  X509_ALGOR_set_md(algorithm.get(), EVP_sha256());
  Sha256 digest = sha256(data);
  Bytes octets = copy_of(digest.view());
  openssl::require(TS_REQ_set_version(query.get(), 1) == 1 &&
                       TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
                       TS_MSG_IMPRINT_set_msg(imprint.get(), octets.data(),
                                              static_cast<int>(octets.size())) == 1 &&
                       TS_REQ_set_msg_imprint(query.get(), imprint.get()) == 1 &&
                       TS_REQ_set_cert_req(query.get(), 1) == 1,
                   "time-stamp query");
  return query;
}

Query read_query(ByteView der) {
  const unsigned char* begin = der.data();
  return Query(openssl::require(d2i_TS_REQ(nullptr, &begin, static_cast<long>(der.size())),
                                "own time-stamp query"));
}

// All of the bytes, as they would be written.
Result<Token> read_token(ByteView der) {
  if (der.empty() || der.size() > kTokenMax) return malformed();
  const unsigned char* end = der.data();
  Token token(d2i_PKCS7(nullptr, &end, static_cast<long>(der.size())));
  if (!token || end != der.data() + der.size()) return malformed();
  return token;
}

openssl::X509Store store_of(std::span<const Certificate> anchors, Time at) {
  openssl::X509Store store(openssl::require(X509_STORE_new(), "X509_STORE"));
  for (const Certificate& anchor : anchors) {
    openssl::require(X509_STORE_add_cert(store.get(), openssl::x509_of(anchor)) == 1, "anchor");
  }
  X509_VERIFY_PARAM* const rules = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_time(rules, static_cast<time_t>(at.ms() / 1000));
  X509_VERIFY_PARAM_set_auth_level(rules, kAuthLevel);
  return store;
}

std::string signer_of(PKCS7* token) {
  const openssl::Owned<STACK_OF(X509), [](STACK_OF(X509) * all) { sk_X509_free(all); }> signers(
      PKCS7_get0_signers(token, nullptr, 0));
  if (!signers || sk_X509_num(signers.get()) != 1) return "";
  const auto certificate =
      Certificate::parse(openssl::der_of(i2d_X509, sk_X509_value(signers.get(), 0)));
  return certificate ? certificate->subject() : "";
}

Judgement judgement_on(TS_REQ* query) {
  Judgement judgement(
      openssl::require(TS_REQ_to_TS_VERIFY_CTX(query, nullptr), "TS_VERIFY_CTX"));
  return judgement;
}

}  // namespace

Bytes make_timestamp_query(ByteView data) {
  const Query query = query_about(data);
  std::array<std::uint8_t, kNonceBytes> octets{};
  fill_random(octets);
  const openssl::BigNumber number(
      openssl::require(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr), "BN"));
  const openssl::Integer nonce(
      openssl::require(BN_to_ASN1_INTEGER(number.get(), nullptr), "nonce"));
  openssl::require(TS_REQ_set_nonce(query.get(), nonce.get()) == 1, "nonce");
  return openssl::der_of(i2d_TS_REQ, query.get());
}

Result<Bytes> timestamp_token(ByteView bytes, ByteView query) {
  openssl::QuietErrors quiet;
  if (bytes.empty() || bytes.size() > kTokenMax) return malformed();
  const unsigned char* end = bytes.data();
  const Answer answer(d2i_TS_RESP(nullptr, &end, static_cast<long>(bytes.size())));
  if (!answer || end != bytes.data() + bytes.size()) return malformed();
  const long status =
      ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(answer.get())));
  if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS) {
    return Refusal{Reason::kUnavailable, "時戳機構未核發（狀態 " + std::to_string(status) + "）"};
  }
  PKCS7* const token = TS_RESP_get_token(answer.get());
  if (token == nullptr) return malformed();
  const Query asked = read_query(query);
  const Judgement judgement = judgement_on(asked.get());
  if (TS_RESP_verify_response(judgement.get(), answer.get()) != 1) {
    return Refusal{Reason::kProofMismatch, "時戳所載與所請求者不符"};
  }
  return openssl::der_of(i2d_PKCS7, token);
}

Result<TimeStamp> verify_timestamp(ByteView bytes, ByteView data,
                                   std::span<const Certificate> anchors) {
  openssl::QuietErrors quiet;
  const Token token = YZ_TRY(read_token(bytes));
  const Statement statement(PKCS7_to_TS_TST_INFO(token.get()));
  if (!statement) return malformed();
  const auto at = openssl::find_time(TS_TST_INFO_get_time(statement.get()));
  if (!at) return malformed();
  const Query query = query_about(data);
  const Judgement about = judgement_on(query.get());
  const bool about_it = TS_RESP_verify_token(about.get(), token.get()) == 1;
  if (!upheld("timestamp_imprint", about_it)) {
    return Refusal{Reason::kProofMismatch, "時戳所載不是本檢查點"};
  }
  const Judgement judgement = judgement_on(query.get());
  TS_VERIFY_CTX_set_flags(judgement.get(), TS_VFY_SIGNATURE | TS_VFY_VERSION);
  TS_VERIFY_CTX_set_store(judgement.get(), store_of(anchors, *at).release());
  if (!upheld("timestamp_signature", TS_RESP_verify_token(judgement.get(), token.get()) == 1)) {
    return Refusal{Reason::kBadSignature, "時戳之簽章不成立，或簽署者無法連結至所給之信任起點"};
  }
  return TimeStamp{*at, signer_of(token.get())};
}

}  // namespace yizhan
