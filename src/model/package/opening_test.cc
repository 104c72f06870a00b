#include "model/package/opening.h"

#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/support/small_package.h"

namespace yizhan {
namespace {

constexpr Milliseconds kMinute = std::chrono::minutes{1};
constexpr Milliseconds kHour = std::chrono::hours{1};

class OpeningTest : public ::testing::Test {
 protected:
  Reason sender_refusal(Time accepted = kTestNow) {
    const Moment moment{.accepted = accepted, .now = accepted};
    Trust trust = exchange_.trust(crl_time_);
    trust.policy = policy_;
    const auto checked = check_sender(package_.sealed, exchange_.directory(), trust, moment);
    return checked ? Reason::kInternal : checked.reason();
  }
  Reason scanner_refusal(const Header& header, const std::vector<CentreCode>& required) {
    const auto checked = check_scanners(header, required, exchange_.directory(), kTestNow);
    return checked ? Reason::kInternal : checked.reason();
  }
  RegisteredCertificate& sender_certificate() {
    return exchange_.registered(exchange_.a).certificates.front();
  }
  static constexpr Reason kFine = Reason::kInternal;

  SmallExchange exchange_;
  TestPackage package_ = make_package(exchange_);
  const Header& header_ = package_.sealed.header;
  Time crl_time_ = kTestNow;
  CryptoPolicy policy_;
};

TEST_F(OpeningTest, AcceptsARegisteredSenderInGoodStanding) { EXPECT_EQ(sender_refusal(), kFine); }

TEST_F(OpeningTest, RefusesASenderThatTheDirectoryDoesNotKnow) {
  std::erase_if(exchange_.agencies, [&](const Agency& agency) {
    return agency.code == exchange_.a.code;
  });
  EXPECT_EQ(sender_refusal(), Reason::kUnknownAgency);
}

TEST_F(OpeningTest, RefusesASuspendedAndAClosedSender) {
  CLAUSE("十三");
  exchange_.registered(exchange_.a).standing = Standing::kSuspended;
  EXPECT_EQ(sender_refusal(), Reason::kAgencySuspended);
  exchange_.registered(exchange_.a).standing = Standing::kClosed;
  EXPECT_EQ(sender_refusal(), Reason::kAgencyClosed);
}

TEST_F(OpeningTest, RefusesASignerThatIsNotRegisteredForTheAgency) {
  std::erase_if(exchange_.registered(exchange_.a).certificates,
                [](const auto& item) { return item.purpose == Purpose::kSign; });
  EXPECT_EQ(sender_refusal(), Reason::kCertificateUnregistered);
}

TEST_F(OpeningTest, RefusesASignerRegisteredForAnotherPurpose) {
  sender_certificate().purpose = Purpose::kTls;
  EXPECT_EQ(sender_refusal(), Reason::kCertificatePurpose);
}

TEST_F(OpeningTest, RefusesARegisteredSignerWhoseCertificateMayNotSign) {
  // Encryption only, though the directory says otherwise.
  const SoftwareKey& key = exchange_.a.encrypt;
  sender_certificate() = SmallExchange::certificate(Purpose::kSign, key);
  package_.sealed.signer = key.certificate();
  EXPECT_EQ(sender_refusal(), Reason::kCertificatePurpose);
}

TEST_F(OpeningTest, RefusesARegistrationThatHasEnded) {
  sender_certificate().until = kTestNow;
  EXPECT_EQ(sender_refusal(), Reason::kCertificateUnregistered);
}

TEST_F(OpeningTest, RefusesAnExpiredCertificate) {
  exchange_.a.sign = exchange_.authority.issue({.subject = "old", .not_after = kTestNow - kHour});
  sender_certificate() = SmallExchange::certificate(Purpose::kSign, exchange_.a.sign);
  package_ = make_package(exchange_);
  EXPECT_EQ(sender_refusal(), Reason::kCertificateExpired);
}

TEST_F(OpeningTest, RefusesACertificateOfAnotherAuthority) {
  TestAuthority other("Another");
  exchange_.a.sign = other.issue({.subject = "a"});
  sender_certificate() = SmallExchange::certificate(Purpose::kSign, exchange_.a.sign);
  package_ = make_package(exchange_);
  EXPECT_EQ(sender_refusal(), Reason::kCertificateUntrusted);
}

TEST_F(OpeningTest, RefusesACertificateRevokedBefore) {
  exchange_.authority.revoke(exchange_.a.sign.certificate(), {.revoked_at = kTestNow - kMinute});
  EXPECT_EQ(sender_refusal(), Reason::kCertificateRevoked);
}

TEST_F(OpeningTest, ACertificateRevokedLaterForCompromiseBeforeThatTimeIsUnknown) {
  exchange_.authority.revoke(exchange_.a.sign.certificate(),
                             {.revoked_at = kTestNow + kHour,
                              .invalid_since = kTestNow - kHour,
                              .compromised = true});
  crl_time_ = kTestNow + 2 * kHour;
  EXPECT_EQ(sender_refusal(), Reason::kRevocationUnknown);
}

TEST_F(OpeningTest, ACertificateRevokedLaterWithoutDoubtAboutThatTimeIsFine) {
  exchange_.authority.revoke(exchange_.a.sign.certificate(),
                             {.revoked_at = kTestNow + kHour,
                              .invalid_since = kTestNow + kMinute,
                              .compromised = true});
  crl_time_ = kTestNow + 2 * kHour;
  EXPECT_EQ(sender_refusal(), kFine);
}

TEST_F(OpeningTest, ARevocationListOlderThanADayLeavesTheRevocationUnknown) {
  crl_time_ = kTestNow - 24 * kHour;
  EXPECT_EQ(sender_refusal(), kFine);
  crl_time_ = kTestNow - 24 * kHour - kMinute;
  EXPECT_EQ(sender_refusal(), Reason::kRevocationUnknown);
}

TEST_F(OpeningTest, TheSigningTimeIsBeforeA1ByNoMoreThanAnUploadTakes) {
  const Milliseconds longest = 24 * kHour + 5 * kMinute;
  const auto refusal_at = [&](Time accepted) {
    return check_signing_time(package_.sealed, accepted).ok() ? kFine : Reason::kClockSkew;
  };
  EXPECT_EQ(refusal_at(kTestNow + longest), kFine);
  EXPECT_EQ(refusal_at(kTestNow - 5 * kMinute), kFine);
  EXPECT_EQ(refusal_at(kTestNow + longest + Milliseconds{1}), Reason::kClockSkew);
  EXPECT_EQ(refusal_at(kTestNow - 5 * kMinute - Milliseconds{1}), Reason::kClockSkew);
  EXPECT_EQ(sender_refusal(kTestNow - 5 * kMinute - Milliseconds{1}), Reason::kClockSkew);
}

TEST_F(OpeningTest, AnUnknownRevocationHidesNoSkew) {
  crl_time_ = kTestNow - 48 * kHour;
  EXPECT_EQ(sender_refusal(kTestNow - kHour), Reason::kClockSkew);
}

TEST_F(OpeningTest, JudgesTheDirectoryThatTheSenderReliedOn) {
  const auto refusal_at = [&](std::int64_t version, Milliseconds later) {
    const Moment moment{.accepted = kTestNow + later, .now = kTestNow + later};
    const auto checked = check_versions(header_, exchange_.directory(version), moment);
    return checked ? kFine : checked.reason();
  };
  EXPECT_EQ(refusal_at(1, {}), kFine);
  EXPECT_EQ(refusal_at(1, 48 * kHour), kFine);  // still the one in force
  EXPECT_EQ(refusal_at(0, {}), Reason::kDirectoryNewer);
  EXPECT_EQ(refusal_at(2, 24 * kHour), kFine);
  EXPECT_EQ(refusal_at(2, 24 * kHour + kMinute), Reason::kDirectoryStale);
}

TEST_F(OpeningTest, AnOldDirectoryStaysOldHoweverOftenANewOneComes) {
  // The sender relied on version 1; version 2 came at once, version 3 a day after that.
  const auto refusal_at = [&](Milliseconds later) {
    Directory third({3, kTestNow + 24 * kHour, kTestNow + 240 * kHour}, exchange_.centres,
                    exchange_.agencies);
    third.remember_earlier({{1, kTestNow - kHour}, {2, kTestNow}});
    const Moment moment{.accepted = kTestNow + later, .now = kTestNow + later};
    const auto checked = check_versions(header_, third, moment);
    return checked ? kFine : checked.reason();
  };
  EXPECT_EQ(refusal_at(24 * kHour), kFine);
  EXPECT_EQ(refusal_at(24 * kHour + kMinute), Reason::kDirectoryStale);
}

TEST_F(OpeningTest, RefusesAPolicyThatItDoesNotKnowYet) {
  const auto refusal_of = [&](std::int64_t policy) {
    Header header = header_;
    header.policy_version = policy;
    const auto checked = check_versions(header, exchange_.directory(),
                                        {.accepted = kTestNow, .now = kTestNow});
    return checked ? kFine : checked.reason();
  };
  EXPECT_EQ(refusal_of(kPolicyVersion), kFine);
  EXPECT_EQ(refusal_of(kPolicyVersion + 1), Reason::kPolicyNewer);
}

TEST_F(OpeningTest, RefusesAPackageFromTheInstantThatItExpires) {
  const auto refusal_at = [&](Time now) {
    const auto checked =
        check_versions(header_, exchange_.directory(), {.accepted = kTestNow, .now = now});
    return checked ? kFine : checked.reason();
  };
  EXPECT_EQ(refusal_at(header_.expires - Milliseconds{1}), kFine);
  EXPECT_EQ(refusal_at(header_.expires), Reason::kPackageExpired);
}

TEST_F(OpeningTest, RequiresTheCentresOfTheSenderAndOfEveryRecipient) {
  const Addressee near[] = {exchange_.b.addressee()};
  const Addressee far[] = {exchange_.b.addressee(), exchange_.d.addressee()};
  const Directory directory = exchange_.directory();
  EXPECT_EQ(required_centres(header_, near, directory, kTestNow),
            std::vector{exchange_.first.code});
  EXPECT_EQ(required_centres(header_, far, directory, kTestNow),
            (std::vector{exchange_.first.code, exchange_.second.code}));
}

TEST_F(OpeningTest, ForAWhileTheCentreFromWhichAnAgencyHasMovedWillDo) {
  const Addressee moved[] = {exchange_.b.addressee()};
  exchange_.registered(exchange_.b).home_centre = exchange_.second.code;
  exchange_.registered(exchange_.b).former = FormerCentre{exchange_.first.code, kTestNow};
  const Directory directory = exchange_.directory();
  Header only_first = header_;
  std::erase_if(only_first.scanners,
                [&](const ScannerEntry& entry) { return entry.centre == exchange_.second.code; });
  const auto required = [&](const Header& header, Time at) {
    return required_centres(header, moved, directory, at);
  };
  const std::vector first{exchange_.first.code}, both{exchange_.first.code, exchange_.second.code};
  EXPECT_EQ(required(only_first, kTestNow), first);
  EXPECT_EQ(required(only_first, kTestNow + kFormerCentreServes - Milliseconds{1}), first);
  EXPECT_EQ(required(only_first, kTestNow + kFormerCentreServes), both);
}

TEST_F(OpeningTest, RefusesAHeaderThatLacksARequiredScanner) {
  const CentreCode first = exchange_.first.code, second = exchange_.second.code;
  EXPECT_EQ(scanner_refusal(header_, {first}), kFine);
  EXPECT_EQ(scanner_refusal(header_, {first, second}), Reason::kScannersMismatch);
}

TEST_F(OpeningTest, RefusesAHeaderThatNamesAnUnregisteredScanner) {
  Header header = header_;
  header.scanners[0].certificate = exchange_.second.scanner.certificate().sha256();
  EXPECT_EQ(scanner_refusal(header, {exchange_.first.code}), Reason::kScannersMismatch);
  header.scanners[0].certificate = exchange_.first.evidence.certificate().sha256();
  EXPECT_EQ(scanner_refusal(header, {exchange_.first.code}), Reason::kScannersMismatch);
  header = header_;
  header.scanners.push_back({CentreCode::parse("NOWHERE").value(), {}, {}});
  EXPECT_EQ(scanner_refusal(header, {exchange_.first.code}), Reason::kScannersMismatch);
}

TEST_F(OpeningTest, AScannerFindsItsOwnEntry) {
  const Certificate& own = exchange_.first.scanner.certificate();
  const Bytes& block = package_.envelope.key_blocks.back();
  EXPECT_TRUE(check_scanner_entry(header_, own, block).ok());
  EXPECT_EQ(check_scanner_entry(header_, own, package_.envelope.key_blocks.front()).reason(),
            Reason::kUnopenable);
  EXPECT_EQ(check_scanner_entry(header_, exchange_.second.scanner.certificate(), block).reason(),
            Reason::kUnopenable);
}

TEST_F(OpeningTest, ARecipientFindsItsOwnLeafWithItsOwnKeyBlocks) {
  const PlacedLeaf placed = place_leaves(package_.envelope.leaves)[0];
  const Bytes own[] = {package_.envelope.key_blocks[0]};
  EXPECT_EQ(check_own_leaf(header_, placed, own)->addressee, exchange_.b.addressee());
  const Bytes other[] = {package_.envelope.key_blocks[1]};
  EXPECT_EQ(check_own_leaf(header_, placed, other).reason(), Reason::kUnopenable);
  EXPECT_EQ(check_own_leaf(header_, placed, {}).reason(), Reason::kUnopenable);
  PlacedLeaf moved = placed;
  moved.index = 1;
  EXPECT_EQ(check_own_leaf(header_, moved, own).reason(), Reason::kUnopenable);
}

TEST_F(OpeningTest, RecipientAndScannerOpenTheSameContentKey) {
  const auto& blocks = package_.envelope.key_blocks;
  const auto recipients = open_key_block(header_, blocks[0], exchange_.b.encrypt);
  const auto scanners = open_key_block(header_, blocks[1], exchange_.first.scanner);
  ASSERT_TRUE(recipients.ok() && scanners.ok());
  EXPECT_EQ(copy_of(recipients->view()), package_.content_key);
  EXPECT_EQ(copy_of(scanners->view()), package_.content_key);
}

TEST_F(OpeningTest, AKeyBlockOfAnotherMessageDoesNotOpen) {
  const TestPackage other = make_package(exchange_);
  const auto opened = open_key_block(header_, other.envelope.key_blocks[0], exchange_.b.encrypt);
  EXPECT_EQ(opened.reason(), Reason::kUnopenable);
  EXPECT_EQ(opened.refusal().detail, "步驟 7：金鑰區塊屬於其他訊息");
}

TEST_F(OpeningTest, AKeyBlockForAnotherKeyOrWithAChangedByteDoesNotOpen) {
  Bytes block = package_.envelope.key_blocks[0];
  EXPECT_EQ(open_key_block(header_, block, exchange_.c.encrypt).reason(), Reason::kUnopenable);
  block[block.size() / 2] ^= 1;
  EXPECT_EQ(open_key_block(header_, block, exchange_.b.encrypt).reason(), Reason::kUnopenable);
}

TEST_F(OpeningTest, AKeyBlockWithAContentKeyOfAnotherLengthDoesNotOpen) {
  const Bytes content = key_block_content(header_.message_id, SecretBytes(random_bytes(31)));
  const Bytes block = wrap_key(content, exchange_.b.encrypt.certificate()).value();
  EXPECT_EQ(open_key_block(header_, block, exchange_.b.encrypt).reason(), Reason::kUnopenable);
}

// A module whose next so many answers are wrong in one bit.
class FaultyModule final : public DecryptionKey {
 public:
  FaultyModule(SoftwareKey& key, int wrong) : key_(key), wrong_(wrong) {}
  [[nodiscard]] const Certificate& certificate() const override { return key_.certificate(); }
  [[nodiscard]] Result<SecretBytes> decrypt_oaep(ByteView ciphertext) override {
    return spoil(key_.decrypt_oaep(ciphertext));
  }
  [[nodiscard]] Result<SecretBytes> agree(ByteView peer_point) override {
    return spoil(key_.agree(peer_point));
  }

 private:
  Result<SecretBytes> spoil(Result<SecretBytes> answer) {
    if (answer && wrong_-- > 0) answer->writable()[7] ^= 1U;
    return answer;
  }
  SoftwareKey& key_;
  int wrong_;
};

TEST_F(OpeningTest, AModuleThatAnswersNonsenseCondemnsNothing) {
  FaultyModule broken(exchange_.b.encrypt, 1'000);
  const auto opened = open_key_block(header_, package_.envelope.key_blocks[0], broken);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.reason(), Reason::kKeyholderUnavailable);
}

TEST_F(OpeningTest, OneWrongAnswerOfAModuleIsNotItsLastWord) {
  FaultyModule shaken(exchange_.b.encrypt, 1);
  EXPECT_TRUE(open_key_block(header_, package_.envelope.key_blocks[0], shaken).ok());
}

TEST_F(OpeningTest, PolicyDecidesWhichSignaturesOfASenderAreTaken) {
  package_.sealed.scheme = SignatureScheme::kRsaPkcs1Sha256;
  EXPECT_EQ(sender_refusal(), Reason::kAlgorithmRefused);
  const SoftwareKey card = exchange_.authority.issue({.subject = "a", .kind = KeyKind::kRsa});
  sender_certificate() = SmallExchange::certificate(Purpose::kSign, card);
  package_.sealed.signer = card.certificate();
  EXPECT_EQ(sender_refusal(), Reason::kAlgorithmRefused);
  policy_ = CryptoPolicy::with(Pkcs1Signatures::kAccepted);
  EXPECT_EQ(sender_refusal(), kFine);
}

TEST_F(OpeningTest, OutsideOnlyTheCodeOfTheseStepsIsSaid) {
  const Refusal inward{Reason::kUnopenable, "步驟 8：金鑰承諾不符"};
  EXPECT_EQ(outward(inward), (Refusal{Reason::kUnopenable, ""}));
  const Refusal other{Reason::kClockSkew, "detail"};
  EXPECT_EQ(outward(other), other);
}

}  // namespace
}  // namespace yizhan
