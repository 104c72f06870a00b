#include <gtest/gtest.h>

#include <set>

#include "tests/support/loopback.h"

namespace yizhan {
namespace {

struct ClientTest : ::testing::Test {
  Loopback loopback{Loopback::mutual_tls()};
};

TEST_F(ClientTest, CarriesEveryMethodItsFieldsAndItsBody) {
  const Handler describe_request = [](const Request& request) {
    Response response = text(std::string(name_of(request.method)) + ' ' + request.path + ' ' +
                             std::string(request.header("idempotency-key").value_or("-")) + ' ' +
                             std::string(text_of(request.body)));
    response.headers.emplace_back("X-Seen", "yes");
    return response;
  };
  for (const Method method :
       {Method::kGet, Method::kPut, Method::kPost, Method::kPatch, Method::kDelete}) {
    loopback.router.add(method, "/v1/{id}", {}, describe_request);
  }
  loopback.start();
  Client client(loopback.endpoint());
  for (const Method method :
       {Method::kGet, Method::kPut, Method::kPost, Method::kPatch, Method::kDelete}) {
    OutgoingRequest request{.method = method,
                            .path_and_query = "/v1/" + percent_encode("公 文+%"),
                            .headers = {{"Idempotency-Key", "k"}}};
    if (method != Method::kGet) request.body = copy_of(bytes_of("body"));
    const auto answer = client.send(request, 5s);
    ASSERT_TRUE(answer.ok()) << answer.refusal().detail;
    EXPECT_EQ(body_of(*answer), std::string(name_of(method)) + " /v1/公 文+% k " +
                                    (method == Method::kGet ? "" : "body"));
    EXPECT_EQ(answer->header("x-seen"), "yes");
    EXPECT_EQ(answer->content_type, "text/plain");
  }
  const auto head = client.send({.method = Method::kHead, .path_and_query = "/v1/a"}, 5s);
  ASSERT_TRUE(head.ok()) << head.refusal().detail;
  EXPECT_TRUE(head->body.empty());
  const auto empty = client.send({.method = Method::kPost, .path_and_query = "/v1/a"}, 5s);
  EXPECT_EQ(body_of(*empty), "POST /v1/a - ");
  EXPECT_THROW(static_cast<void>(
                   client.send({.path_and_query = "/v1/a", .headers = {{"X", "a\r\nY: b"}}}, 5s)),
               std::invalid_argument);
}

TEST_F(ClientTest, UnderstandsARefusalOfThePeer) {
  loopback.router.add(Method::kGet, "/no", {}, [](const Request&) {
    return Response::problem({Reason::kAgencySuspended, "停用中"});
  });
  loopback.start();
  Client client(loopback.endpoint());
  const auto answer = client.send({.path_and_query = "/no"}, 5s);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 403);
  EXPECT_EQ(answer->refusal, (Refusal{Reason::kAgencySuspended, "停用中"}));
}

TEST_F(ClientTest, KeepsConnectionsAndServesManyThreadsWithoutMixingThem) {
  std::atomic<int> admitted{0};
  ListenerConfig config = Loopback::mutual_tls();
  config.admit_peer = [&](const Peer&) -> Result<void> {
    ++admitted;
    return {};
  };
  Loopback counted(config);
  counted.router.add(Method::kPost, "/echo", {}, echo());
  counted.start();
  Client client(counted.endpoint());
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 50; ++i) {
          const auto words = std::to_string(thread) + ' ' + std::to_string(i);
          const auto answer = client.send({.method = Method::kPost,
                                           .path_and_query = "/echo",
                                           .body = copy_of(bytes_of(words))},
                                          10s);
          if (!answer.ok() || body_of(*answer) != words) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(admitted, 8);
}

TEST_F(ClientTest, GivesUpInTimeAndSaysWhy) {
  std::atomic<bool> over{false};
  loopback.router.add(Method::kGet, "/slow", {}, [&](const Request&) {
    for (int i = 0; i < 300 && !over; ++i) std::this_thread::sleep_for(10ms);
    return text("late");
  });
  loopback.router.add(Method::kGet, "/large", {},
                      [](const Request&) { return text(std::string(200'000, 'x')); });
  loopback.router.add(Method::kGet, "/away", {}, [](const Request&) {
    return Response{.status = 307, .headers = {{"Location", "/large"}}};
  });
  loopback.start();
  Client client(loopback.endpoint());
  const auto begin = std::chrono::steady_clock::now();
  const auto slow = client.send({.path_and_query = "/slow"}, 200ms);
  EXPECT_EQ(slow.reason(), Reason::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_FALSE(slow.refusal().detail.empty());
  over = true;
  const auto large = client.send({.path_and_query = "/large", .response_bytes_max = 100'000}, 5s);
  EXPECT_EQ(large.reason(), Reason::kTooLarge);
  EXPECT_EQ(client.send({.path_and_query = "/away"}, 5s)->status, 307);  // followed by nobody
  EXPECT_EQ(client.send({.path_and_query = "/large"}, 5s)->body.size(), 200'000U);
  loopback.server->stop();
  EXPECT_EQ(client.send({.path_and_query = "/large"}, 5s).reason(), Reason::kUnavailable);
}

TEST_F(ClientTest, StopsWhatIsUnderWay) {
  std::atomic<bool> over{false};
  loopback.router.add(Method::kGet, "/slow", {}, [&](const Request&) {
    for (int i = 0; i < 3000 && !over; ++i) std::this_thread::sleep_for(10ms);
    return text("late");
  });
  loopback.start();
  Client client(loopback.endpoint());
  const auto begin = std::chrono::steady_clock::now();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(200ms);
    client.stop();
  });
  EXPECT_EQ(client.send({.path_and_query = "/slow"}, 60s).reason(), Reason::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  EXPECT_EQ(client.send({.path_and_query = "/slow"}, 60s).reason(), Reason::kUnavailable);
  over = true;
  loopback.server->stop();
}

TEST(Client, IsForAddressesNotNames) {
  Pki& pki = Pki::get();
  const auto make = [&](const std::string& host) {
    Client client({.host = host, .port = 1, .anchors = {pki.authority.root()}});
  };
  EXPECT_THROW(make("example.com"), std::invalid_argument);
  EXPECT_THROW(make("127.1"), std::invalid_argument);
  EXPECT_NO_THROW(make("127.0.0.1"));
  EXPECT_NO_THROW(make("::1"));
  EXPECT_THROW(Client({.host = "127.0.0.1", .port = 1}), std::invalid_argument);
}

TEST(Client, TakesNoProxyFromTheEnvironment) {
  Loopback loopback(Loopback::mutual_tls());
  loopback.router.add(Method::kGet, "/", {}, echo());
  loopback.start();
  for (const auto* name : {"http_proxy", "https_proxy", "ALL_PROXY"}) {
    setenv(name, "http://127.0.0.1:9", 1);
  }
  Client client(loopback.endpoint());
  const auto answer = client.send({.path_and_query = "/"}, 5s);
  for (const auto* name : {"http_proxy", "https_proxy", "ALL_PROXY"}) unsetenv(name);
  EXPECT_TRUE(answer.ok()) << answer.refusal().detail;
}

}  // namespace
}  // namespace yizhan
