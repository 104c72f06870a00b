#include <gtest/gtest.h>

#include "tests/support/loopback.h"

// Requests that wait for mail.

namespace yizhan {
namespace {

// Mailboxes as a station would keep them, and a route that waits for one.
class Mail {
 public:
  explicit Mail(Router& router) : wakeups_(router.wakeups()) {
    router.add_waiting(
        Method::kGet, "/mail/{box}", {},
        {[](const Request& request) { return request.parameters.at("box"); },
         [this](const Request& request, bool last_chance) { return take(request, last_chance); }});
  }

  void put(const std::string& box, const std::string& letter) {
    {
      const std::scoped_lock lock(mutex_);
      letters_[box] = letter;
    }
    wakeups_.notify(box);
  }

  std::atomic<int> asked{0};
  std::atomic<int> last_chances{0};

 private:
  std::optional<Response> take(const Request& request, bool last_chance) {
    ++asked;
    if (last_chance) ++last_chances;
    const std::scoped_lock lock(mutex_);
    const auto found = letters_.extract(request.parameters.at("box"));
    if (found) return text(found.mapped());
    return std::nullopt;
  }

  Wakeups& wakeups_;
  std::mutex mutex_;
  std::map<std::string, std::string> letters_;
};

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"; }

struct Waiting : ::testing::Test {
  Loopback loopback{Loopback::plain(), {.worker_threads = 2}};
  Mail mail{loopback.router};

  void wait_for_waiters(std::size_t count) {
    for (int i = 0; i < 1000 && loopback.router.wakeups().waiting() != count; ++i) {
      std::this_thread::sleep_for(5ms);
    }
    ASSERT_EQ(loopback.router.wakeups().waiting(), count);
  }
};

TEST_F(Waiting, AnswersAtOnceWhenThereIsMail) {
  loopback.start();
  mail.put("a", "letter");
  RawSocket peer(loopback.port());
  peer.send(get("/mail/a?wait=60"));
  EXPECT_NE(peer.receive(1s, "letter").find("200"), std::string::npos);
}

TEST_F(Waiting, WakesWithinATenthOfASecond) {
  loopback.start();
  RawSocket peer(loopback.port());
  peer.send(get("/mail/a?wait=20"));
  wait_for_waiters(1);
  mail.put("b", "for somebody else");
  EXPECT_EQ(peer.receive(100ms), "");
  const auto begin = std::chrono::steady_clock::now();
  mail.put("a", "letter");
  EXPECT_NE(peer.receive(5s, "letter").find("200"), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 100ms);
  wait_for_waiters(0);
}

TEST_F(Waiting, HasALastChanceWhenTimeIsOver) {
  loopback.start();
  RawSocket peer(loopback.port());
  const auto begin = std::chrono::steady_clock::now();
  peer.send(get("/mail/a?wait=1"));
  const auto answer = peer.receive(5s, "\r\n\r\n");
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204 ")) << answer;
  EXPECT_GE(took, 1s);
  EXPECT_LT(took, 2s);
  EXPECT_EQ(mail.asked, 2);
  EXPECT_EQ(mail.last_chances, 1);
  peer.send(get("/mail/a"));  // does not wait unless asked to
  EXPECT_TRUE(peer.receive(500ms, "\r\n\r\n").starts_with("HTTP/1.1 204 "));
  for (const auto* wait : {"61", "-1", "1.5", "x", "", "99999999999999999999"}) {
    peer.send(get(std::string("/mail/a?wait=") + wait));
    EXPECT_TRUE(peer.receive(500ms, "bad_request").starts_with("HTTP/1.1 400 ")) << wait;
  }
}

TEST_F(Waiting, TwoHundredWaitersHoldNoWorker) {
  loopback.router.add(Method::kGet, "/quick", {}, echo());
  loopback.start();
  std::vector<std::unique_ptr<RawSocket>> peers;
  for (int i = 0; i < 200; ++i) {
    peers.push_back(std::make_unique<RawSocket>(loopback.port()));
    peers.back()->send(get("/mail/" + std::to_string(i % 100) + "?wait=30"));
  }
  wait_for_waiters(200);
  RawSocket quick(loopback.port());
  quick.send(get("/quick"));
  EXPECT_TRUE(quick.receive(1s, "\r\n\r\n").starts_with("HTTP/1.1 200 "));
  for (int round = 0; round < 2; ++round) {  // one letter a box and round: one of its two waiters
    for (int i = 0; i < 100; ++i) mail.put(std::to_string(i), "letter");
    wait_for_waiters(round == 0 ? 100 : 0);
  }
  for (const auto& peer : peers) {
    EXPECT_TRUE(peer->receive(2s, "letter").starts_with("HTTP/1.1 200 "));
  }
}

TEST_F(Waiting, LosesNoWordBetweenLookingAndWaiting) {
  loopback.start();
  std::jthread postman([this] {
    for (int i = 0; i < 300; ++i) {
      mail.put("a", "letter");
      std::this_thread::sleep_for(std::chrono::microseconds(i * 7 % 1000));
    }
    mail.put("a", "last letter");
  });
  RawSocket peer(loopback.port());
  for (int i = 0; i < 302; ++i) {
    peer.send(get("/mail/a?wait=10"));
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = peer.receive(12s, "letter");
    ASSERT_LT(std::chrono::steady_clock::now() - begin, 5s);  // a lost word would cost all 10 s
    ASSERT_NE(answer, "") << "round " << i;
    if (answer.find("last letter") != std::string::npos) return;
  }
  FAIL() << "the last letter did not come";
}

TEST_F(Waiting, ForgetsAPeerThatGoesAway) {
  loopback.start();
  auto peer = std::make_unique<RawSocket>(loopback.port());
  peer->send(get("/mail/a?wait=60"));
  wait_for_waiters(1);
  peer.reset();
  wait_for_waiters(0);
  mail.put("a", "letter");
  RawSocket other(loopback.port());  // nobody has taken the letter
  other.send(get("/mail/a"));
  EXPECT_NE(other.receive(1s, "letter").find("200"), std::string::npos);
}

TEST_F(Waiting, HasALastChanceWhenTheServerStops) {
  loopback.start();
  RawSocket peer(loopback.port());
  peer.send(get("/mail/a?wait=60"));
  wait_for_waiters(1);
  const auto begin = std::chrono::steady_clock::now();
  loopback.server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_TRUE(peer.receive(1s).starts_with("HTTP/1.1 204 "));
  EXPECT_EQ(mail.last_chances, 1);
  mail.put("a", "letter");  // after the end: heard by nobody, harms nobody
}

}  // namespace
}  // namespace yizhan
