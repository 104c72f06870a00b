#include "model/agency/directory.h"

#include <gtest/gtest.h>

#include "tests/support/small_exchange.h"

namespace yizhan {
namespace {

class DirectoryTest : public ::testing::Test {
 protected:
  static Json json_of(const Directory& directory) { return directory.describe(); }
  static Result<Directory> parse(const Json& json) {
    return Directory::parse(canonical_json(json));
  }

  SmallExchange exchange_;
  Directory directory_ = exchange_.directory();
};

TEST_F(DirectoryTest, ReadsBackWhatItDescribes) {
  exchange_.registered(exchange_.b).standing = Standing::kSuspended;
  const Json json = exchange_.directory(7).describe();
  const Directory read = parse(json).value();
  EXPECT_EQ(read.describe(), json);
  EXPECT_EQ(read.version(), 7);
  EXPECT_EQ(read.issued(), kTestNow);
  EXPECT_EQ(read.find(exchange_.b.code)->standing, Standing::kSuspended);
  EXPECT_EQ(read.centres().size(), 2U);
}

TEST_F(DirectoryTest, WantsTwoWitnessesOrAsManyAsThereAre) {
  const CentreCode own = exchange_.first.code;
  EXPECT_EQ(directory_.cosignatures_required(own), 1);
  ASSERT_EQ(directory_.witnesses_of(own).size(), 1U);
  EXPECT_EQ(directory_.witnesses_of(own).front()->code, exchange_.second.code);
  for (const char* code : {"CENTRE-3", "CENTRE-4"}) {
    exchange_.centres.push_back(exchange_.centres[1]);
    exchange_.centres.back().code = CentreCode::parse(code).value();
  }
  EXPECT_EQ(exchange_.directory().cosignatures_required(own), 2);
  exchange_.centres[1].standing = Standing::kClosed;
  exchange_.centres[2].certificates.clear();
  EXPECT_EQ(exchange_.directory().cosignatures_required(own), 1);
  exchange_.centres.resize(1, exchange_.centres[0]);
  EXPECT_EQ(exchange_.directory().cosignatures_required(own), 0);
}

TEST_F(DirectoryTest, ItsWitnessPolicyIsWhatManagementSigned) {
  exchange_.witnesses.cosignatures = 3;
  const Json json = exchange_.directory().describe();
  const Directory read = parse(json).value();
  EXPECT_EQ(read.cosignatures_required(exchange_.first.code), 3) << "though there is one only";
  EXPECT_EQ(read.describe(), json);
  for (const Json& bad : {Json(-1), Json(32), Json("2"), Json()}) {
    Json other = json;
    other["witness_policy"]["cosignatures"] = bad;
    EXPECT_EQ(parse(other).reason(), Reason::kMalformed) << bad;
  }
}

TEST_F(DirectoryTest, FindsACentreByItsLine) {
  const Sha256 line = exchange_.second.tls.certificate().sha256();
  ASSERT_NE(directory_.find_centre_by_tls(line, kTestNow), nullptr);
  EXPECT_EQ(directory_.find_centre_by_tls(line, kTestNow)->code, exchange_.second.code);
  EXPECT_EQ(directory_.find_centre_by_tls(exchange_.a.tls.certificate().sha256(), kTestNow),
            nullptr);
  EXPECT_EQ(directory_.find_centre_by_tls(exchange_.second.log.certificate().sha256(), kTestNow),
            nullptr);
  exchange_.centres[1].standing = Standing::kSuspended;
  EXPECT_NE(exchange_.directory().find_centre_by_tls(line, kTestNow), nullptr) << "still known";
}

TEST_F(DirectoryTest, RefusesAnAgencyGivenTwice) {
  Json json = json_of(directory_);
  json["agencies"].push_back(json["agencies"][0]);
  EXPECT_EQ(parse(json).reason(), Reason::kMalformed);
}

TEST_F(DirectoryTest, RefusesOneTlsCertificateForTwoAgencies) {
  exchange_.registered(exchange_.b).certificates.push_back(
      SmallExchange::certificate(Purpose::kTls, exchange_.a.tls));
  EXPECT_EQ(parse(exchange_.directory().describe()).reason(), Reason::kMalformed);
  exchange_.registered(exchange_.b).certificates.back() =
      SmallExchange::certificate(Purpose::kTls, exchange_.b.tls);
  EXPECT_TRUE(parse(exchange_.directory().describe()).ok()) << "twice for one agency it may stand";
}

TEST_F(DirectoryTest, RefusesACentreGivenTwice) {
  Json json = json_of(directory_);
  json["centres"].push_back(json["centres"][0]);
  EXPECT_EQ(parse(json).reason(), Reason::kMalformed);
}

TEST_F(DirectoryTest, RefusesAUnitGivenTwiceInOneAgency) {
  Json json = json_of(directory_);
  Json& units = json["agencies"][0]["units"];
  units.push_back(units[0]);
  EXPECT_EQ(parse(json).reason(), Reason::kMalformed);
}

TEST_F(DirectoryTest, KnowsWhereAnAgencyCameFromAndHowLongThatCentreServesIt) {
  const CentreCode first = exchange_.first.code, second = exchange_.second.code;
  exchange_.registered(exchange_.a).home_centre = second;
  exchange_.registered(exchange_.a).former = FormerCentre{first, kTestNow};
  const Directory read = parse(exchange_.directory().describe()).value();
  const Agency& agency = *read.find(exchange_.a.code);
  EXPECT_TRUE(agency.is_served_by(second, kTestNow + kFormerCentreServes));
  EXPECT_TRUE(agency.is_served_by(first, kTestNow + kFormerCentreServes - Milliseconds{1}));
  EXPECT_FALSE(agency.is_served_by(first, kTestNow + kFormerCentreServes));
  exchange_.registered(exchange_.a).former->centre = second;
  EXPECT_EQ(parse(exchange_.directory().describe()).reason(), Reason::kMalformed);
}

TEST_F(DirectoryTest, KnowsWhoReceivesForAnAgencyAndWhen) {
  exchange_.registered(exchange_.b).representative =
      Representative{exchange_.c.code, kTestNow, kTestNow + Milliseconds{1000}};
  const Directory read = parse(exchange_.directory().describe()).value();
  const Agency& b = *read.find(exchange_.b.code);
  EXPECT_EQ(read.receiver_of(b, kTestNow).code, exchange_.c.code);
  EXPECT_EQ(read.receiver_of(b, kTestNow - Milliseconds{1}).code, b.code);
  EXPECT_EQ(read.receiver_of(b, kTestNow + Milliseconds{1000}).code, b.code);
  EXPECT_TRUE(read.receives_for(exchange_.c.code, b.code, kTestNow));
  EXPECT_TRUE(read.receives_for(b.code, b.code, kTestNow)) << "it may speak for itself";
  EXPECT_FALSE(read.receives_for(exchange_.a.code, b.code, kTestNow));
  EXPECT_FALSE(read.receives_for(b.code, exchange_.c.code, kTestNow)) << "not the other way round";
}

// Who represents has its own terminal, at the same centre.
TEST_F(DirectoryTest, RefusesARepresentativeThatCanNotReceive) {
  const auto refused = [&](const OrgCode& by) {
    exchange_.registered(exchange_.b).representative =
        Representative{by, kTestNow, kTestNow + Milliseconds{1}};
    return parse(exchange_.directory().describe()).reason() == Reason::kMalformed;
  };
  EXPECT_TRUE(refused(exchange_.b.code)) << "itself";
  EXPECT_TRUE(refused(exchange_.d.code)) << "of another centre";
  EXPECT_TRUE(refused(OrgCode::parse("Z99999999Z").value())) << "unknown";
  exchange_.registered(exchange_.c).representative =
      Representative{exchange_.a.code, kTestNow, kTestNow + Milliseconds{1}};
  EXPECT_TRUE(refused(exchange_.c.code)) << "itself represented";
}

TEST_F(DirectoryTest, RefusesAnUnknownMemberWhereverItStands) {
  for (const char* path : {"", "/agencies/0", "/agencies/0/units/0", "/agencies/0/certificates/0",
                           "/centres/0", "/centres/0/certificates/0"}) {
    Json json = json_of(directory_);
    json[Json::json_pointer(path)]["surprise"] = 1;
    const auto read = parse(json);
    ASSERT_FALSE(read.ok()) << path;
    EXPECT_EQ(read.reason(), Reason::kMalformed) << path;
  }
}

TEST_F(DirectoryTest, RefusesEveryMemberThatIsMissing) {
  const Json whole = json_of(directory_);
  for (const char* path : {"", "/agencies/0", "/agencies/0/units/0", "/agencies/0/certificates/0",
                           "/centres/0"}) {
    const Json::json_pointer pointer(path);
    for (const auto& [name, value] : whole[pointer].items()) {
      Json json = whole;
      json[pointer].erase(name);
      EXPECT_FALSE(parse(json).ok()) << path << "/" << name;
    }
  }
}

TEST_F(DirectoryTest, RefusesAnotherFormat) {
  Json json = json_of(directory_);
  json["format"] = "yizhan-directory-2";
  EXPECT_EQ(parse(json).reason(), Reason::kUnknownFormat);
}

TEST_F(DirectoryTest, RefusesJsonThatIsNoObject) {
  for (const char* text : {"[]", "null", "1", "\"x\"", "{"}) {
    EXPECT_EQ(Directory::parse(bytes_of(text)).reason(), Reason::kMalformed) << text;
  }
}

TEST_F(DirectoryTest, FindsAnAgencyByItsTlsCertificateWhileThatIsInForce) {
  const Sha256& tls = exchange_.b.tls.certificate().sha256();
  const Agency* found = directory_.find_agency_by_tls(tls, kTestNow);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->code, exchange_.b.code);
  const Time later = kTestNow + std::chrono::hours{24 * 366};
  EXPECT_EQ(directory_.find_agency_by_tls(tls, later), nullptr);
  const Sha256& sign = exchange_.b.sign.certificate().sha256();
  EXPECT_EQ(directory_.find_agency_by_tls(sign, kTestNow), nullptr);
}

TEST_F(DirectoryTest, FindsARegisteredCertificateForItsOwnPurposeOnly) {
  const Certificates& known = directory_.find(exchange_.a.code)->certificates;
  const Sha256& sign = exchange_.a.sign.certificate().sha256();
  EXPECT_TRUE(find_registered(known, Purpose::kSign, sign, kTestNow).ok());
  EXPECT_EQ(find_registered(known, Purpose::kEncrypt, sign, kTestNow).reason(),
            Reason::kCertificatePurpose);
  const Sha256& other = exchange_.b.sign.certificate().sha256();
  EXPECT_EQ(find_registered(known, Purpose::kSign, other, kTestNow).reason(),
            Reason::kCertificateUnregistered);
}

TEST_F(DirectoryTest, ACertificateIsInForceFromItsFirstInstantUntilBeforeItsLast) {
  const RegisteredCertificate& item = directory_.find(exchange_.a.code)->certificates.front();
  const Certificates known = {item};
  const Sha256& name = item.certificate.sha256();
  constexpr Milliseconds kInstant{1};
  EXPECT_TRUE(find_registered(known, Purpose::kSign, name, item.from).ok());
  EXPECT_FALSE(find_registered(known, Purpose::kSign, name, item.from - kInstant).ok());
  EXPECT_TRUE(find_registered(known, Purpose::kSign, name, item.until - kInstant).ok());
  EXPECT_EQ(find_registered(known, Purpose::kSign, name, item.until).reason(),
            Reason::kCertificateUnregistered);
}

TEST_F(DirectoryTest, GivesTheCertificatesOfAPurposeInTheOrderOfTheirDigests) {
  Agency& agency = exchange_.registered(exchange_.b);
  for (const TestAgency* other : {&exchange_.a, &exchange_.c, &exchange_.d}) {
    agency.certificates.push_back(SmallExchange::certificate(Purpose::kEncrypt, other->encrypt));
  }
  const auto found = certificates_for(agency.certificates, Purpose::kEncrypt, kTestNow);
  ASSERT_EQ(found.size(), 4U);
  for (std::size_t i = 1; i < found.size(); ++i) {
    EXPECT_LT(found[i - 1].sha256(), found[i].sha256());
  }
}

TEST_F(DirectoryTest, FindsNoRecipientThatIsUnknownOrClosed) {
  const OrgCode stranger = OrgCode::parse("Z99999999Z").value();
  EXPECT_EQ(directory_.find_recipient({stranger, {}}).reason(), Reason::kUnknownAgency);
  exchange_.registered(exchange_.b).standing = Standing::kClosed;
  EXPECT_EQ(exchange_.directory().find_recipient(exchange_.b.addressee()).reason(),
            Reason::kAgencyClosed);
}

TEST_F(DirectoryTest, FindsASuspendedRecipientBecauseItsMailIsHeld) {
  exchange_.registered(exchange_.b).standing = Standing::kSuspended;
  const Directory directory = exchange_.directory();
  const auto found = directory.find_recipient(exchange_.b.addressee());
  ASSERT_TRUE(found.ok());
  EXPECT_EQ((*found)->standing, Standing::kSuspended);
}

TEST_F(DirectoryTest, FindsAUnitOfItsOwnAgencyUnlessItIsClosed) {
  const UnitCode unit = UnitCode::parse("U010001").value();
  const Addressee addressee{exchange_.b.code, unit};
  EXPECT_TRUE(directory_.find_recipient(addressee).ok());
  EXPECT_EQ(directory_.name_of(addressee), "秘書處");
  const Addressee other{exchange_.b.code, UnitCode::parse("U999999").value()};
  EXPECT_EQ(directory_.find_recipient(other).reason(), Reason::kUnknownUnit);
  EXPECT_EQ(directory_.name_of(other), std::nullopt);
  exchange_.registered(exchange_.b).units.front().standing = Standing::kClosed;
  EXPECT_EQ(exchange_.directory().find_recipient(addressee).reason(), Reason::kAgencyClosed);
}

TEST(Codes, AreOfExactLengthAndAlphabet) {
  EXPECT_EQ(OrgCode::parse("A01000000A").value().text(), "A01000000A");
  for (const char* text : {"", "A0100000A", "A01000000AB", "a01000000A", "A01000000 "}) {
    EXPECT_EQ(OrgCode::parse(text).reason(), Reason::kUnknownAgency) << text;
  }
  EXPECT_TRUE(UnitCode::parse("").value().empty());
  for (const char* text : {"U01000", "U0100011", "u010001"}) {
    EXPECT_EQ(UnitCode::parse(text).reason(), Reason::kUnknownUnit) << text;
  }
  for (const char* text : {"C", "C_1", "c1", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456"}) {
    EXPECT_EQ(CentreCode::parse(text).reason(), Reason::kUnknownCentre) << text;
  }
}

}  // namespace
}  // namespace yizhan
