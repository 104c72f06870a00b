#include "model/agency/directory_source.h"

#include <gtest/gtest.h>

#include "ground/files/files.h"
#include "tests/support/small_exchange.h"

namespace yizhan {
namespace {

class SourceTest : public ::testing::Test {
 protected:
  SourceTest() {
    std::string name = (std::filesystem::temp_directory_path() / "yizhan-source-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~SourceTest() override { std::filesystem::remove_all(folder_); }

  Bytes signed_version(std::int64_t version) {
    return sign_directory(exchange_.directory(version), exchange_.management, kTestNow).value();
  }
  DirectorySource source_of(std::int64_t version) {
    write_durably(file_(), signed_version(version));
    return DirectorySource(file_(), {exchange_.management.certificate()});
  }
  void write(const std::string& name, ByteView bytes) { write_durably(folder_ / name, bytes); }
  void write_anchors() {
    make_directory(folder_ / "anchors");
    make_directory(folder_ / "intermediates");
    make_directory(folder_ / "revocation");
    write("anchors/root.pem", bytes_of(exchange_.authority.root().pem()));
    write("intermediates/issuing.pem", bytes_of(exchange_.authority.intermediate().pem()));
  }
  [[nodiscard]] std::filesystem::path file_() const { return folder_ / "directory.p7m"; }

  SmallExchange exchange_;
  std::filesystem::path folder_;
};

using DirectorySourceTest = SourceTest;
using TrustSourceTest = SourceTest;

TEST_F(DirectorySourceTest, TakesWhatManagementSigned) {
  EXPECT_EQ(source_of(3).current()->version(), 3);
}

TEST_F(DirectorySourceTest, DoesNotStartWithADirectoryThatAnotherSigned) {
  // Issued by the same authority, yet not the one that speaks for the directory.
  write_durably(file_(),
                sign_directory(exchange_.directory(), exchange_.a.sign, kTestNow).value());
  EXPECT_THROW(DirectorySource(file_(), {exchange_.management.certificate()}), std::runtime_error);
}

TEST_F(DirectorySourceTest, RefusesAnotherSignerWhileRunning) {
  DirectorySource source = source_of(1);
  const Bytes other =
      sign_directory(exchange_.directory(2), exchange_.a.sign, kTestNow).value();
  EXPECT_EQ(source.adopt(other).reason(), Reason::kCertificateUntrusted);
  EXPECT_EQ(source.current()->version(), 1);
}

TEST_F(DirectorySourceTest, RefusesAnOlderVersionAndKeepsTheOneInForce) {
  DirectorySource source = source_of(5);
  EXPECT_EQ(source.adopt(signed_version(4)).reason(), Reason::kDirectoryStale);
  write_durably(file_(), signed_version(4));
  EXPECT_EQ(source.reload().reason(), Reason::kDirectoryStale);
  EXPECT_EQ(source.current()->version(), 5);
}

TEST_F(DirectorySourceTest, RefusesOtherContentUnderTheVersionInForce) {
  DirectorySource source = source_of(5);
  EXPECT_FALSE(source.adopt(signed_version(5)).value()) << "the same, signed again";
  exchange_.registered(exchange_.a).standing = Standing::kSuspended;
  EXPECT_EQ(source.adopt(signed_version(5)).reason(), Reason::kConflict);
  write_durably(file_(), signed_version(5));
  EXPECT_EQ(source.reload().reason(), Reason::kConflict);
  EXPECT_EQ(source.current()->find(exchange_.a.code)->standing, Standing::kActive);
}

TEST_F(DirectorySourceTest, AnOlderVersionThatIsOfferedDoesNotReachTheFile) {
  DirectorySource source = source_of(5);
  EXPECT_FALSE(source.adopt(signed_version(4)).ok());
  EXPECT_EQ(DirectorySource(file_(), {exchange_.management.certificate()}).current()->version(), 5);
}

TEST_F(DirectorySourceTest, KeepsWhatItAdoptedOverARestart) {
  DirectorySource source = source_of(1);
  const Bytes second = signed_version(2);
  EXPECT_TRUE(source.adopt(second).value());
  EXPECT_EQ(source.signed_bytes(), second);
  EXPECT_EQ(DirectorySource(file_(), {exchange_.management.certificate()}).current()->version(), 2);
}

TEST_F(DirectorySourceTest, RemembersOverARestartWhenEachVersionWasReplaced) {
  const auto editions = folder_ / "editions.json";
  const auto source = [&] {
    return DirectorySource(file_(), {exchange_.management.certificate()}, editions);
  };
  constexpr std::chrono::hours kDay{24};
  const auto write_version = [&](std::int64_t version) {
    const Time issued = kTestNow + (version - 1) * kDay;
    const Directory directory({version, issued, issued + 7 * kDay}, exchange_.centres,
                              exchange_.agencies);
    write_durably(file_(), sign_directory(directory, exchange_.management, kTestNow).value());
  };
  for (const std::int64_t version : {1, 2, 3}) {
    write_version(version);
    EXPECT_EQ(source().current()->version(), version);
  }
  EXPECT_EQ(source().current()->superseded(1), kTestNow + kDay);
  EXPECT_EQ(source().current()->superseded(2), kTestNow + 2 * kDay);
  write_version(60);
  EXPECT_EQ(source().current()->superseded(1), kTestNow + 59 * kDay);  // too old to matter
  write_durably(editions, bytes_of("[{}]"));
  EXPECT_THROW(source(), std::runtime_error);
}

TEST_F(DirectorySourceTest, SaysWhetherAReloadBroughtANewVersion) {
  DirectorySource source = source_of(1);
  EXPECT_FALSE(source.reload().value());
  write_durably(file_(), signed_version(2));
  EXPECT_TRUE(source.reload().value());
  EXPECT_EQ(source.current()->version(), 2);
}

TEST_F(DirectorySourceTest, AReaderKeepsTheVersionThatItStartedWith) {
  DirectorySource source = source_of(1);
  const auto before = source.current();
  EXPECT_TRUE(source.adopt(signed_version(2)).ok());
  EXPECT_EQ(before->version(), 1);
}

TEST_F(TrustSourceTest, DoesNotStartWithoutAnAnchor) {
  EXPECT_ANY_THROW(TrustSource{folder_});
  make_directory(folder_ / "anchors");
  EXPECT_THROW(TrustSource{folder_}, std::runtime_error);
}

TEST_F(TrustSourceTest, TakesRevocationListsThatTheirIssuerSigned) {
  write_anchors();
  const Time next = kTestNow + std::chrono::hours{24};
  write("revocation/issuing.crl", exchange_.authority.crl(kTestNow, next));
  const TrustSource source(folder_);
  EXPECT_EQ(source.current()->revocations.this_update(exchange_.a.sign.certificate()), kTestNow);
}

TEST_F(TrustSourceTest, LeavesOutAForgedRevocationList) {
  write_anchors();
  // Another authority of the same name: the list looks right and its signature does not hold.
  TestAuthority forger;
  forger.revoke(exchange_.a.sign.certificate(), {.revoked_at = kTestNow});
  write("revocation/issuing.crl", forger.crl(kTestNow, kTestNow + std::chrono::hours{24}));
  TrustSource source(folder_);
  EXPECT_EQ(source.current()->revocations.this_update(exchange_.a.sign.certificate()),
            std::nullopt);
  const std::vector<std::string> left_out = source.take_left_out();
  ASSERT_EQ(left_out.size(), 1U);
  EXPECT_NE(left_out[0].find("issuing.crl"), std::string::npos) << left_out[0];
  source.reload();
  EXPECT_TRUE(source.take_left_out().empty()) << "said once";
}

TEST_F(TrustSourceTest, SeesANewListOnceItIsReadAgain) {
  write_anchors();
  TrustSource source(folder_);
  const auto before = source.current();
  exchange_.authority.revoke(exchange_.a.sign.certificate(), {.revoked_at = kTestNow});
  write("revocation/issuing.crl",
        exchange_.authority.crl(kTestNow, kTestNow + std::chrono::hours{24}));
  source.reload();
  EXPECT_TRUE(source.current()->revocations.find(exchange_.a.sign.certificate()).has_value());
  EXPECT_FALSE(before->revocations.find(exchange_.a.sign.certificate()).has_value());
}

}  // namespace
}  // namespace yizhan
