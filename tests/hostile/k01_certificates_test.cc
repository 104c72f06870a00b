#include "tests/hostile/stage.h"

// K01: who may sign, in every state a certificate can be in, at each of
// the doors where it is judged, with lists of revocation that are fresh, old, or not there.

namespace yizhan {
namespace {

constexpr auto kDay = std::chrono::hours{24};

struct Case {
  const char* name;
  void (*prepare)(SmallExchange& exchange);
  const char* admitted;
  const char* scanned;
  const char* opened;
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.name; }

// The agency signs with that key from now on, and the directory knows it as that.
void sign_with(SmallExchange& exchange, const SoftwareKey& key, Purpose purpose = Purpose::kSign) {
  exchange.registered(exchange.a).certificates = {SmallExchange::certificate(purpose, key)};
  exchange.a.sign = key;
}
RegisteredCertificate& registration(SmallExchange& exchange) {
  return exchange.registered(exchange.a).certificates.front();
}

const Case kCases[] = {
    {"valid", [](SmallExchange&) {}, "accepted", "clean", "ok"},
    {"expired",
     [](SmallExchange& e) {
       sign_with(e, e.authority.issue({.subject = "a", .not_after = kTestNow - kDay}));
     },
     "rejected certificate_expired", "none certificate_expired", "certificate_expired"},
    {"not_yet_valid",
     [](SmallExchange& e) {
       sign_with(e, e.authority.issue({.subject = "a", .not_before = kTestNow + kDay}));
     },
     "rejected certificate_expired", "none certificate_expired", "certificate_expired"},
    {"revoked",
     [](SmallExchange& e) {
       e.authority.revoke(e.a.sign.certificate(), {.revoked_at = kTestNow - kDay});
     },
     "rejected certificate_revoked", "none certificate_revoked", "certificate_revoked"},
    {"compromised",
     [](SmallExchange& e) {
       e.authority.revoke(e.a.sign.certificate(), {.revoked_at = kTestNow - kDay,
                                                   .invalid_since = kTestNow - 2 * kDay,
                                                   .compromised = true});
     },
     "rejected certificate_revoked", "none certificate_revoked", "certificate_revoked"},
    {"suspended",
     [](SmallExchange& e) { e.authority.hold(e.a.sign.certificate(), kTestNow - kDay); },
     "rejected certificate_revoked", "none certificate_revoked", "certificate_revoked"},
    {"suspended_and_resumed",
     [](SmallExchange& e) {
       e.authority.hold(e.a.sign.certificate(), kTestNow - kDay);
       e.authority.resume(e.a.sign.certificate());
     },
     "accepted", "clean", "ok"},
    {"of_a_suspended_agency",
     [](SmallExchange& e) { e.registered(e.a).standing = Standing::kSuspended; },
     "agency_suspended", "none agency_suspended", "agency_suspended"},
    {"of_a_closed_agency",
     [](SmallExchange& e) { e.registered(e.a).standing = Standing::kClosed; },
     "rejected agency_closed", "none agency_closed", "agency_closed"},
    {"unregistered",
     [](SmallExchange& e) { e.a.sign = e.authority.issue({.subject = "A01000000A sign"}); },
     "rejected certificate_unregistered", "none certificate_unregistered",
     "certificate_unregistered"},
    {"of_another_agency", [](SmallExchange& e) { e.a.sign = e.b.sign; },
     "rejected certificate_unregistered", "none certificate_unregistered",
     "certificate_unregistered"},
    {"registered_for_tls",
     [](SmallExchange& e) { sign_with(e, e.a.tls, Purpose::kTls); },
     "rejected certificate_purpose", "none certificate_purpose", "certificate_purpose"},
    {"registered_for_encryption",
     [](SmallExchange& e) { sign_with(e, e.a.encrypt, Purpose::kEncrypt); },
     "rejected certificate_purpose", "none certificate_purpose", "certificate_purpose"},
    {"that_may_not_sign", [](SmallExchange& e) { sign_with(e, e.a.encrypt); },
     "rejected certificate_purpose", "none certificate_purpose", "certificate_purpose"},
    {"of_another_authority",
     [](SmallExchange& e) {
       static TestAuthority strangers("Somebody Else");
       sign_with(e, strangers.issue({.subject = "a"}));
     },
     "rejected certificate_untrusted", "none certificate_untrusted", "certificate_untrusted"},
    {"of_an_authority_of_the_same_name",
     [](SmallExchange& e) {
       static TestAuthority impostors;
       sign_with(e, impostors.issue({.subject = "a"}));
     },
     "rejected certificate_untrusted", "none certificate_untrusted", "certificate_untrusted"},
    {"whose_registration_has_ended",
     [](SmallExchange& e) { registration(e).until = kTestNow; },
     "rejected certificate_unregistered", "none certificate_unregistered",
     "certificate_unregistered"},
    {"whose_registration_is_to_come",
     [](SmallExchange& e) { registration(e).from = kTestNow + kDay; },
     "rejected certificate_unregistered", "none certificate_unregistered",
     "certificate_unregistered"},
};

class K01SendersCertificate : public ::testing::TestWithParam<Case> {};

TEST_P(K01SendersCertificate, IsJudgedAtEachDoor) {
  const Case& each = GetParam();
  Stage stage;
  each.prepare(stage.exchange);
  stage.publish();
  const TestPackage package = seal_letter(stage.exchange);
  Envelope envelope = package.with_body();
  EXPECT_EQ(stage.admitted(envelope), each.admitted);
  EXPECT_EQ(stage.scanned(package), each.scanned);
  EXPECT_EQ(stage.opened(stage.consign(package, stage.exchange.b)), each.opened);
}

INSTANTIATE_TEST_SUITE_P(EveryState, K01SendersCertificate, ::testing::ValuesIn(kCases),
                         [](const auto& each) { return std::string(each.param.name); });

// On the way of one letter: held while the certificate is suspended, and good afterwards.
TEST(K01SuspendedCertificate, StopsALetterUntilItIsResumed) {
  Stage stage;
  const Certificate certificate = stage.exchange.a.sign.certificate();
  const TestPackage package = seal_letter(stage.exchange);
  stage.exchange.authority.hold(certificate, kTestNow - kDay);
  stage.publish();
  EXPECT_EQ(stage.scanned(package), "none certificate_revoked");
  EXPECT_EQ(stage.opened(stage.consign(package, stage.exchange.b)), "certificate_revoked");
  stage.exchange.authority.resume(certificate);
  stage.pass(std::chrono::seconds{1});  // a list is replaced by a younger one only
  stage.publish();
  EXPECT_EQ(stage.scanned(package), "clean");
  EXPECT_EQ(stage.opened(stage.consign(package, stage.exchange.b)), "ok");
}

// Lists of revocation that are older than a day clear nobody, and still revoke.

TEST(K01OldRevocationLists, HoldWhatTheyCanNotClear) {
  Stage stage(kTestNow - 2 * kDay);
  const TestPackage package = seal_letter(stage.exchange);
  EXPECT_EQ(stage.scanned(package), "none revocation_unknown");
  EXPECT_EQ(stage.opened(stage.consign(package, stage.exchange.b)), "revocation_unknown");
  stage.centre.clock.pass(2 * kDay);  // the centre's own lists grow old
  const TestPackage later = make_package(stage.exchange, {.now = stage.centre.clock.now()});
  EXPECT_EQ(stage.admitted(later.with_body()), "accepted") << "and waits for its screening";
}

TEST(K01OldRevocationLists, StillRevoke) {
  Stage stage(kTestNow - 2 * kDay);
  stage.exchange.authority.revoke(stage.exchange.a.sign.certificate(),
                                  {.revoked_at = kTestNow - 3 * kDay});
  stage.publish();
  const TestPackage package = seal_letter(stage.exchange);
  EXPECT_EQ(stage.scanned(package), "none certificate_revoked");
  EXPECT_EQ(stage.opened(stage.consign(package, stage.exchange.b)), "certificate_revoked");
}

TEST(K01MissingRevocationLists, ClearNobody) {
  Stage stage;
  std::filesystem::remove_all(stage.scanner->files.folder() / "revocation");
  make_directory(stage.scanner->files.folder() / "revocation");
  stage.scanner->trust.reload();
  const TestPackage package = seal_letter(stage.exchange);
  EXPECT_EQ(stage.scanned(package), "none revocation_unknown");
  EXPECT_EQ(stage.opened(stage.consign(package, stage.exchange.b)), "revocation_unknown");
}

}  // namespace
}  // namespace yizhan
