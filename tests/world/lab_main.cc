#include <signal.h>

#include <iostream>

#include "ground/files/files.h"
#include "ground/net/net.h"
#include "tests/support/postgres.h"
#include "tests/support/timestamp_authority.h"
#include "tests/world/world.h"

// yizhan-lab FOLDER PROGRAMS: makes a whole exchange in FOLDER and keeps it running until it is
// told to stop: starts again what ends, and renews the revocation lists. For the demonstration.
// yizhan-lab FOLDER PROGRAMS whole: management, two centres and four agencies; nodes start when
// somebody has made the first root of the distribution, in FOLDER/repository.
// yizhan-lab FOLDER PROGRAMS apart-N: only makes it, of two or three centres, each for a network of
// its own.
// yizhan-lab FOLDER PROGRAMS AGENCIES: a centre with so many agencies that yizhan-load simulates.
// yizhan-lab FOLDER PROGRAMS AGENCIES postgresql: the same, on a PostgreSQL of its own.
// yizhan-lab FOLDER PROGRAMS AGENCIES waiting-N: the same, and N agencies that only wait.
// yizhan-lab FOLDER PROGRAMS AGENCIES near-N: two centres; the first N are of the first one.

namespace {

constexpr timespec kPause = {.tv_sec = 1, .tv_nsec = 0};
constexpr timespec kShortPause = {.tv_sec = 0, .tv_nsec = 100'000'000};
constexpr int kRoundsUntilRenewal = 3600;

// A time-stamping authority for the demonstration, at a socket.
class StampServer {
 public:
  std::string root() const { return authority_.root_pem(); }
  void listen(const std::filesystem::path& socket) {
    router_.add(yizhan::Method::kPost, "/", {.body_bytes_max = 65536},
                [this](const yizhan::Request& request) {
                  yizhan::Response response{.content_type = "application/timestamp-reply"};
                  response.body = authority_.answer(request.body);
                  return response;
                });
    yizhan::ListenerConfig listener;
    listener.unix_path = socket.string();
    server_.emplace(std::vector{std::move(listener)}, router_,
                    yizhan::ServerConfig{.io_threads = 1, .worker_threads = 1});
    server_->start();
  }

 private:
  yizhan::TimestampAuthority authority_;
  yizhan::Router router_;
  std::optional<yizhan::Server> server_;
};

void make_apart(const std::filesystem::path& folder, int centres) {
  const yizhan::Lab lab(std::filesystem::absolute(folder), {.centres = centres, .apart = true});
}

// Of "waiting-20": 20; of what begins otherwise: 0.
int number_after(std::string_view beginning, const std::string& word) {
  if (!word.starts_with(beginning)) return 0;
  return std::stoi(word.substr(beginning.size()));
}

const std::vector<std::string> kManagement = {"management-keyholder", "management"};

// The first root comes with every installation, so it is there before any of them. false: a signal
// came first.
bool wait_for_root(yizhan::World& world, const std::filesystem::path& root,
                   const sigset_t& signals) {
  for (const std::string& program : kManagement) {
    world.start(program);
    world.wait_until_ready(program);
  }
  while (!std::filesystem::exists(root / "repository/metadata/1.root.json")) {
    if (::sigtimedwait(&signals, nullptr, &kShortPause) > 0) return false;
  }
  return true;
}

int run(const std::filesystem::path& folder, const std::filesystem::path& programs,
        const std::string& kind, const std::string& more) {
  const bool whole = kind == "whole";
  const bool postgresql = more == "postgresql";
  const int near = number_after("near-", more);
  const int simulated = whole || kind.empty() ? 0 : std::stoi(kind);
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::map<std::string, std::string> stores;
  if (postgresql) stores["centre"] = yizhan::PostgresServer::shared().create_database();
  StampServer stamps;
  yizhan::Lab lab(std::filesystem::absolute(folder),
                  {.stores = std::move(stores),
                   .centres = whole || near > 0 ? 2 : 1,
                   .management = whole,
                   .simulated = simulated,
                   .simulated_near = near,
                   .waiting = number_after("waiting-", more),
                   .stamp_root = simulated > 0 ? "" : stamps.root()});
  stamps.listen(lab.root() / "run/tsa.sock");
  yizhan::World world(lab, std::filesystem::absolute(programs),
                      simulated > 0 ? yizhan::WorldPart::kCentre : yizhan::WorldPart::kAll);
  if (whole && !wait_for_root(world, lab.root(), signals)) return 0;
  world.start_all();
  yizhan::write_durably(lab.root() / "run/ready", yizhan::bytes_of("ready\n"), 0644);
  for (int round = 1; ::sigtimedwait(&signals, nullptr, &kPause) < 0; ++round) {
    world.restart_ended();
    if (round % kRoundsUntilRenewal == 0) lab.refresh_revocation();
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string more = count == 5 ? arguments[4] : "";
  const bool known = more.empty() || more == "postgresql" || number_after("waiting-", more) > 0 ||
                     number_after("near-", more) > 0;
  if (count < 3 || count > 5 || !known) {
    std::cerr << "yizhan-lab FOLDER PROGRAMS [whole | apart-N | AGENCIES [postgresql | "
                 "waiting-N | near-N]]\n";
    return 2;
  }
  try {
    const std::string kind = count >= 4 ? arguments[3] : "";
    if (kind == "apart-2" || kind == "apart-3") {
      make_apart(arguments[1], kind.back() - '0');
      return 0;
    }
    return run(arguments[1], arguments[2], kind, more);
  } catch (const std::exception& accident) {
    std::cerr << accident.what() << "\n";
    return 1;
  }
}
