#include <future>
#include <iostream>

#include "tests/siege/http_siege.h"
#include "tests/siege/outside_program.h"
#include "tests/siege/tls_relay.h"

// A01: whoever dawdles over a header, a body or the reading of an answer is hung up on, and a crowd
// of them costs the others nothing.

namespace yizhan {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class A01SlowClients : public HttpSiege {};

TEST_F(A01SlowClients, AreHungUpOnInTime) {
  const auto drip = [&](const std::string& start) {
    RawConnection connection = b_.connect();
    const auto begun = steady_clock::now();
    connection.send(start);
    while (!connection.is_ended() && steady_clock::now() - begun < seconds{60}) {
      connection.send("x");
      connection.read_some(milliseconds{500});
    }
    return std::chrono::duration_cast<seconds>(steady_clock::now() - begun);
  };
  auto header = std::async(std::launch::async, drip, "GET /v1/news HTTP/1.1\r\nHost: a\r\nX: ");
  auto body = std::async(
      std::launch::async, drip,
      "POST /v1/submissions HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
  EXPECT_LE(honest_p99(), seconds{kSanitized ? 10 : 2});
  EXPECT_LE(header.get(), seconds{20});
  EXPECT_LE(body.get(), seconds{20});
}

// slowhttptest, which knows no client certificates, behind a relay that brings one.

constexpr int kCrowd = kSanitized ? 100 : 500;

struct Crowd {
  std::string name;
  std::vector<std::string> options;
  std::string path;
  // Whoever reads slowly what the system has room for holds nothing of the centre but an idle
  // connection, and is hung up on as one: later than these tests wait.
  bool hung_up_on = true;
};

// Many clients of one kind; gone when the program is told to end, after `length`.
class SlowCrowd {
 public:
  SlowCrowd(const Visitor& visitor, const Crowd& crowd, seconds length)
      : crowd_(crowd), relay_(visitor, calls()) {
    std::vector<std::string> words = {
        "slowhttptest", "-c", std::to_string(kCrowd), "-r", "250", "-i", "2", "-l",
        std::to_string(length.count()), "-u",
        "http://127.0.0.1:" + std::to_string(relay_.port()) + crowd.path};
    words.insert(words.end(), crowd.options.begin(), crowd.options.end());
    said_ = std::async(std::launch::async, output_of, std::move(words));
  }

  [[nodiscard]] bool is_there() const { return relay_.taken() >= kCrowd; }
  [[nodiscard]] int open() const { return relay_.open(); }
  // Every one of them had a connection, and lost it to the centre's patience, not to its own.
  void expect_end() {
    const std::string said = said_.get();
    std::cout << crowd_.name << ": " << relay_.taken() << " taken, " << relay_.hung_up_on()
              << " hung up on\n";
    EXPECT_EQ(relay_.turned_away(), 0) << crowd_.name;
    const int wanted = crowd_.hung_up_on ? kCrowd : 0;
    EXPECT_GE(relay_.hung_up_on(), wanted) << crowd_.name << "\n" << said;
  }

 private:
  // No address has more than its share, and what nobody reads waits at the centre, not in between.
  static std::vector<Call> calls() {
    constexpr int kBuffer = 2048;
    std::vector<Call> calls;
    for (const std::string& address : crowd_addresses()) calls.push_back({address, kBuffer});
    return calls;
  }

  const Crowd crowd_;
  TlsRelay relay_;
  std::future<std::string> said_;
};

class A01SlowCrowds : public HttpSiege {
 protected:
  void besiege_with(const std::vector<Crowd>& kinds, seconds length) {
    const milliseconds before = honest_p99();
    std::vector<std::unique_ptr<SlowCrowd>> crowds;
    for (const Crowd& kind : kinds) {
      crowds.push_back(std::make_unique<SlowCrowd>(b_, kind, length));
    }
    for (const auto& crowd : crowds) {
      EXPECT_TRUE(becomes([&] { return crowd->is_there(); }, length));
    }
    int open = 0;
    for (const auto& crowd : crowds) open += crowd->open();
    const milliseconds with = honest_p99();
    std::cout << open << " slow clients; p99 before " << before.count() << " ms, with them "
              << with.count() << " ms\n";
    EXPECT_GE(open, kCrowd) << "most of them are there when the honest are measured";
    expect_at_most_doubled(before, with);
    for (const auto& crowd : crowds) crowd->expect_end();
  }
};

TEST_F(A01SlowCrowds, OfSlowHeadersAndBodiesDoNotSlowTheHonest) {
  besiege_with({{"slow headers", {"-H", "-x", "24"}, "/v1/directory"},
                {"slow bodies", {"-B", "-s", "8192", "-x", "10"}, "/v1/submissions"}},
               seconds{kSanitized ? 60 : 30});
}

TEST_F(A01SlowCrowds, OfSlowReadersAndRangesDoNotSlowTheHonest) {
  besiege_with({{"slow readers", {"-X", "-w", "8", "-y", "16", "-n", "4", "-z", "8", "-k", "3"},
                 "/v1/directory", false},
                {"ranges", {"-R", "-a", "5", "-b", "3000"}, "/v1/directory"}},
               seconds{kSanitized ? 60 : 20});
}

}  // namespace
}  // namespace yizhan
