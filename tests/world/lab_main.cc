#include <signal.h>

#include <iostream>

#include "ground/files/files.h"
#include "ground/net/net.h"
#include "tests/support/postgres.h"
#include "tests/support/timestamp_authority.h"
#include "tests/world/world.h"

// yizhan-lab FOLDER PROGRAMS: makes a whole exchange in FOLDER and keeps it running until it is
// told to stop: starts again what ends, and renews the revocation lists. For the demonstration.
// yizhan-lab FOLDER PROGRAMS two-centres: two centres and four agencies.
// yizhan-lab FOLDER PROGRAMS apart-N: only makes it, of two or three centres, each for a network of
// its own.
// yizhan-lab FOLDER PROGRAMS AGENCIES: a centre with so many agencies that yizhan-load simulates.
// yizhan-lab FOLDER PROGRAMS AGENCIES postgresql: the same, on a PostgreSQL of its own.

namespace {

constexpr timespec kPause = {.tv_sec = 1, .tv_nsec = 0};
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

int run(const std::filesystem::path& folder, const std::filesystem::path& programs,
        const std::string& kind, bool postgresql) {
  const bool two_centres = kind == "two-centres";
  const int simulated = two_centres || kind.empty() ? 0 : std::stoi(kind);
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::map<std::string, std::string> stores;
  if (postgresql) stores["centre"] = yizhan::PostgresServer::shared().create_database();
  StampServer stamps;
  yizhan::Lab lab(std::filesystem::absolute(folder),
                  {.stores = std::move(stores),
                   .centres = two_centres ? 2 : 1,
                   .simulated = simulated,
                   .stamp_root = simulated > 0 ? "" : stamps.root()});
  stamps.listen(lab.root() / "run/tsa.sock");
  yizhan::World world(lab, std::filesystem::absolute(programs),
                      simulated > 0 ? yizhan::WorldPart::kCentre : yizhan::WorldPart::kAll);
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
  const bool postgresql = count == 5 && arguments[4] == std::string_view("postgresql");
  if (count != 3 && count != 4 && !postgresql) {
    std::cerr << "yizhan-lab FOLDER PROGRAMS [two-centres | apart-N | AGENCIES [postgresql]]\n";
    return 2;
  }
  try {
    const std::string kind = count >= 4 ? arguments[3] : "";
    if (kind == "apart-2" || kind == "apart-3") {
      make_apart(arguments[1], kind.back() - '0');
      return 0;
    }
    return run(arguments[1], arguments[2], kind, postgresql);
  } catch (const std::exception& accident) {
    std::cerr << accident.what() << "\n";
    return 1;
  }
}
