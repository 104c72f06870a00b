#include "ground/net/client_crowd.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <set>

#include "tests/support/loopback.h"

// Many clients that wait in one thread, against a real server.

namespace yizhan {
namespace {

constexpr std::size_t kMembers = 40;

class Crowd : public ::testing::Test {
 protected:
  Crowd() {
    loopback_.router.add_waiting(
        Method::kGet, "/news", {},
        {[](const Request& request) { return request.peer.address; },
         [this](const Request& request, bool) -> std::optional<Response> {
           const std::scoped_lock lock(mutex_);
           certificates_.insert(request.peer.certificate.value().sha256());
           const auto letter = letters_.extract(request.peer.address);
           if (letter) return text(letter.mapped());
           return std::nullopt;
         }});
  }

  CrowdPlan plan() {
    Pki& pki = Pki::get();
    CrowdPlan plan{.server = loopback_.endpoint(), .members = {}};
    const Bytes key = pki.client.private_key().public_key();
    for (std::size_t i = 0; i < kMembers; ++i) {
      const std::string name = "member " + std::to_string(i);
      plan.members.push_back(
          {"127.0.1." + std::to_string(1 + i),
           pki.authority.certify({.subject = name, .usage = CertificateUsage::kTls}, key)});
    }
    return plan;
  }
  CrowdAsking asking() {
    return {.next = [](std::size_t) { return std::string("/news?wait=30"); },
            .answered = [this](std::size_t member, const Response& response) {
              const std::scoped_lock lock(mutex_);
              answers_[member] += body_of(response);
            },
            .lost = [this](std::size_t, const std::string& why) {
              const std::scoped_lock lock(mutex_);
              lost_.push_back(why);
            }};
  }
  void put(const std::string& address, const std::string& letter) {
    {
      const std::scoped_lock lock(mutex_);
      letters_[address] = letter;
    }
    loopback_.router.wakeups().notify(address);
  }
  template <class Ready>
  bool becomes(Ready ready) {
    for (int i = 0; i < 1000; ++i) {
      {
        const std::scoped_lock lock(mutex_);
        if (ready()) return true;
      }
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  std::mutex mutex_;
  int asked_ = 0;
  std::map<std::string, std::string> letters_;
  std::set<Sha256> certificates_;
  std::map<std::size_t, std::string> answers_;
  std::vector<std::string> lost_;
  Loopback loopback_{Loopback::mutual_tls()};
};

TEST_F(Crowd, WaitsEachFromItsAddressWithItsCertificateAndOnlyWhoIsMeantIsWoken) {
  loopback_.start();
  ClientCrowd crowd(plan(), asking());
  crowd.start();
  ASSERT_TRUE(becomes([&] {
    return crowd.waiting() == kMembers && loopback_.router.wakeups().waiting() == kMembers;
  }));
  EXPECT_EQ(certificates_.size(), kMembers);
  put("127.0.1.8", std::string(100'000, 'x'));  // more than one record
  put("127.0.1.9", "to you");
  EXPECT_TRUE(becomes([&] { return answers_.size() == 2; }));
  EXPECT_EQ(answers_[7].size(), 100'000u);
  EXPECT_EQ(answers_[8], "to you");
  // And they wait again, on the same connections.
  EXPECT_TRUE(becomes([&] { return loopback_.router.wakeups().waiting() == kMembers; }));
  put("127.0.1.9", ", again");
  EXPECT_TRUE(becomes([&] { return answers_[8] == "to you, again"; }));
  crowd.stop();
  EXPECT_TRUE(lost_.empty());
  EXPECT_TRUE(becomes([&] { return loopback_.router.wakeups().waiting() == 0; }));
}

TEST_F(Crowd, ThatIsHungUpOnConnectsAnew) {
  loopback_.router.add(Method::kGet, "/full", {}, [this](const Request&) {
    const std::scoped_lock lock(mutex_);
    if (++asked_ <= 3) return Response::problem({Reason::kUnavailable, {}});
    return text("room");
  });
  loopback_.start();
  CrowdPlan one = plan();
  one.members.resize(1);
  CrowdAsking words = asking();
  words.next = [](std::size_t) { return std::string("/full"); };
  ClientCrowd crowd(std::move(one), std::move(words));
  crowd.start();
  EXPECT_TRUE(becomes([&] { return answers_[0].starts_with("room"); }));
  crowd.stop();
  ASSERT_EQ(lost_.size(), 3u);
  EXPECT_EQ(lost_[0], "status 503");
}

TEST_F(Crowd, SaysNothingToAServerThatIsNotTheOnePinned) {
  loopback_.start();
  CrowdPlan plan = this->plan();
  plan.members.resize(2);
  plan.server.pinned_server_certificates = {sha256(bytes_of("another"))};
  ClientCrowd crowd(std::move(plan), asking());
  crowd.start();
  ASSERT_TRUE(becomes([&] { return lost_.size() >= 2; }));
  crowd.stop();
  EXPECT_NE(lost_[0].find("pinned"), std::string::npos) << lost_[0];
  EXPECT_EQ(crowd.waiting(), 0u);
  EXPECT_TRUE(certificates_.empty());
}

}  // namespace
}  // namespace yizhan
