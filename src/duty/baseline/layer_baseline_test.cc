#include "duty/baseline/layer_baseline.h"

#include <gtest/gtest.h>

#include "duty/baseline/baseline_cases_test.h"
#include "tests/support/followed_repository.h"

namespace yizhan {
namespace {

TEST(Baseline, ComesBackAsWritten) {
  Baseline baseline = baseline_of();
  baseline.exceptions = {{"CENTRE-1", "port:tcp/22", "遠端維護", on_day("2027-01-31")}};
  const Baseline read = Baseline::parse("baselines/exchange.json", baseline.json()).value();
  EXPECT_EQ(read.describe(), baseline.describe());
  EXPECT_EQ(read.json(), baseline.json());
}

TEST(Baseline, IsWhatItsPathSays) {
  const Bytes content = baseline_of().json();
  for (const char* path : {"baselines/terminal.json", "exchange.json", "baselines/exchange"}) {
    EXPECT_EQ(Baseline::parse(path, content).reason(), Reason::kMalformed) << path;
  }
}

TEST(Baseline, LeavesNothingOutAndHoldsNothingElse) {
  const Json whole = Json::parse(text_of(baseline_of().json()));
  const auto parsed = [](const Json& json) {
    return Baseline::parse("baselines/exchange.json", bytes_of(json.dump()));
  };
  ASSERT_TRUE(parsed(whole));
  for (const auto& [name, value] : whole.items()) {
    Json less = whole;
    less.erase(name);
    EXPECT_EQ(parsed(less).reason(), Reason::kMalformed) << name;
  }
  const auto with = [&](const char* name, const Json& value) {
    Json other = whole;
    other[name] = value;
    return parsed(other).reason();
  };
  EXPECT_EQ(with("format", "yizhan-baseline-2"), Reason::kUnknownFormat);
  EXPECT_EQ(with("ports", {"tcp/0"}), Reason::kMalformed);
  EXPECT_EQ(with("ports", {"tcp/65536"}), Reason::kMalformed);
  EXPECT_EQ(with("ports", {"sctp/80"}), Reason::kMalformed);
  EXPECT_EQ(with("ports", {8443}), Reason::kMalformed);
  EXPECT_EQ(with("systems", {"debian"}), Reason::kMalformed);
  EXPECT_EQ(with("forbidden", {"*"}), Reason::kMalformed) << "everything";
  EXPECT_EQ(with("required", {"../openssl"}), Reason::kMalformed);
  EXPECT_EQ(with("at_least", {{"openssl", "new"}}), Reason::kMalformed) << "no number";
  EXPECT_EQ(with("at_least", {{"openssl", "3 0"}}), Reason::kMalformed);
  EXPECT_EQ(with("settings", {{"net/ipv4", "0"}}), Reason::kMalformed);
  EXPECT_EQ(with("exceptions", {{{"node", "CENTRE-1"},
                                 {"deviation", "port:tcp/22"},
                                 {"reason", ""},
                                 {"until", "2027-01-31"}}}),
            Reason::kMalformed);
}

TEST(Baseline, OfTheLayerIsFoundInTheDistribution) {
  const TemporaryFolder folder;
  FollowedRepository repository(folder / "repository");
  const auto find = [&](Layer layer) {
    std::optional<Baseline> found;
    EXPECT_TRUE(repository.look(kTestNow, [&](TrustClient& client) -> Result<void> {
      found = YZ_TRY(find_baseline(client, layer));
      return {};
    }));
    return found;
  };
  EXPECT_FALSE(find(Layer::kExchange));
  repository.put("baselines/exchange.json", text_of(baseline_of().json()));
  EXPECT_EQ(find(Layer::kExchange)->edition, 3);
  EXPECT_FALSE(find(Layer::kTerminal));
}

}  // namespace
}  // namespace yizhan
