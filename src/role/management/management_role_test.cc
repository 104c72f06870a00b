#include "role/management/management_role.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "model/line/line.h"
#include "role/management/management_config.h"
#include "tests/support/key_folder.h"
#include "tests/support/small_exchange.h"
#include "tests/support/small_repository.h"

namespace yizhan {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPassphrase = "correct horse";

int free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  YZ_ASSERT(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  YZ_ASSERT(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(listener);
  return ntohs(address.sin_port);
}

// The whole program but for main(): its sockets, a real keyholder, a repository that officers fill,
// and a centre that dials it.
class ManagementAtWork : public ::testing::Test {
 protected:
  ManagementAtWork() {
    for (Centre& centre : exchange_.centres) make_current(centre.certificates);
    for (Agency& agency : exchange_.agencies) make_current(agency.certificates);
    exchange_.centres[0].addresses = {"127.0.0.1"};
    exchange_.centres[1].addresses = {"192.0.2.2"};
    write("directory.p7m", signed_directory(1));
    write("management.pem", bytes_of(exchange_.management.certificate().pem()));
    for (const char* name : {"anchors", "intermediates", "revocation"}) {
      std::filesystem::create_directories(folder_ / "trust" / name);
    }
    write("trust/anchors/root.pem", bytes_of(exchange_.authority.root().pem()));
    write("trust/intermediates/ca.pem", bytes_of(exchange_.authority.intermediate().pem()));
    write("trust/revocation/ca.crl", exchange_.authority.crl(now_, now_ + 24h));
    write("trust/revocation/root.crl", exchange_.authority.root_crl(now_, now_ + 24h));
    start_keyholder();
    begin();
  }
  ~ManagementAtWork() override { management_.reset(); }

  void make_current(Certificates& certificates) const {
    for (RegisteredCertificate& certificate : certificates) {
      certificate.from = now_ - 24h;
      certificate.until = now_ + 24h;
    }
  }
  void write(const std::string& name, ByteView bytes) const {
    write_durably(folder_ / name, bytes);
  }
  Bytes signed_directory(std::int64_t version) {
    const Directory directory({version, now_, now_ + 24h}, exchange_.centres, exchange_.agencies);
    return sign_directory(directory, exchange_.management, now_).value();
  }
  void start_keyholder() {
    write_private(folder_ / "passphrase", kPassphrase);
    put_key(folder_ / "keys", "online", repository_.online, kPassphrase);
    put_key(folder_ / "keys", "tls",
            exchange_.authority.issue({.subject = "management",
                                       .usage = CertificateUsage::kTls,
                                       .alternative_names = {"IP:127.0.0.1"}}),
            kPassphrase);
    CryptoModules modules;
    modules.push_back(std::make_unique<SoftwareModule>(
        SoftwareModule::Settings{.folder = folder_ / "keys",
                                 .passphrase_file = folder_ / "passphrase",
                                 .label = "module",
                                 .serial = "SW-0001"}));
    const std::vector<KeyCaller> callers = {
        {.name = "management",
         .socket = folder_ / "keys.sock",
         .uids = {::geteuid()},
         .grants = {KeyGrant::parse("online:sign:directory").value(),
                    KeyGrant::parse("tls:sign:tls").value()}}};
    keyholder_ = std::make_unique<KeyholderService>(std::move(modules), callers, uses_);
  }
  // Also as after a restart.
  void begin() {
    management_.reset();
    write("management.toml",
          bytes_of("data = \"data\"\nrepository = \"repository\"\n"
                   "directory = \"directory.p7m\"\ndirectory_anchors = \"management.pem\"\n"
                   "trust = \"trust\"\nkeyholder = \"keys.sock\"\noperator = \"operator.sock\"\n"
                   "[distribution]\nlook = \"100ms\"\nfreshen = \"2s\"\n"
                   "[centres]\naddress = \"127.0.0.1\"\nport = " +
                   std::to_string(port_) + "\n"));
    const Config config = Config::load({folder_ / "management.toml"}, management_table());
    management_ = std::make_unique<ManagementRole>(config);
  }

  // As the officers of the exchange's directory do it.
  void found() {
    const Founding founding{
        {repository_.officers[0].certificate(), repository_.officers[1].certificate()},
        2,
        repository_.online.certificate(),
        {{"directory", {"directory/*"}, 2}}};
    ASSERT_TRUE(stage_founding(repository_.repository, founding, {}, now_));
    repository_.sign_staged(repository_.two());
    ASSERT_TRUE(is_seen([this] { return repository_.repository.timestamp().ok(); }));
  }
  void hand_down(std::int64_t version) {
    ASSERT_TRUE(stage_target(repository_.repository,
                             {SmallRepository::kDirectory, signed_directory(version)}, {}, now_));
    repository_.sign_staged(repository_.two());
  }

  std::unique_ptr<DistributionLine> dial(const TestCentre& centre) {
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = static_cast<std::uint16_t>(port_);
    const TrustSource trust(folder_ / "trust");
    endpoint.identity = tls_identity(std::make_shared<SoftwareKey>(centre.tls), *trust.current());
    endpoint.anchors = {exchange_.authority.root()};
    return std::make_unique<DistributionLine>(std::move(endpoint), "/v1/distribution");
  }
  Response ask(const std::string& path) {
    Endpoint endpoint;
    endpoint.unix_path = folder_ / "operator.sock";
    return Client(endpoint).send({.path_and_query = path}, 10s).value();
  }
  Json ask_json(const std::string& path) { return Json::parse(text_of(ask(path).body)); }
  static bool is_seen(const std::function<bool()>& what) {
    for (int i = 0; i < 800; ++i) {
      if (what()) return true;
      std::this_thread::sleep_for(25ms);
    }
    return false;
  }

  const Time now_ = SystemClock().now();
  SystemClock clock_;
  TemporaryFolder folder_;
  SmallExchange exchange_;
  SmallRepository repository_{folder_ / "repository", now_};
  UseJournal uses_{folder_ / "uses", clock_};
  std::unique_ptr<KeyholderService> keyholder_;
  const int port_ = free_port();
  std::unique_ptr<ManagementRole> management_;
};

TEST_F(ManagementAtWork, PublishesTheFirstVersionAndEveryLaterOneThroughItsKeyholder) {
  const auto line = dial(exchange_.first);
  EXPECT_EQ(line->fetch(std::string(kTimestampLocation), 16'384).reason(), Reason::kUnavailable);
  EXPECT_EQ(ask("/readyz").status, 503) << "nothing is handed down";
  EXPECT_EQ(ask("/healthz").status, 200);
  found();
  hand_down(2);
  ASSERT_TRUE(is_seen([&] { return ask_json("/v1/status").at("directory").at("version") == 2; }));
  // What was found is told for ten seconds.
  EXPECT_TRUE(is_seen([&] { return ask("/readyz").status == 200; }))
      << text_of(ask("/readyz").body);
  ASSERT_TRUE(line->fetch(std::string(kTimestampLocation), 16'384));
  EXPECT_NE(text_of(ask("/metrics").body).find("\nyizhan_publication_failing 0\n"),
            std::string_view::npos);
}

TEST_F(ManagementAtWork, ACentreFollowsItAndItsReportStandsOnTheBoard) {
  found();
  hand_down(2);
  struct Silent final : FollowAlarm {
    void stale(std::int64_t, const std::optional<Refusal>&) override {}
    void refused(std::int64_t, const Refusal&) override {}
    void applied(std::int64_t, const Sha256&) override {}
  } alarm;
  write("centre-directory.p7m", signed_directory(1));
  DirectorySource directory(folder_ / "centre-directory.p7m", {exchange_.management.certificate()});
  const auto line = dial(exchange_.first);
  Following following({folder_ / "centre", repository_.bytes_at(metadata_location(kRootRole, 1)),
                       *line, directory, alarm, clock_});
  ASSERT_TRUE(is_seen([&] {
    following.work();
    return directory.current()->version() == 2;
  }));
  OwnReport own({ReportingNode(exchange_.first.code),
                 std::make_shared<SoftwareKey>(exchange_.first.evidence), directory,
                 folder_ / "report.p7m", clock_});
  const ReportShelf shelf(folder_ / "reports");
  SoftwareKey key = exchange_.a.sign;
  const auto of_a = sign_report({exchange_.a.code, 1, 2, sha256(bytes_of("d")), clock_.now()}, key);
  ASSERT_TRUE(shelf.take(of_a->cms, exchange_.a.code, *directory.current()));
  HandingUp handing_up(*line, own, shelf);
  EXPECT_EQ(handing_up.work(following.standing()).value(), 2);
  EXPECT_TRUE(handing_up.take_refused().empty());
  const Json counts = ask_json("/v1/board").at("counts");
  EXPECT_EQ(counts.at("exchange").at("silent"), 1) << counts;
  EXPECT_EQ(counts.at("terminal").at("silent"), 3) << counts;
  EXPECT_EQ(counts.at("terminal").at("late"), 0) << counts;
}

TEST_F(ManagementAtWork, RenewsItsTimestampAndTellsWhoWaits) {
  found();
  const auto line = dial(exchange_.first);
  ASSERT_TRUE(is_seen([&] { return ask_json("/v1/status").at("served").at("version") >= 1; }));
  const std::int64_t before = ask_json("/v1/status").at("served").at("version");
  ASSERT_TRUE(line->wait_for_news(before).value()) << "held until it is renewed";
  EXPECT_GT(ask_json("/v1/status").at("served").at("version").get<std::int64_t>(), before);
}

TEST_F(ManagementAtWork, LetsNobodyInButCentresFromTheirAddresses) {
  found();
  EXPECT_EQ(dial(exchange_.second)->wait_for_news(0).reason(), Reason::kUnavailable)
      << "from another address";
  TestCentre agency = exchange_.first;
  agency.tls = exchange_.a.tls;
  EXPECT_EQ(dial(agency)->wait_for_news(0).reason(), Reason::kUnavailable);
  ASSERT_TRUE(is_seen([&] { return dial(exchange_.first)->wait_for_news(0).ok(); }));
}

TEST_F(ManagementAtWork, HasANameThatAppsCanShow) {
  const auto check = [this](const std::string& name) {
    const Bytes whole = yizhan::read_file(folder_ / "management.toml", 1U << 16);
    write("named.toml", bytes_of("name = \"" + name + "\"\n" + std::string(text_of(whole))));
    check_management(Config::load({folder_ / "named.toml"}, management_table()));
  };
  EXPECT_NO_THROW(check("management.gov-1"));
  EXPECT_THROW(check("管理層"), ConfigError);
}

TEST_F(ManagementAtWork, GoesOnAfterARestart) {
  found();
  hand_down(2);
  ASSERT_TRUE(is_seen([&] { return ask_json("/v1/status").at("directory").at("version") == 2; }));
  begin();
  EXPECT_EQ(ask_json("/v1/status").at("directory").at("version"), 2);
  EXPECT_TRUE(dial(exchange_.first)->fetch(std::string(kTimestampLocation), 16'384));
}

TEST_F(ManagementAtWork, IsNotReadyWithoutItsOnlineKey) {
  found();
  ASSERT_TRUE(is_seen([&] { return ask("/readyz").status == 200; }))
      << text_of(ask("/readyz").body);
  keyholder_.reset();
  std::this_thread::sleep_for(Readiness::kFresh + 100ms);
  const Response answer = ask("/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(text_of(answer.body).find("keyholder_unavailable"), std::string_view::npos)
      << text_of(answer.body);
}

}  // namespace
}  // namespace yizhan
