#include "duty/distribution/distribution_line.h"

#include "tests/support/loopback.h"
#include "tests/support/repository_cases.h"

namespace yizhan {
namespace {

const Time kNow = Time::parse("2026-11-30T04:00:00Z").value();

// A repository behind a server of files, as management's is.
class DistributionLineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    repository_.found();
    const auto serve = [this](const Request& request) {
      const Result<Bytes> bytes =
          FolderSource(folder_ / "repository").fetch(request.path.substr(6), 8u << 20);
      if (!bytes) return Response::problem(bytes.refusal());
      return text(text_of(*bytes));
    };
    for (const char* pattern :
         {"/repo/metadata/{a}", "/repo/targets/{a}/{b}", "/repo/targets/{a}/{b}/{c}"}) {
      server_.router.add(Method::kGet, pattern, {}, serve);
    }
    server_.start();
    line_.emplace(server_.endpoint(), "/repo");
  }
  Result<Bytes> update(const std::string& target = SmallRepository::kDirectory) {
    TrustedState state({}, repository_.bytes_at(metadata_location(kRootRole, 1)));
    TrustClient client(state, *line_);
    const Result<bool> fresh = client.refresh(kNow);
    if (!fresh) return fresh.refusal();
    return client.fetch_target(target);
  }

  TemporaryFolder folder_;
  SmallRepository repository_{folder_ / "repository", kNow};
  Loopback server_{Loopback::mutual_tls()};
  std::optional<DistributionLine> line_;
};

TEST_F(DistributionLineTest, FollowsARepositoryOverTls) {
  EXPECT_EQ(text_of(update().value()), "directory 1");
  cases::replace_officer(repository_);
  EXPECT_EQ(text_of(update().value()), "directory 1");
}

TEST_F(DistributionLineTest, EndlessDataIsNotReadToItsEnd) {
  write_durably(repository_.target_file(SmallRepository::kDirectory),
                Bytes(std::size_t{4} << 20, 'x'));
  EXPECT_EQ(update().reason(), Reason::kTooLarge);
}

TEST_F(DistributionLineTest, MoreThanIsListedIsTooMuchHoweverShort) {
  write_durably(repository_.target_file(SmallRepository::kDirectory), bytes_of("directory 1 "));
  EXPECT_EQ(update().reason(), Reason::kTooLarge);
}

TEST_F(DistributionLineTest, WhatIsNotThereIsNotFoundEvenForAShortFile) {
  std::filesystem::remove(repository_.target_file(SmallRepository::kDirectory));
  EXPECT_EQ(update().reason(), Reason::kNotFound);
}

TEST_F(DistributionLineTest, ARoleWithASlashIsFound) {
  const auto all = all_repository_cases();
  const auto nested = std::ranges::find(all, "Workflow_ANestedDelegation", &RepositoryCase::name);
  ASSERT_NE(nested, all.end());
  nested->happens(repository_);
  EXPECT_EQ(text_of(update(nested->target).value()), "{}");
}

TEST_F(DistributionLineTest, AServerThatIsGoneIsUnavailable) {
  server_.server->stop();
  EXPECT_EQ(update().reason(), Reason::kUnavailable);
}

}  // namespace
}  // namespace yizhan
