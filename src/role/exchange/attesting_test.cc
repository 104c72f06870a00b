#include "role/exchange/attesting.h"

#include <thread>

#include "ground/files/files.h"
#include "role/exchange/desks_test.h"
#include "role/exchange/exchange_config.h"

namespace yizhan {
namespace {

using std::chrono_literals::operator""h;

Response ask(const Router& router, Request request) {
  const auto found = router.find(request.method, request.path);
  if (found.route == nullptr) return Response::json(404, Json::object());
  request.parameters = found.parameters;
  return found.route->handler(request);
}

// The second centre answers over a real line; the first asks.
class TwoCentres : public CentreDesks {
 protected:
  TwoCentres() {
    add_terminal_routes(router_, {admission_, delivering_, holding_, reading_, centre_.directory,
                                  second_, centre_.database, centre_.custody, maintenance_,
                                  recollecting_});
    const auto trust = centre_.trust.current();
    ListenerConfig listener{.address = "127.0.0.1"};
    listener.tls = ServerTls{.identity = tls_identity(key(centre_.exchange.second.tls), *trust),
                             .client_anchors = tls_anchors(*trust)};
    listener.admit_peer = [this](const Peer& peer) { return second_.check_asker(peer); };
    server_.emplace(std::vector{std::move(listener)}, router_,
                    ServerConfig{.io_threads = 1, .worker_threads = 1});
    server_->start();
    centre_.exchange.centres[1].terminal_port = server_->ports().at(0);
    centre_.publish_directory();
  }
  static std::shared_ptr<SigningKey> key(const SoftwareKey& key) {
    return std::make_shared<SoftwareKey>(key);
  }
  Attesting::Parts parts(const TestCentre& centre, EvidenceLog& log, const std::string& folder) {
    make_directory(centre_.place.directory() / folder);
    AttestSettings settings;
    settings.interval = std::chrono::milliseconds{50};
    auto& keys = const_cast<TestCentre&>(centre);
    return {centre_.database, centre_.journal, log, centre_.directory, centre_.trust, centre.code,
            key(centre.tls), keys.log, centre_.place.directory() / folder, settings,
            centre_.clock};
  }
  void grow() {
    const std::vector<Bytes> entries = {copy_of(bytes_of("entry"))};
    centre_.log.append(entries);
    ASSERT_TRUE(centre_.log.publish(centre_.exchange.first.log).ok());
  }
  bool is_cosigned(std::uint64_t size) {
    for (int i = 0; i < 400; ++i) {
      const auto note = centre_.log.find_cosigned();
      if (note && Checkpoint::parse(note->text())->head.size == size) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds{25});
    }
    return false;
  }
  void start(Attesting& attesting) {
    attesting.start([](std::string name, std::function<bool()> work) {
      return LoopPlan{.name = std::move(name), .work = std::move(work),
                      .on_accident = [](const std::string&, const std::string& what) {
                        ADD_FAILURE() << what;
                      }};
    });
  }

  MaintenanceDesk maintenance_{maintenance_parts()};
  EvidenceLog second_log_{(make_directory(centre_.place.directory() / "second"),
                           centre_.place.directory() / "second/log"), "CENTRE-2"};
  Attesting second_{parts(centre_.exchange.second, second_log_, "second")};
  Router router_;
  std::optional<Server> server_;
};

TEST_F(TwoCentres, CosignOverTheMutualLine) {
  Attesting first(parts(centre_.exchange.first, centre_.log, "first"));
  start(first);
  grow();
  EXPECT_TRUE(is_cosigned(1)) << first.describe();
  grow();
  EXPECT_TRUE(is_cosigned(2)) << first.describe();
  first.stop();
  const Json log = first.describe();
  EXPECT_EQ(log.at("required"), 1);
  EXPECT_EQ(log.at("cosigned_size"), 2);
  EXPECT_EQ(log.at("witnesses").at(0).at("centre"), "CENTRE-2");
  const auto proof = first.proving().prove(0).value();
  EXPECT_TRUE(check_log_proof(proof, bytes_of("entry"), *centre_.directory.current())->witnessed);
}

TEST_F(TwoCentres, WhoIsNoCentreOfTheDirectoryFindsNoWitness) {
  grow();
  const Bytes body = AddCheckpoint{0, {}, centre_.log.find_checkpoint().value()}.body();
  const auto asked_by = [&](const std::optional<Certificate>& certificate) {
    return ask(router_, {.method = Method::kPost,
                         .path = kWitnessPath,
                         .body = body,
                         .peer = {.address = "127.0.0.1", .certificate = certificate}})
        .status;
  };
  EXPECT_EQ(asked_by(centre_.exchange.a.tls.certificate()), 403);
  EXPECT_EQ(asked_by(std::nullopt), 403);
  EXPECT_EQ(asked_by(centre_.exchange.first.log.certificate()), 403);
  EXPECT_EQ(asked_by(centre_.exchange.first.tls.certificate()), 200);
}

TEST_F(TwoCentres, SayWhereTheyStandInTheWayOfTheSpecification) {
  grow();
  const Bytes body = AddCheckpoint{1, {}, centre_.log.find_checkpoint().value()}.body();
  const Response answer =
      ask(router_, {.method = Method::kPost,
                    .path = kWitnessPath,
                    .body = body,
                    .peer = {.address = "127.0.0.1",
                             .certificate = centre_.exchange.first.tls.certificate()}});
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.content_type, "text/x.tlog.size");
  EXPECT_EQ(text_of(answer.body), "0\n");
}

TEST_F(TwoCentres, NothingIsAdmittedByACentreWhoseLogNobodyCosigned) {
  write_durably(centre_.place.directory() / "uncosigned-since",
                bytes_of((kTestNow - 4h).text()));
  Attesting held(parts(centre_.exchange.first, centre_.log, "."));
  Router router;
  add_terminal_routes(router, {admission_, delivering_, holding_, reading_, centre_.directory,
                               held, centre_.database, centre_.custody, maintenance_,
                                  recollecting_});
  const TestPackage package = make_package(centre_.exchange);
  const Request request{.method = Method::kPost,
                        .path = "/v1/submissions",
                        .body = package.with_body().submission(),
                        .peer = {.address = "127.0.0.1",
                                 .certificate = centre_.exchange.a.tls.certificate()}};
  const Response refused = ask(router, request);
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(text_of(refused.body).find("共同簽署"), std::string_view::npos);
  Request question = request;
  question.method = Method::kGet;
  question.path = "/v1/status";
  const Json status = Json::parse(text_of(ask(router, question).body));
  EXPECT_FALSE(status.at("accepting"));
  EXPECT_TRUE(status.contains("log"));
  // Co-signed again, the same submission is taken.
  grow();
  start(held);
  EXPECT_TRUE(is_cosigned(1));
  held.stop();
  EXPECT_EQ(ask(router, request).status, 201);
}

TEST_F(TwoCentres, ShowTheCheckpointToWhoWantsToKeepIt) {
  Attesting first(parts(centre_.exchange.first, centre_.log, "first"));
  EXPECT_FALSE(first.checkpoint());
  grow();
  EXPECT_EQ(first.checkpoint()->bytes(), centre_.log.find_checkpoint()->bytes());
}

TEST_F(TwoCentres, AreWatchedFromOutside) {
  Attesting first(parts(centre_.exchange.first, centre_.log, "first"));
  std::vector<Metric> all;
  first.add_metrics(all);
  const std::string text = exposition(all);
  for (const char* line : {"yizhan_log_uncosigned_seconds 0", "yizhan_log_cosignatures_required 1",
                           "yizhan_log_witness_disagrees{witness=\"CENTRE-2\"} 0"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

TEST(AttestSettingsTest, AnAuthorityMustBeReachableSomehow) {
  TestAuthority authority;
  const auto folder = std::filesystem::temp_directory_path() /
                      ("yizhan-attest-" + Uuid::generate(kTestNow).text());
  make_directory(folder);
  write_durably(folder / "tsa.pem", bytes_of(authority.root().pem()));
  const auto settings = [&](const std::string& more) {
    std::string text;
    for (const char* key : {"data", "directory", "directory_anchors", "trust", "keyholder",
                            "operator", "scanner"}) {
      text += std::string(key) + " = \"x\"\n";
    }
    text += "centre = \"CENTRE-1\"\nterminals.address = \"127.0.0.1\"\n" + more;
    write_durably(folder / "exchange.toml", bytes_of(text));
    return AttestSettings::from(Config::load({folder / "exchange.toml"}, exchange_table()));
  };
  const std::string begin = "[[timestamp_authority]]\nname = \"tsa-1\"\nanchors = \"tsa.pem\"\n";
  EXPECT_THROW(settings(begin), ConfigError);
  EXPECT_THROW(settings(begin + "address = \"127.0.0.1\"\n"), ConfigError);
  EXPECT_EQ(settings(begin + "socket = \"tsa.sock\"\n").authorities.size(), 1U);
  EXPECT_EQ(settings("").limits.held_after, 4h);
  EXPECT_THROW(settings("witness.logs = [\"nobody\"]\n"), ConfigError);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace yizhan
