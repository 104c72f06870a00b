#include "role/exchange/distributing.h"

#include <thread>

#include "ground/files/files.h"
#include "role/exchange/centre_routes.h"
#include "role/exchange/desks_test.h"
#include "role/exchange/exchange_config.h"
#include "role/exchange/exchange_monitor.h"
#include "tests/support/clause.h"
#include "tests/support/repository_cases.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

// A centre that follows management from a server of files, and an agency that asks the centre.
class FollowingCentre : public CentreDesks {
 protected:
  FollowingCentre() {
    repository_.found(text_of(signed_version(2)));
    serve();
    write_durably(folder_ / "tls.pem", bytes_of(centre_.exchange.authority.root().pem()));
    follow("address = \"127.0.0.1\"\nport = " + std::to_string(management_->ports().at(0)) +
           "\npath = \"/repo\"\ntls_anchors = \"tls.pem\"\n");
    TerminalDesk desk = terminal_desk(maintenance_);
    desk.distributing = &*distributing_;
    add_terminal_routes(router_, desk);
  }
  ~FollowingCentre() override {
    distributing_->stop();
    management_->stop();
  }

  // As at management: any server of files over TLS.
  void serve() {
    const Handler file = [this](const Request& request) {
      Result<Bytes> bytes =
          FolderSource(folder_ / "repository").fetch(request.path.substr(6), 1U << 20);
      if (!bytes) return Response::problem(bytes.refusal());
      return Response{.content_type = "application/octet-stream", .body = std::move(*bytes)};
    };
    files_.add(Method::kGet, "/repo/metadata/{a}", {}, file);
    files_.add(Method::kGet, "/repo/targets/{a}/{b}", {}, file);
    files_.add(Method::kGet, "/repo/targets/{a}/{b}/{c}", {}, file);
    files_.add(Method::kPost, "/repo/reports", {}, [this](const Request& request) {
      const std::lock_guard lock(handed_mutex_);
      handed_.insert(open_report(request.body)->report.node.text());
      return Response::json(200, {{"taken", true}});
    });
    files_.add(Method::kPost, "/repo/incidents", {}, [this](const Request& request) {
      const std::lock_guard lock(handed_mutex_);
      reported_.push_back(open_incident(request.body)->report);
      return Response::json(200, {{"taken", true}, {"state", "reported"}});
    });
    // News that is none, over and over.
    files_.add(Method::kGet, "/repo/news", {}, [this](const Request&) {
      ++asked_;
      return Response::json(200, {{"version", 99}});
    });
    const SoftwareKey key =
        centre_.exchange.authority.issue({.subject = "files",
                                          .usage = CertificateUsage::kTls,
                                          .alternative_names = {"IP:127.0.0.1"}});
    ListenerConfig listener{.address = "127.0.0.1"};
    listener.tls = ServerTls{
        .identity = tls_identity(std::make_shared<SoftwareKey>(key), *centre_.trust.current()),
        .require_client_certificate = false};
    management_.emplace(std::vector{std::move(listener)}, files_,
                        ServerConfig{.io_threads = 1, .worker_threads = 1});
    management_->start();
  }
  void follow(const std::string& lines) {
    std::string text;
    for (const char* path :
         {"data", "directory", "directory_anchors", "trust", "keyholder", "operator", "scanner"}) {
      text += std::string(path) + " = \"" + path + "\"\n";
    }
    text +=
        "centre = \"CENTRE-1\"\nterminals.address = \"127.0.0.1\"\n[distribution]\n"
        "interval = \"100ms\"\nroot = \"repository/metadata/1.root.json\"\n";
    write_durably(folder_ / "exchange.toml", bytes_of(text + lines));
    const Config config = Config::load({folder_ / "exchange.toml"}, exchange_table());
    ASSERT_TRUE(Distributing::is_configured(config));
    distributing_.emplace(
        config,
        Distributing::Parts{centre_.database, centre_.journal, centre_.directory, centre_.trust,
                            std::make_shared<SoftwareKey>(centre_.exchange.first.tls),
                            std::make_shared<SoftwareKey>(centre_.exchange.first.evidence),
                            folder_.path(), centre_.clock, {}, &incidents_});
    distributing_->start(
        [](std::string name, std::function<bool()> work) {
          return LoopPlan{.name = std::move(name),
                          .work = std::move(work),
                          .on_accident = [](const std::string&, const std::string& what) {
                            ADD_FAILURE() << what;
                          }};
        },
        [] {});
  }

  Bytes signed_version(std::int64_t version) {
    return sign_directory(centre_.exchange.directory(version), centre_.exchange.management,
                          kTestNow)
        .value();
  }
  bool is_seen(const std::function<bool()>& what) {
    for (int i = 0; i < 400; ++i) {
      if (what()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds{25});
    }
    return false;
  }
  bool is_in_force(std::int64_t version) {
    return is_seen([&] { return centre_.directory.current()->version() == version; });
  }
  std::string reason() {
    const Json json = distributing_->describe();
    return json.contains("reason") ? json["reason"].value("code", "") : "";
  }
  std::string metrics() {
    std::vector<Metric> all;
    distributing_->add_metrics(all);
    return exposition(all);
  }
  Request request(Method method, const std::string& path) {
    Request asked;
    asked.method = method;
    asked.path = path;
    asked.peer = {"127.0.0.1", centre_.exchange.a.tls.certificate()};
    return asked;
  }
  Response ask(const Request& asked) {
    const auto found = router_.find(asked.method, asked.path);
    if (found.route == nullptr) return Response::json(404, Json::object());
    return found.route->handler(asked);
  }
  std::int64_t count(const std::string& event) {
    return std::ranges::count(centre_.events(), event);
  }

  std::string incident_state() {
    const Json items = incidents_.describe().at("items");
    return items.empty() ? "" : items.at(0).value("state", "");
  }
  bool has_handed_up(const std::string& node) {
    const std::lock_guard lock(handed_mutex_);
    return handed_.contains(node);
  }

  TemporaryFolder folder_;
  SmallRepository repository_{folder_ / "repository", kTestNow};
  std::mutex handed_mutex_;
  std::set<std::string> handed_;
  std::vector<IncidentReport> reported_;
  std::atomic<int> asked_ = 0;
  Router files_, router_;
  MaintenanceDesk maintenance_{maintenance_parts()};
  std::optional<Server> management_;
  FoundIncidents incidents_{{centre_.database, centre_.journal, centre_.custody.centre().code,
                             std::make_shared<SoftwareKey>(centre_.exchange.first.evidence),
                             folder_ / "incidents", centre_.clock,
                             [](Transaction&, const IncidentSource&) { return IncidentTrace{}; },
                             [this] {
                               if (distributing_) distributing_->wake_reports();
                             },
                             WorkingCalendar::load({}).value()}};
  std::optional<Distributing> distributing_;
};

TEST_F(FollowingCentre, TakesWhatTwoOfficersHandDownOverHttpsAndJournalsIt) {
  ASSERT_TRUE(is_in_force(2)) << reason();
  EXPECT_TRUE(is_seen([&] { return count("directory_loaded") == 1; }));
  repository_.put(SmallRepository::kDirectory, text_of(signed_version(3)));
  ASSERT_TRUE(is_in_force(3)) << reason();
  EXPECT_TRUE(is_seen([&] { return count("directory_loaded") == 2; }));
  EXPECT_EQ(count("directory_refused"), 0);
  EXPECT_TRUE(is_seen([&] { return distributing_->describe().at("version") == 3; }));
}

TEST_F(FollowingCentre, DoesNotBeginWithoutAWayToManagement) {
  distributing_->stop();
  EXPECT_THROW(follow(""), ConfigError);
  EXPECT_THROW(follow("address = \"127.0.0.1\"\n"), ConfigError);
  follow("folder = \"repository\"\n");
}

TEST_F(FollowingCentre, AForgedOneChangesNothingAndIsToldEverywhere) {
  ASSERT_TRUE(is_in_force(2));
  const Bytes third = signed_version(3);
  repository_.repository.put_target(SmallRepository::kDirectory, third);
  cases::next_directory(repository_,
                        [&](Json& json) {
                          json["targets"][SmallRepository::kDirectory] = {
                              {"length", third.size()},
                              {"hashes", {{"sha256", sha256(third).hex()}}}};
                        },
                        {&repository_.officers[0]});
  ASSERT_TRUE(is_seen([&] { return reason() == "threshold_not_met"; })) << reason();
  EXPECT_TRUE(is_seen([&] { return count("directory_refused") == 1; }));
  EXPECT_EQ(centre_.directory.current()->version(), 2);
  EXPECT_NE(metrics().find("\nyizhan_distribution_refused 1\n"), std::string::npos) << metrics();
}

TEST_F(FollowingCentre, ServesItsTerminalsWhatItHasTaken) {
  ASSERT_TRUE(is_in_force(2));
  const std::string location(kTimestampLocation);
  ASSERT_TRUE(is_seen([&] { return distributing_->file(location).ok(); }));
  EXPECT_EQ(ask(request(Method::kGet, "/v1/distribution/" + location)).body,
            repository_.bytes_at(location));
  const std::string target = std::filesystem::relative(
      repository_.target_file(SmallRepository::kDirectory), folder_ / "repository");
  EXPECT_EQ(ask(request(Method::kGet, "/v1/distribution/" + target)).body,
            centre_.directory.signed_bytes());
  Request stranger = request(Method::kGet, "/v1/distribution/" + location);
  stranger.peer.certificate = repository_.officers[0].certificate();
  EXPECT_EQ(ask(stranger).refusal->reason, Reason::kCertificateUnregistered);
}

TEST_F(FollowingCentre, ShowsWhoOfItsAgenciesHasTheDirectory) {
  ASSERT_TRUE(is_in_force(2));
  const TestAgency& a = centre_.exchange.a;
  SoftwareKey key = a.sign;
  Request told = request(Method::kPost, "/v1/distribution/reports");
  told.body = sign_report({a.code, 2, 2, sha256(centre_.directory.signed_bytes()), kTestNow}, key)
                  .value()
                  .cms;
  EXPECT_EQ(ask(told).status, 200);
  Router operators;
  OperatorDesk desk = operator_desk(maintenance_);
  desk.distributing = &*distributing_;
  add_operator_routes(operators, desk);
  const auto route = operators.find(Method::kGet, "/v1/operator/distribution").route;
  const Json shown = Json::parse(text_of(route->handler(Request{}).body));
  EXPECT_EQ(shown.at("directory"), 2);
  ASSERT_EQ(shown.at("items").size(), 3U) << "not those of the other centre";
  for (const Json& item : shown.at("items")) {
    EXPECT_EQ(item.at("late").get<bool>(), item.at("node") != a.code.text()) << item;
  }
  EXPECT_EQ(from_base64(shown.at("items")[0].value("cms", "")), told.body);
}

TEST_F(FollowingCentre, HandsUpWhatItRunsItselfAndWhatItsTerminalsHaveSigned) {
  ASSERT_TRUE(is_in_force(2));
  EXPECT_TRUE(is_seen([&] { return has_handed_up("CENTRE-1"); }));
  const TestAgency& a = centre_.exchange.a;
  SoftwareKey key = a.sign;
  Request told = request(Method::kPost, "/v1/distribution/reports");
  told.body = sign_report({a.code, 2, 2, sha256(bytes_of("d")), kTestNow}, key).value().cms;
  ASSERT_EQ(ask(told).status, 200);
  EXPECT_TRUE(is_seen([&] { return has_handed_up(a.code.text()); }));
}

TEST_F(FollowingCentre, HandsUpAnIncidentAtOnce) {
  CLAUSE("五(二)7");
  ASSERT_TRUE(is_in_force(2));
  centre_.database.transact([&](Transaction& tx) {
    incidents_.open(tx, {IncidentCause::kRelease, "releases/exchange/9.9.9.json", "檢核碼不符"});
  });
  ASSERT_TRUE(is_seen([&] { return incident_state() == "reported"; }));
  const std::lock_guard lock(handed_mutex_);
  ASSERT_EQ(reported_.size(), 1U);
  EXPECT_EQ(reported_.front().found, "releases/exchange/9.9.9.json");
}

TEST_F(FollowingCentre, AReleaseThatDoesNotHoldIsAnIncident) {
  CLAUSE("五(二)7");
  ASSERT_TRUE(is_in_force(2));
  repository_.put("releases/exchange/9.9.9.json", "no release");
  ASSERT_TRUE(is_seen([&] { return incident_state() == "reported"; })) << reason();
  EXPECT_EQ(count("release_refused"), 1);
  EXPECT_EQ(count("case_opened"), 1);
}

TEST_F(FollowingCentre, AsksNobodyWithoutPauseWhoTellsOfNewsThatIsNone) {
  ASSERT_TRUE(is_in_force(2));
  const int before = asked_;
  std::this_thread::sleep_for(std::chrono::seconds{2});
  EXPECT_GT(asked_ - before, 2) << "it asks after every interval";
  EXPECT_LT(asked_ - before, 40);
}

TEST_F(FollowingCentre, TakesNoDocumentOnceItHasExpired) {
  ASSERT_TRUE(is_in_force(2));
  EXPECT_NE(ask(request(Method::kPost, "/v1/submissions")).refusal->reason,
            Reason::kMetadataExpired);
  centre_.clock.pass(std::chrono::hours{24 * 7});
  EXPECT_EQ(ask(request(Method::kPost, "/v1/submissions")).refusal->reason,
            Reason::kMetadataExpired);
  OperatorDesk desk = operator_desk(maintenance_);
  desk.distributing = &*distributing_;
  const ExchangeMonitor monitor{desk, centre_.database, centre_.objects, {}, centre_.clock};
  Readiness all(checks_of(monitor, [] { return Result<void>(); }), centre_.clock);
  for (const auto& finding : all.look()) {
    EXPECT_EQ(finding.why.has_value(), finding.name == "distribution") << finding.name;
  }
  EXPECT_TRUE(is_seen([&] { return distributing_->standing().stale; }));
  EXPECT_NE(metrics().find("\nyizhan_distribution_stale 1\n"), std::string::npos) << metrics();
}

TEST_F(FollowingCentre, GoesOnWhileManagementIsAway) {
  ASSERT_TRUE(is_in_force(2));
  management_->stop();
  ASSERT_TRUE(is_seen([&] { return reason() == "unavailable"; })) << reason();
  EXPECT_EQ(count("directory_refused"), 0) << "silence is no refusal";
  EXPECT_TRUE(distributing_->check_open());
}

TEST_F(FollowingCentre, ASuspendedCentreServesNobody) {
  CLAUSE("十三");
  ASSERT_TRUE(is_in_force(2)) << reason();
  EXPECT_TRUE(distributing_->check_open());
  centre_.directory.lay_over({{centre_.exchange.second.code, kTestNow, "命令 orders/1"}});
  EXPECT_TRUE(distributing_->check_open()) << "another one";
  centre_.directory.lay_over({{centre_.exchange.first.code, kTestNow, "命令 orders/2"}});
  const Result<void> open = distributing_->check_open();
  EXPECT_EQ(open.reason(), Reason::kAgencySuspended);
  EXPECT_NE(open.refusal().detail.find("命令 orders/2"), std::string::npos);
  Request submission = request(Method::kPost, "/v1/submissions");
  EXPECT_NE(text_of(ask(submission).body).find("agency_suspended"), std::string::npos)
      << text_of(ask(submission).body);
  centre_.directory.lay_over({});
  EXPECT_TRUE(distributing_->check_open());
}

}  // namespace
}  // namespace yizhan
