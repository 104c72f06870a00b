#include "model/package/header.h"

#include <gtest/gtest.h>

#include "ground/json/json.h"
#include "tests/support/openssl_command.h"
#include "tests/support/small_package.h"

namespace yizhan {
namespace {

class HeaderTest : public ::testing::Test {
 protected:
  [[nodiscard]] Json json() const { return parse_json(package_.sealed.header.json()).value(); }
  static Result<Header> parse(const Json& json) { return Header::parse(canonical_json(json)); }
  [[nodiscard]] Reason refusal_with(const std::string& member, const Json& value) const {
    Json changed = json();
    changed[member] = value;
    const auto header = parse(changed);
    return header ? Reason::kInternal : header.reason();
  }

  SmallExchange exchange_;
  TestPackage package_ = make_package(exchange_, {.change = [](Header& header) {
                                        header.urgency = Urgency::kFast;
                                        header.resend = Resend{header.message_id, "2"};
                                      }});
};

TEST_F(HeaderTest, ReadsBackWhatItWrites) {
  const Header read = Header::parse(package_.sealed.header.json()).value();
  EXPECT_EQ(read.json(), package_.sealed.header.json());
  EXPECT_EQ(read.urgency, Urgency::kFast);
  EXPECT_EQ(read.resend->reason, "2");
  EXPECT_EQ(read.plain_length, package_.sealed.header.plain_length);
}

TEST_F(HeaderTest, RefusesEveryMemberThatIsMissing) {
  const Json whole = json();
  for (const auto& [name, value] : whole.items()) {
    if (name == "urgency") continue;  // may be absent
    Json less = whole;
    less.erase(name);
    EXPECT_FALSE(parse(less).ok()) << name;
  }
  for (const auto& [name, value] : whole.at("sender").items()) {
    Json less = whole;
    less["sender"].erase(name);
    EXPECT_FALSE(parse(less).ok()) << name;
  }
}

TEST_F(HeaderTest, MayLackUrgencyAndResend) {
  Json less = json();
  for (const char* name : {"urgency", "resend_of", "resend_reason"}) less.erase(name);
  const auto header = parse(less);
  ASSERT_TRUE(header.ok());
  EXPECT_FALSE(header->urgency || header->resend);
}

TEST_F(HeaderTest, RefusesAnUnknownMember) {
  EXPECT_EQ(refusal_with("subject", "主旨"), Reason::kMalformed);
  Json more = json();
  more["sender"]["name"] = "x";
  EXPECT_EQ(parse(more).reason(), Reason::kMalformed);
}

TEST_F(HeaderTest, RefusesAnotherFormat) {
  EXPECT_EQ(refusal_with("format", "yizhan-package-2"), Reason::kUnknownFormat);
}

TEST_F(HeaderTest, RefusesValuesOutsideItsLimits) {
  EXPECT_EQ(refusal_with("salt", to_base64(Bytes(23))), Reason::kMalformed);
  EXPECT_EQ(refusal_with("salt", to_base64(Bytes(25))), Reason::kMalformed);
  EXPECT_EQ(refusal_with("recipient_count", 0), Reason::kMalformed);
  EXPECT_EQ(refusal_with("recipient_count", 10001), Reason::kMalformed);
  EXPECT_EQ(refusal_with("plain_length", -1), Reason::kMalformed);
  EXPECT_EQ(refusal_with("plain_length", (1LL << 30) + 1), Reason::kTooLarge);
  EXPECT_EQ(refusal_with("urgency", "soon"), Reason::kMalformed);
  EXPECT_EQ(refusal_with("message_id", "0b9cf6d6-0000-4000-8000-000000000000"),
            Reason::kMalformed);
  EXPECT_EQ(refusal_with("scanners", Json::array()), Reason::kMalformed);
}

TEST_F(HeaderTest, LivesAtMostThirtyDays) {
  const Time created = package_.sealed.header.created;
  const Time last = created + kPackageLifeMax;
  EXPECT_EQ(refusal_with("expires", last.text()), Reason::kInternal);  // that is: accepted
  EXPECT_EQ(refusal_with("expires", (last + Milliseconds{1}).text()), Reason::kMalformed);
  EXPECT_EQ(refusal_with("expires", created.text()), Reason::kMalformed);
}

TEST_F(HeaderTest, RefusesScannersTwiceOrOutOfOrder) {
  Json changed = json();
  changed["scanners"].push_back(changed["scanners"][0]);
  EXPECT_EQ(parse(changed).reason(), Reason::kMalformed);
  changed["scanners"][1]["centre"] = "AA";
  EXPECT_EQ(parse(changed).reason(), Reason::kMalformed);
}

TEST_F(HeaderTest, RefusesAResendWithoutItsReason) {
  Json less = json();
  less.erase("resend_reason");
  EXPECT_EQ(parse(less).reason(), Reason::kMalformed);
}

TEST_F(HeaderTest, OpensWhatWasSealedAndIsNamedByItsBytes) {
  const SealedHeader opened = open_header(package_.sealed.cms).value();
  EXPECT_EQ(opened.header.json(), package_.sealed.header.json());
  EXPECT_EQ(opened.sha256, sha256(package_.sealed.cms));
  EXPECT_EQ(opened.signer, exchange_.a.sign.certificate());
  EXPECT_EQ(opened.signing_time, kTestNow);
}

TEST_F(HeaderTest, RefusesASignerOtherThanTheCertificateThatItNames) {
  EXPECT_EQ(seal_header(package_.sealed.header, exchange_.b.sign, kTestNow).reason(),
            Reason::kWrongSender);
}

TEST_F(HeaderTest, NoByteOfASealedHeaderCanBeChanged) {
  const Bytes& cms = package_.sealed.cms;
  for (std::size_t at = 0; at < cms.size(); at += 7) {
    Bytes changed = cms;
    changed[at] ^= 0x01;
    EXPECT_FALSE(open_header(changed).ok()) << "byte " << at;
  }
}

TEST_F(HeaderTest, ACutOrLengthenedHeaderIsRefused) {
  Bytes longer = package_.sealed.cms;
  longer.push_back(0);
  EXPECT_EQ(open_header(longer).reason(), Reason::kMalformed);
  const ByteView shorter = ByteView(package_.sealed.cms).first(package_.sealed.cms.size() - 1);
  EXPECT_EQ(open_header(shorter).reason(), Reason::kMalformed);
  EXPECT_EQ(open_header(Bytes(200'000)).reason(), Reason::kTooLarge);
}

TEST_F(HeaderTest, TheContextBindsMessageAndSender) {
  Bytes bound = copy_of(bytes_of("yizhan-package-1"));
  bound.push_back(0);
  append(bound, bytes_of(package_.sealed.header.message_id.text()));
  bound.push_back(0);
  append(bound, bytes_of("A01000000A"));
  EXPECT_EQ(package_.sealed.header.context(), sha256(bound));
}

TEST_F(HeaderTest, OpensslVerifiesItAndSeesTheSameJson) {
  OpensslCommand openssl;
  openssl.write("header.p7m", package_.sealed.cms);
  // OpenSSL 3.0 seeks issuers in the CAfile only, not among -certfile.
  const std::string chain =
      exchange_.authority.root().pem() + exchange_.authority.intermediate().pem();
  openssl.write("chain.pem", bytes_of(chain));
  const std::vector<std::string> verify = {
      "cms", "-verify", "-binary", "-inform", "DER", "-in", "header.p7m", "-CAfile", "chain.pem",
      "-purpose", "any", "-attime",
      std::to_string(kTestNow.ms() / 1000), "-out", "header.json"};
  ASSERT_TRUE(openssl.run(verify)) << openssl.log();
  EXPECT_EQ(openssl.read("header.json"), package_.sealed.header.json());
  // As sha256sum prints it.
  ASSERT_TRUE(openssl.run({"dgst", "-sha256", "-r", "-out", "digest", "header.p7m"}));
  const Bytes digest = openssl.read("digest");
  EXPECT_EQ(text_of(digest).substr(0, 64), package_.sealed.sha256.hex());
}

}  // namespace
}  // namespace yizhan
