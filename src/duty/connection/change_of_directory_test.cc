#include "duty/connection/connection_cases_test.h"

namespace yizhan {
namespace {

using Kind = ChangeRequest::Kind;

class ChangeOfDirectory : public ::testing::Test {
 protected:
  static constexpr Milliseconds kDay = std::chrono::hours{24};

  Result<Directory> after(const std::vector<ChangeRequest>& requests, Time at,
                          const std::vector<Certificate>& issued = {}) {
    const Directory before = exchange_.directory();
    return changed_directory(before, {requests, issued, {before.version() + 1, at, at + 7 * kDay}});
  }
  ChangeRequest merging() {
    ChangeRequest request = change_of(exchange_.a.code, Kind::kMerge);
    request.successor = exchange_.b.code;
    return request;
  }
  ChangeRequest recoding() {
    ChangeRequest request = change_of(exchange_.a.code);
    request.code = next_.code;
    request.keys = {certified(Purpose::kSign, next_.sign),
                    certified(Purpose::kEncrypt, next_.encrypt),
                    certified(Purpose::kTls, next_.tls)};
    return request;
  }
  SoftwareKey issue(CertificateUsage usage) {
    return exchange_.authority.issue({.subject = "next", .usage = usage});
  }
  std::vector<Certificate> sealing_keys(const Directory& directory, const OrgCode& code, Time at) {
    const Agency& agency = *directory.find(code);
    return certificates_for(directory.receiver_of(agency, at).certificates, Purpose::kEncrypt, at);
  }

  SmallExchange exchange_;
  TestAgency next_{org("A09000000A"), issue(CertificateUsage::kSign),
                   issue(CertificateUsage::kEncrypt), issue(CertificateUsage::kTls)};
  const OrgCode a_ = exchange_.a.code;
  const OrgCode b_ = exchange_.b.code;
  const Time begin_ = begin_of(day("2026-12-01"));
};

TEST_F(ChangeOfDirectory, NothingIsSoBeforeItsDay) {
  CLAUSE("五(三)5");
  const ChangeRequest request = renaming(a_);
  const Milliseconds moment{1};
  EXPECT_EQ(after({request}, begin_ - moment).reason(), Reason::kStepNotAllowed);
  EXPECT_EQ(after({request}, begin_)->find(a_)->name, "測試新部");
}

TEST_F(ChangeOfDirectory, ANameAndAddressesAreReplacedAndNothingElse) {
  ChangeRequest request = renaming(a_);
  request.addresses = {"203.0.113.7"};
  exchange_.witnesses.cosignatures = 1;
  const Directory then = after({request}, begin_).value();
  EXPECT_EQ(then.find(a_)->addresses, std::vector<std::string>{"203.0.113.7"});
  EXPECT_EQ(then.version(), 2);
  EXPECT_EQ(then.cosignatures_required(exchange_.first.code), 1);
  const Directory before = exchange_.directory();
  EXPECT_EQ(changes_between(before, then),
            std::vector<std::string>{"A01000000A 測試新部：addresses、name"});
  EXPECT_TRUE(is_in_effect(request, then, begin_));
  EXPECT_FALSE(is_in_effect(request, before, begin_));
  EXPECT_FALSE(is_in_effect(request, then, kTestNow)) << "not yet";
}

TEST_F(ChangeOfDirectory, ACertificateComesBesideTheOneBefore) {
  ChangeRequest request = change_of(a_);
  request.keys = {certified(Purpose::kEncrypt, next_.encrypt)};
  const Directory then = after({request}, begin_).value();
  EXPECT_EQ(sealing_keys(then, a_, begin_).size(), 2U);
  EXPECT_EQ(sealing_keys(then, a_, begin_ + kWindingUp),
            std::vector<Certificate>{next_.encrypt.certificate()});
  EXPECT_EQ(then.find(a_)->certificates.size(), 4U) << "the old one stays, with its end";
}

TEST_F(ChangeOfDirectory, ANewcomerComesWithCertificatesForItsVeryKeys) {
  const Newcomer newcomer;
  SoftwareKey signer = newcomer.signer();
  const ChangeRequest request = sign_change(newcomer.request(), signer)->request;
  EXPECT_EQ(after({request}, begin_).reason(), Reason::kCertificateUnregistered);
  const auto issued = newcomer.issued(exchange_.authority);
  const Directory then = after({request}, begin_, issued).value();
  const Agency& agency = *then.find(newcomer.code);
  EXPECT_EQ(agency.home_centre, exchange_.first.code);
  EXPECT_TRUE(
      find_registered(agency.certificates, Purpose::kTls, issued[2].sha256(), begin_));
  EXPECT_TRUE(is_in_effect(request, then, begin_));
  // Somebody else has come under that code meanwhile.
  exchange_.agencies.push_back(*exchange_.directory().find(a_));
  exchange_.agencies.back().code = newcomer.code;
  exchange_.agencies.back().certificates.clear();
  EXPECT_EQ(after({request}, begin_, issued).reason(), Reason::kConflict);
}

TEST_F(ChangeOfDirectory, WhoIsMergedStillFetchesWhatWasSealedForIt) {
  CLAUSE("五(三)5");
  const Directory then = after({merging()}, begin_).value();
  const Agency& merged = *then.find(a_);
  EXPECT_EQ(merged.standing, Standing::kActive);
  EXPECT_FALSE(merged.addresses.empty());
  EXPECT_TRUE(find_registered(merged.certificates, Purpose::kTls,
                              exchange_.a.tls.certificate().sha256(), begin_ + kDay));
  EXPECT_EQ(sealing_keys(then, a_, begin_),
            std::vector<Certificate>{exchange_.b.encrypt.certificate()})
      << "what comes now is the successor's";
  EXPECT_TRUE(then.receives_for(b_, a_, begin_));
  const Directory closed = after({merging()}, begin_ + kWindingUp).value();
  EXPECT_EQ(closed.find(a_)->standing, Standing::kClosed);
  EXPECT_EQ(closed.find_recipient({a_, {}}).reason(), Reason::kAgencyClosed);
  EXPECT_EQ(closed.name_of({a_, {}}), "機關A01000000A") << "who this code was has an answer";
}

TEST_F(ChangeOfDirectory, ASuccessorOfAnotherCentreTakesItThere) {
  ChangeRequest request = merging();
  request.successor = exchange_.d.code;
  const Directory then = after({request}, begin_).value();
  const Agency& merged = *then.find(a_);
  EXPECT_EQ(merged.home_centre, exchange_.second.code);
  EXPECT_TRUE(merged.is_served_by(exchange_.first.code, begin_ + kDay)) << "its mail waits there";
  EXPECT_TRUE(is_in_effect(request, then, begin_));
}

TEST_F(ChangeOfDirectory, WhoIsDissolvedIsSealedToNoMore) {
  const ChangeRequest request = change_of(a_, Kind::kDissolve);
  const Directory then = after({request}, begin_).value();
  EXPECT_TRUE(sealing_keys(then, a_, begin_).empty());
  EXPECT_EQ(then.find(a_)->standing, Standing::kActive) << "it fetches what waits";
  EXPECT_EQ(after({request}, begin_ + kWindingUp)->find(a_)->standing, Standing::kClosed);
}

TEST_F(ChangeOfDirectory, ANewCodeIsANewAgencyThatReceivesForTheOld) {
  const Directory then = after({recoding()}, begin_).value();
  const Agency& fresh = *then.find(next_.code);
  EXPECT_EQ(fresh.name, "機關A01000000A");
  EXPECT_EQ(fresh.units.size(), 1U);
  EXPECT_EQ(fresh.addresses, std::vector<std::string>{"127.0.0.1"});
  EXPECT_TRUE(then.find(a_)->addresses.empty()) << "one address, one agency";
  EXPECT_TRUE(then.receives_for(next_.code, a_, begin_));
  EXPECT_EQ(then.find_agency_by_tls(next_.tls.certificate().sha256(), begin_)->code, next_.code);
  EXPECT_EQ(sealing_keys(then, a_, begin_),
            std::vector<Certificate>{next_.encrypt.certificate()});
  EXPECT_TRUE(is_in_effect(recoding(), then, begin_));
  EXPECT_FALSE(is_in_effect(recoding(), then, begin_ + kWindingUp)) << "the old one is not closed";
}

TEST_F(ChangeOfDirectory, WhoReceivesForItReceivesForItsNewCode) {
  const Time year = begin_ + 365 * kDay;
  exchange_.registered(exchange_.a).representative = Representative{b_, kTestNow, year};
  const Directory then = after({recoding()}, begin_).value();
  EXPECT_TRUE(then.receives_for(b_, next_.code, begin_));
  EXPECT_TRUE(then.receives_for(b_, a_, begin_));
  EXPECT_TRUE(is_in_effect(recoding(), then, begin_));
  exchange_.registered(exchange_.a).representative->until = kTestNow;
  EXPECT_TRUE(after({recoding()}, begin_)->receives_for(next_.code, a_, begin_));
}

TEST_F(ChangeOfDirectory, ASuccessorMayGoItselfOnceThoseBeforeItAreClosed) {
  Agency& merged = exchange_.registered(exchange_.a);
  merged.representative = Representative{b_, kTestNow, begin_};
  ChangeRequest next = change_of(b_, Kind::kMerge);
  next.successor = exchange_.c.code;
  EXPECT_EQ(check_change(next, exchange_.directory()).reason(), Reason::kConflict);
  merged.standing = Standing::kClosed;
  EXPECT_TRUE(check_change(next, exchange_.directory()));
  EXPECT_TRUE(after({next}, begin_)) << "one hop";
}

TEST_F(ChangeOfDirectory, WhatDoesNotFitIsSaid) {
  const auto reason = [&](const ChangeRequest& request) {
    return check_change(request, exchange_.directory()).reason();
  };
  ChangeRequest request = recoding();
  request.code = b_;
  EXPECT_EQ(reason(request), Reason::kConflict);
  request = merging();
  request.successor = org("Z00000000Z");
  EXPECT_EQ(reason(request), Reason::kUnknownAgency);
  exchange_.registered(exchange_.b).standing = Standing::kClosed;
  EXPECT_EQ(reason(merging()), Reason::kAgencyClosed);
  EXPECT_EQ(reason(renaming(b_)), Reason::kAgencyClosed);
  EXPECT_EQ(reason(renaming(org("Z00000000Z"))), Reason::kUnknownAgency);
  request = Newcomer().request();
  request.centre = CentreCode::parse("CENTRE-9").value();
  EXPECT_EQ(reason(request), Reason::kUnknownCentre);
}

TEST_F(ChangeOfDirectory, ASupervisorIsNamedByTheFormAndIsNotBelow) {
  CLAUSE("五(三)5");
  ChangeRequest request = change_of(a_);
  request.supervisor = b_;
  EXPECT_EQ(ChangeRequest::parse(request.json())->supervisor, b_);
  EXPECT_TRUE(check_change(request, exchange_.directory()));
  const Directory then = after({request}, begin_).value();
  EXPECT_EQ(then.find(a_)->supervisor, b_);
  EXPECT_TRUE(is_in_effect(request, then, begin_));
  EXPECT_EQ(changes_between(exchange_.directory(), then),
            std::vector<std::string>{"A01000000A 機關A01000000A：supervisor"});
  exchange_.registered(exchange_.b).supervisor = a_;
  EXPECT_EQ(check_change(request, exchange_.directory()).reason(), Reason::kConflict);
  exchange_.registered(exchange_.b).supervisor.reset();
  exchange_.registered(exchange_.b).standing = Standing::kClosed;
  EXPECT_EQ(check_change(request, exchange_.directory()).reason(), Reason::kAgencyClosed);
  request.supervisor = org("Z00000000Z");
  EXPECT_EQ(check_change(request, exchange_.directory()).reason(), Reason::kUnknownAgency);
  request.supervisor = a_;
  EXPECT_EQ(ChangeRequest::parse(request.json()).reason(), Reason::kFormInvalid);
  ChangeRequest end = merging();
  end.supervisor = b_;
  EXPECT_EQ(ChangeRequest::parse(end.json()).reason(), Reason::kFormInvalid);
}

TEST_F(ChangeOfDirectory, WhomACodeSupervisedTheNewCodeSupervises) {
  exchange_.registered(exchange_.a).supervisor = exchange_.c.code;
  exchange_.registered(exchange_.b).supervisor = a_;
  exchange_.centres[1].kind = CentreKind::kSelfManaged;
  exchange_.centres[1].run_by = a_;
  const ChangeRequest request = recoding();
  const Directory then = after({request}, begin_).value();
  EXPECT_EQ(then.find(next_.code)->supervisor, exchange_.c.code);
  EXPECT_EQ(then.find(b_)->supervisor, next_.code);
  EXPECT_EQ(then.find(exchange_.second.code)->run_by, next_.code);
  EXPECT_TRUE(is_in_effect(request, then, begin_));
}

TEST_F(ChangeOfDirectory, WhomAnAgencySupervisedItsSuccessorOrWhoIsAboveSupervises) {
  exchange_.registered(exchange_.a).supervisor = exchange_.c.code;
  exchange_.registered(exchange_.b).supervisor = a_;
  exchange_.registered(exchange_.d).supervisor = a_;
  const Directory merged = after({merging()}, begin_).value();
  EXPECT_EQ(merged.find(exchange_.d.code)->supervisor, b_);
  EXPECT_EQ(merged.find(b_)->supervisor, exchange_.c.code) << "the successor stood below it";
  ChangeRequest dissolving = change_of(a_, Kind::kDissolve);
  const Directory dissolved = after({dissolving}, begin_).value();
  EXPECT_EQ(dissolved.find(b_)->supervisor, exchange_.c.code);
  EXPECT_EQ(dissolved.find(exchange_.d.code)->supervisor, exchange_.c.code);
  // The successor stands below somebody who stood below it.
  exchange_.registered(exchange_.b).supervisor = exchange_.d.code;
  const Directory turned = after({merging()}, begin_).value();
  EXPECT_EQ(turned.find(exchange_.d.code)->supervisor, exchange_.c.code);
  EXPECT_EQ(turned.find(b_)->supervisor, exchange_.d.code);
}

TEST_F(ChangeOfDirectory, WhatNoNodeWouldTakeIsNotMade) {
  ChangeRequest request = change_of(a_);
  request.keys = {certified(Purpose::kTls, exchange_.b.tls)};
  EXPECT_EQ(after({request}, begin_).reason(), Reason::kMalformed) << "one agency's connection";
}

TEST_F(ChangeOfDirectory, TheLaterDayHasTheLastWord) {
  ChangeRequest later = renaming(a_);
  later.name = "更新之部";
  later.effective = day("2026-12-05");
  EXPECT_EQ(after({later, renaming(a_)}, begin_of(later.effective))->find(a_)->name, "更新之部");
}

}  // namespace
}  // namespace yizhan
