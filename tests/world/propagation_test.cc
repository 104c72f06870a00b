#include <gtest/gtest.h>

#include <iomanip>
#include <iostream>

#include "tests/support/clause.h"
#include "tests/support/own_network.h"
#include "tests/support/temporary_folder.h"
#include "tests/world/node_views.h"
#include "tests/world/officers.h"

// How soon what two officers have signed is in force: one management, three centres and twelve
// terminals, in a network of their own, of which three packets in ten can be lost. The times are
// printed and kept with the results.

namespace yizhan {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::seconds;

constexpr Seconds kInForceWithin{60};  // at every centre, also on a bad line
constexpr const char* kSuspended = "T37600000B";
constexpr std::size_t kTerminals = 12;

class PropagationWorld : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { alone_ = enter_own_network(); }

  void SetUp() override {
    if (!alone_) GTEST_SKIP() << "only root may have a network of its own";
    world_.emplace(lab_, programs());
    for (const char* program : {"management-keyholder", "management"}) start(program);
    distribution({"init", repository(), "--officer", card("wang") + ".crt", "--officer",
                  card("huang") + ".crt", "--officer", card("tsai") + ".crt", "--online",
                  (lab_.root() / "management/keys/online.crt").string()});
    sign("wang", {"root", "targets"});
    sign("huang", {"root", "targets"});
    hand_down("directory", "directory/directory.p7m", lab_.root() / "directory.p7m");
    world_->start_all();
    ASSERT_TRUE(is_seen([this] { return run_and_say(1); }, Seconds{120}));
  }
  void start(const std::string& program) {
    world_->start(program);
    world_->wait_until_ready(program);
  }

  [[nodiscard]] std::string repository() const { return (lab_.root() / "repository").string(); }
  [[nodiscard]] std::string card(const std::string& officer) const {
    return (lab_.root() / "officers" / officer).string();
  }
  static std::string distribution(std::vector<std::string> words) {
    words.insert(words.begin(), "distribution");
    return OfficersAtWork::yizhan(std::move(words));
  }
  void sign(const std::string& officer, const std::vector<std::string>& roles) const {
    std::vector<std::string> words{"sign"};
    for (const auto& role : roles) words.push_back(repository() + "/staged/" + role + ".json");
    words.insert(words.end(),
                 {"--key", card(officer) + ".key", "--certificate", card(officer) + ".crt",
                  "--passphrase-file", (lab_.root() / "passphrase").string()});
    EXPECT_NE(distribution(std::move(words)).find("\"signed\""), std::string::npos);
  }
  // The second signature is the last thing that people do; since then.
  Clock::time_point hand_down(const std::string& role, const std::string& path,
                              const std::filesystem::path& file) const {
    distribution({"add", repository(), path, file.string()});
    sign("wang", {role});
    sign("tsai", {role});
    return Clock::now();
  }
  Clock::time_point order(const std::string& path, std::vector<std::string> draft) const {
    const auto file = folder_ / "order.json";
    draft.insert(draft.begin(), {"order", "draft"});
    draft.insert(draft.end(), {"--as", path, "--into", file.string()});
    OfficersAtWork::yizhan(std::move(draft));
    return hand_down("orders", path, file);
  }

  // Both ways between management and the centres, as the kernel passes them.
  void lose(int packets_in_ten) const {
    const std::string port = std::to_string(lab_.management_port());
    std::string rules = "table inet weather\ndelete table inet weather\n";
    if (packets_in_ten > 0) {
      rules += "table inet weather {\nchain in {\ntype filter hook input priority 0; ";
      for (const char* way : {"dport ", "sport "}) {
        rules += "tcp " + (way + port) + " numgen random mod 10 < " +
                 std::to_string(packets_in_ten) + " drop; ";
      }
      rules += "}\n}\n";
    }
    write_durably(folder_ / "weather.nft", bytes_of(rules));
    EXPECT_EQ(output_of({"/usr/sbin/nft", "-f", (folder_ / "weather.nft").string()}), "");
  }

  bool at_centres(const std::function<bool(const std::string&)>& what) const {
    return std::ranges::all_of(lab_.centres(), [&](const auto& c) { return what(c.folder); });
  }
  bool at_terminals(const std::function<bool(const std::string&)>& what) const {
    return std::ranges::all_of(lab_.agencies(), [&](const auto& a) { return what(a.folder); });
  }
  // Every node has signed that it runs that version of the directory.
  bool run_and_say(std::int64_t version) const {
    const Json items = nodes_.get("management", "/v1/board?all=true").value("items", Json::array());
    return items.size() == lab_.centres().size() + lab_.agencies().size() &&
           std::ranges::all_of(items, [&](const Json& line) {
             return line.value("directory", std::int64_t{0}) == version;
           });
  }
  // Until it is so, since then; a line of the table.
  static std::chrono::milliseconds print(const std::string& what, Clock::time_point since,
                                         const std::function<bool()>& is_so) {
    const bool seen = is_seen(is_so, Seconds{120});
    const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - since);
    EXPECT_TRUE(seen) << what;
    std::cout << std::setw(8) << took.count() << " ms  " << what << "\n";
    RecordProperty(what, static_cast<int>(took.count()));
    return took;
  }
  void suspend_and_resume(const std::string& line, int first) const {
    const std::string name = "orders/" + std::to_string(first);
    auto signed_at = order(name + ".json", {"suspend", "--agency", kSuspended, "--ground", "一",
                                            "--reason", "第三級資安事件"});
    const auto took = print(line + ": suspension in force at three centres", signed_at, [&] {
      return at_centres([&](const auto& c) { return nodes_.order_state(c, name) == "in_force"; });
    });
    EXPECT_LT(took, kInForceWithin);
    print(line + ": and at twelve terminals", signed_at, [&] {
      return at_terminals([&](const auto& t) { return nodes_.has_suspension(t); });
    });
    signed_at = order("orders/" + std::to_string(first + 1) + ".json",
                      {"resume", "--agency", kSuspended, "--reason", "改善完成", "--supersedes",
                       name + ".json"});
    print(line + ": resumption in force at three centres", signed_at, [&] {
      return at_centres([&](const auto& c) { return nodes_.order_state(c, name) == "ended"; });
    });
  }

  static inline bool alone_ = false;
  TemporaryFolder folder_;
  Lab lab_{folder_ / "lab", {.centres = 3, .management = true, .terminals = kTerminals,
                             .hurried = false}};
  std::optional<World> world_;
  const NodeViews nodes_{lab_};
};

TEST_F(PropagationWorld, WhatTwoOfficersSignIsInForceEverywhereWithinItsTime) {
  CLAUSE("十三");
  ASSERT_EQ(lab_.agencies().size(), kTerminals);
  lab_.set_standing(lab_.agencies()[0].code, Standing::kActive);  // version 2
  auto signed_at = hand_down("directory", "directory/directory.p7m", lab_.root() / "directory.p7m");
  print("good line: directory run by three centres", signed_at, [&] {
    return at_centres([&](const auto& centre) { return nodes_.runs_directory(centre, 2); });
  });
  print("good line: and by twelve terminals", signed_at, [&] {
    return at_terminals([&](const auto& terminal) { return nodes_.runs_directory(terminal, 2); });
  });
  print("good line: and all fifteen have signed so to management", signed_at,
        [&] { return run_and_say(2); });
  suspend_and_resume("good line", 1);
  lose(3);
  suspend_and_resume("three packets in ten lost", 3);
  lose(0);
}

}  // namespace
}  // namespace yizhan
