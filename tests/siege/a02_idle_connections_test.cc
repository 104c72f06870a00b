#include <sys/resource.h>

#include <algorithm>
#include <future>
#include <iostream>

#include "tests/siege/http_siege.h"

// A02: connections that finish the handshake and say nothing more.

namespace yizhan {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// A sanitizer's centre needs longer for so many handshakes than it lets anybody idle.
constexpr std::size_t kIdle = kSanitized ? 1000 : 4000;
constexpr std::size_t kOfOneAddress = 512;  // terminals.connections_per_address

using Connections = std::vector<RawConnection>;

// How many the centre has not hung up on.
std::size_t open_of(Connections& connections) {
  std::size_t open = 0;
  for (RawConnection& each : connections) {
    each.read_some(milliseconds{0});
    if (!each.is_ended()) ++open;
  }
  return open;
}

class A02IdleConnections : public HttpSiege {
 protected:
  // From all addresses of the crowd at once.
  [[nodiscard]] Connections connect_crowd() const {
    const std::vector<std::string> addresses = crowd_addresses();
    std::vector<std::future<Connections>> groups;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      groups.push_back(std::async(std::launch::async, [&, i] {
        Connections made;
        while (made.size() < kIdle / addresses.size()) {
          made.push_back((i % 2 == 0 ? b_ : c_).connect({.from = addresses[i]}));
        }
        return made;
      }));
    }
    Connections all;
    for (auto& group : groups) std::ranges::move(group.get(), std::back_inserter(all));
    return all;
  }
};

TEST_F(A02IdleConnections, OfManyAddressesDoNotSlowTheHonest) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_GT(limit.rlim_cur, kIdle + 500) << "ulimit -Hn";
  const milliseconds before = honest_p99();
  const auto begun = steady_clock::now();
  Connections idle = connect_crowd();
  const auto taken = std::chrono::duration_cast<seconds>(steady_clock::now() - begun);
  const milliseconds with = honest_p99();
  std::cout << idle.size() << " idle, made in " << taken.count() << " s; p99 before "
            << before.count() << " ms, with them " << with.count() << " ms\n";
  EXPECT_EQ(idle.size(), kIdle);
  EXPECT_EQ(open_of(idle), kIdle) << "open to the end";
  expect_at_most_doubled(before, with);
}

TEST_F(A02IdleConnections, OfOneAddressHaveTheirShareAndNoMore) {
  const Call call{.from = crowd_addresses().front()};
  Connections idle;
  while (idle.size() < kOfOneAddress) idle.push_back(b_.connect(call));
  for (int i = 0; i < 10; ++i) EXPECT_THROW((void)b_.connect(call), std::runtime_error) << i;
  EXPECT_EQ(open_of(idle), kOfOneAddress) << "the others of this address stay";
  RawConnection honest = a_.connect();
  ask_honestly(honest);
  idle.erase(idle.begin() + std::ptrdiff_t{kOfOneAddress / 2}, idle.end());
  EXPECT_TRUE(becomes([&] {
    try {
      return (void)b_.connect(call), true;
    } catch (const std::runtime_error&) {
      return false;
    }
  })) << "and where some have gone others may come";
}

}  // namespace
}  // namespace yizhan
