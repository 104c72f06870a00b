#include "duty/connection/connection_cases_test.h"

namespace yizhan {
namespace {

using Kind = ChangeRequest::Kind;

class ChangeRequestTest : public ::testing::Test {
 protected:
  Result<SignedChangeRequest> sign(const ChangeRequest& request) {
    return sign_change(request, exchange_.a.sign);
  }
  Reason refused(const ChangeRequest& request) {
    const auto signed_request = sign(request);
    return signed_request ? Reason::kInternal : signed_request.reason();
  }
  ChangeRequest recoding() {
    ChangeRequest request = change_of(exchange_.a.code);
    request.code = org("A09000000A");
    request.keys = {certified(Purpose::kSign, exchange_.b.sign),
                    certified(Purpose::kEncrypt, exchange_.b.encrypt),
                    certified(Purpose::kTls, exchange_.b.tls)};
    return request;
  }

  SmallExchange exchange_;
};

TEST_F(ChangeRequestTest, IsReadAsItWasWritten) {
  ChangeRequest request = recoding();
  request.name = "測試新部";
  request.addresses = {"203.0.113.7", "2001:db8::7"};
  request.postal_address = "臺北市中正區寶慶路 3 號";
  request.remark = "同址";
  const SignedChangeRequest change = sign(request).value();
  EXPECT_EQ(change.request.json(), request.json());
  EXPECT_EQ(change.request.find_key(Purpose::kTls)->certificate, exchange_.b.tls.certificate());
  EXPECT_EQ(open_change(change.cms)->fingerprint(), change.fingerprint());
  const Newcomer newcomer;
  SoftwareKey signer = newcomer.signer();
  const ChangeRequest coming = newcomer.request();
  EXPECT_EQ(sign_change(coming, signer)->request.json(), coming.json());
}

TEST_F(ChangeRequestTest, EachKindSaysWhatItNeedsAndNothingElse) {
  CLAUSE("五(三)5");
  const OrgCode a = exchange_.a.code;
  EXPECT_EQ(refused(change_of(a)), Reason::kFormInvalid) << "changes nothing";
  EXPECT_EQ(refused(change_of(a, Kind::kMerge)), Reason::kFormInvalid) << "into whom?";
  EXPECT_TRUE(sign(change_of(a, Kind::kDissolve)));
  ChangeRequest merged = change_of(a, Kind::kMerge);
  merged.successor = a;
  EXPECT_EQ(refused(merged), Reason::kFormInvalid);
  merged.successor = exchange_.b.code;
  EXPECT_TRUE(sign(merged));
  merged.name = "又改名";
  EXPECT_EQ(refused(merged), Reason::kFormInvalid);
  ChangeRequest recoded = recoding();
  EXPECT_TRUE(sign(recoded));
  recoded.keys.pop_back();
  EXPECT_EQ(refused(recoded), Reason::kFormInvalid) << "a certificate names the code";
  recoded = recoding();
  recoded.code = a;
  EXPECT_EQ(refused(recoded), Reason::kFormInvalid);
  ChangeRequest moved = renaming(a);
  moved.centre = exchange_.second.code;
  EXPECT_EQ(refused(moved), Reason::kFormInvalid);
  ChangeRequest fresh = Newcomer().request();
  fresh.addresses.clear();
  EXPECT_EQ(refused(fresh), Reason::kFormInvalid);
}

TEST_F(ChangeRequestTest, AnAddressIsOneFixedAddressWrittenInTheOneWay) {
  for (const char* address : {"203.0.113.0/24", "203.0.113.007", "host.example", "2001:DB8::7",
                              "0:0:0:0:0:0:0:1", "", "1.2.3"}) {
    ChangeRequest request = change_of(exchange_.a.code);
    request.addresses = {address};
    EXPECT_EQ(refused(request), Reason::kFormInvalid) << address;
  }
  ChangeRequest twice = change_of(exchange_.a.code);
  twice.addresses = {"203.0.113.7", "203.0.113.7"};
  EXPECT_EQ(refused(twice), Reason::kFormInvalid);
}

TEST_F(ChangeRequestTest, OneKeyIsForOnePurpose) {
  ChangeRequest request = change_of(exchange_.a.code);
  request.keys = {certified(Purpose::kSign, exchange_.b.sign),
                  certified(Purpose::kEncrypt, exchange_.b.sign)};
  EXPECT_EQ(refused(request), Reason::kFormInvalid);
  request.keys = {certified(Purpose::kSign, exchange_.b.sign),
                  certified(Purpose::kSign, exchange_.b.encrypt)};
  EXPECT_EQ(refused(request), Reason::kFormInvalid);
  request.keys = {certified(Purpose::kOfficer, exchange_.b.sign)};
  EXPECT_EQ(refused(request), Reason::kMalformed) << "no agency's";
}

TEST_F(ChangeRequestTest, ARequestForACertificateIsSignedByItsKey) {
  ChangeRequest request = Newcomer().request();
  request.keys[1].request.back() ^= 1;
  const Reason reason = refused(request);
  EXPECT_TRUE(reason == Reason::kBadSignature || reason == Reason::kMalformed);
  request.keys[1].request = Bytes(20, 7);
  EXPECT_EQ(refused(request), Reason::kMalformed);
}

TEST_F(ChangeRequestTest, TextsHaveTheirLimits) {
  ChangeRequest request = renaming(exchange_.a.code);
  request.reason.clear();
  EXPECT_EQ(refused(request), Reason::kFormInvalid);
  request = renaming(exchange_.a.code);
  request.name = std::string(201, 'n');
  EXPECT_EQ(refused(request), Reason::kFormInvalid);
  const SignedChangeRequest change = sign(renaming(exchange_.a.code)).value();
  Json json = Json::parse(text_of(change.request.json()));
  json["format"] = "yizhan-change-request-2";
  EXPECT_EQ(ChangeRequest::parse(canonical_json(json)).reason(), Reason::kUnknownFormat);
  json["more"] = 1;
  EXPECT_EQ(ChangeRequest::parse(canonical_json(json)).reason(), Reason::kMalformed);
}

TEST_F(ChangeRequestTest, AnAgencyFilesForItself) {
  CLAUSE("五(三)5");
  const Directory directory = exchange_.directory();
  const ChangeRequest request = renaming(exchange_.a.code);
  EXPECT_TRUE(check_requester(sign_change(request, exchange_.a.sign).value(), directory));
  EXPECT_EQ(check_requester(sign_change(request, exchange_.b.sign).value(), directory).reason(),
            Reason::kCertificateUnregistered);
  EXPECT_EQ(check_requester(sign_change(request, exchange_.a.tls).value(), directory).reason(),
            Reason::kCertificatePurpose);
  exchange_.registered(exchange_.a).standing = Standing::kClosed;
  EXPECT_EQ(check_requester(sign_change(request, exchange_.a.sign).value(),
                            exchange_.directory())
                .reason(),
            Reason::kAgencyClosed);
}

TEST_F(ChangeRequestTest, ANewcomerSignsWithTheKeyThatItAsksFor) {
  const Newcomer newcomer;
  SoftwareKey own = newcomer.signer();
  const Directory directory = exchange_.directory();
  const SignedChangeRequest change = sign_change(newcomer.request(), own).value();
  EXPECT_TRUE(check_requester(change, directory));
  EXPECT_EQ(check_requester(sign(newcomer.request()).value(), directory).reason(),
            Reason::kCertificateUnregistered);
  ChangeRequest known = newcomer.request();
  known.agency = exchange_.a.code;
  EXPECT_EQ(check_requester(sign_change(known, own).value(), directory).reason(),
            Reason::kConflict);
}

TEST_F(ChangeRequestTest, ItsOwnCentreReviewsIt) {
  const Directory directory = exchange_.directory();
  const SignedChangeRequest change = sign(renaming(exchange_.a.code)).value();
  TestCentre& first = exchange_.first;
  TestCentre& second = exchange_.second;
  const SignedChangeReview review = agreed(change, first.code, first.chen);
  EXPECT_TRUE(check_reviewer(review, directory));
  EXPECT_EQ(open_review(review.cms)->review.json(), review.review.json());
  EXPECT_EQ(check_reviewer(agreed(change, second.code, second.chen), directory).reason(),
            Reason::kForbidden);
  EXPECT_EQ(check_reviewer(agreed(change, first.code, second.chen), directory).reason(),
            Reason::kCertificateUnregistered);
  EXPECT_EQ(check_reviewer(agreed(change, first.code, first.evidence), directory).reason(),
            Reason::kCertificatePurpose)
      << "an officer by name";
  ChangeReview silent = review.review;
  silent.handling.clear();
  EXPECT_EQ(sign_review(silent, first.chen).reason(), Reason::kFormInvalid);
}

}  // namespace
}  // namespace yizhan
