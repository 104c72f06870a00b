#include <gtest/gtest.h>
#include <sys/stat.h>

#include <future>
#include <latch>
#include <map>
#include <mutex>

#include "ground/subject/subject.h"
#include "tests/support/loopback.h"

namespace yizhan {
namespace {

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"; }

// A server without TLS, on loopback, for what is not about TLS.
struct Plain : ::testing::Test {
  Loopback loopback{Loopback::plain()};
};

TEST_F(Plain, AnswersAndKeepsTheConnection) {
  loopback.router.add(Method::kPost, "/echo", {}, echo());
  loopback.router.add(Method::kGet, "/who", {}, [](const Request& request) {
    return text(request.peer.address + ' ' + request.query.at("a"));
  });
  loopback.start();
  RawSocket peer(loopback.port());
  peer.send(get("/who?a=%E9%A9%9B"));
  EXPECT_NE(peer.receive(2s, "127.0.0.1 驛").find("200 OK"), std::string::npos);
  peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  peer.send("llo" + get("/nowhere"));  // the next request may come along
  const auto both = peer.receive(2s, "not_found");
  EXPECT_NE(both.find("hello"), std::string::npos);
  EXPECT_NE(both.find("404 Not Found"), std::string::npos);
  EXPECT_FALSE(peer.closed());
  peer.send("DELETE /who HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto other = peer.receive(2s, "method_not_allowed");
  EXPECT_NE(other.find("Allow: GET, HEAD\r\n"), std::string::npos);
  peer.send("HEAD /who?a=bc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const auto head = peer.receive(2s);
  EXPECT_NE(head.find("Content-Length: 12\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_TRUE(peer.closed());
}

TEST_F(Plain, ClosesAfterAmbiguousFramingSoThatNothingBehindItIsRead) {
  std::atomic<int> handled{0};
  loopback.router.add(Method::kPost, "/", {}, [&](const Request&) {
    ++handled;
    return text("");
  });
  loopback.start();
  const std::string smuggled = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
  for (const std::string fields :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 50\r\n\r\n", "Content-Length : 0\r\n\r\n",
        "X: y\r\n z: a\r\n\r\n", "X: y\n\n", "Transfer-Encoding: chunked\r\n\r\n0\n\n"}) {
    RawSocket peer(loopback.port());
    peer.send("POST / HTTP/1.1\r\nHost: a\r\n" + fields + smuggled);
    const auto answer = peer.receive(3s);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << fields << answer;
    EXPECT_EQ(answer.find("X-Request-Id"), answer.rfind("X-Request-Id")) << fields;
  }
  EXPECT_EQ(handled, 0);
}

TEST_F(Plain, RefusesALargeBodyBeforeItIsSent) {
  loopback.router.add(Method::kPut, "/group", {.body_bytes_max = 1000}, echo());
  loopback.start();
  RawSocket polite(loopback.port());
  polite.send(
      "PUT /group HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n"
      "Expect: 100-continue\r\n\r\n");
  const auto refused = polite.receive(2s, "too_large");
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 413 ")) << refused;
  RawSocket small(loopback.port());
  small.send("PUT /group HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(small.receive(2s, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  small.send("abc");
  EXPECT_TRUE(small.receive(2s, "abc").starts_with("HTTP/1.1 200 "));
  RawSocket rude(loopback.port());  // reads its 413 although it never stops sending
  rude.send("PUT /group HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n");
  rude.send(std::string(200'000, 'x'));
  EXPECT_NE(rude.receive(2s, "too_large").find(" 413 "), std::string::npos);
}

TEST(Server, ClosesASlowHeaderASlowBodyAndAnIdleConnection) {
  ListenerConfig config = Loopback::plain();
  config.header_timeout = 300ms;
  config.idle_timeout = 600ms;
  Loopback loopback(config);
  loopback.router.add(Method::kPost, "/", {.deadline = 300ms}, echo());
  loopback.start();
  const auto begin = std::chrono::steady_clock::now();
  RawSocket header(loopback.port());
  header.send("GET / HT");
  RawSocket body(loopback.port());
  body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  RawSocket idle(loopback.port());
  EXPECT_EQ(header.receive(3s), "");
  EXPECT_TRUE(header.closed());
  EXPECT_EQ(body.receive(3s), "");
  EXPECT_TRUE(body.closed());
  EXPECT_EQ(idle.receive(3s), "");
  EXPECT_TRUE(idle.closed());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2500ms);
}

TEST(Server, CapsTheConnectionsOfOneAddress) {
  ListenerConfig config = Loopback::plain();
  config.connections_per_address_max = 2;
  Loopback loopback(config);
  loopback.router.add(Method::kGet, "/", {}, echo());
  loopback.start();
  auto first = std::make_unique<RawSocket>(loopback.port());
  RawSocket second(loopback.port());
  second.send(get("/"));
  EXPECT_NE(second.receive(2s, "\r\n\r\n"), "");
  RawSocket third(loopback.port());
  EXPECT_EQ(third.receive(2s), "");
  EXPECT_TRUE(third.closed());
  EXPECT_TRUE(loopback.log.mentions("too many connections"));
  first.reset();
  for (int i = 0; i < 100; ++i) {  // the server needs a moment to see that the first has gone
    RawSocket fourth(loopback.port());
    fourth.send(get("/"));
    if (!fourth.receive(2s, "\r\n\r\n").empty()) return;
    std::this_thread::sleep_for(20ms);
  }
  FAIL() << "the place of a closed connection was not given back";
}

TEST_F(Plain, LeaksNothingOfAnExceptionButLogsIt) {
  loopback.router.add(Method::kGet, "/throw", {}, [](const Request&) -> Response {
    throw std::runtime_error("secret table t17");
  });
  loopback.router.add(Method::kGet, "/split", {}, [](const Request&) {
    return Response{.headers = {{"Location", "/\r\nX: y"}}};
  });
  loopback.start();
  RawSocket peer(loopback.port());
  for (const auto* path : {"/throw", "/split"}) {
    peer.send(get(path));
    const auto answer = peer.receive(2s, "urn:yizhan:reason:internal");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 "));
    EXPECT_EQ(answer.find("secret"), std::string::npos);
    EXPECT_EQ(answer.find("X: y"), std::string::npos);
    const auto id = answer.substr(answer.find("X-Request-Id: ") + 14, 36);
    EXPECT_NE(answer.find("\"trace_id\":\"" + id), std::string::npos);
    EXPECT_TRUE(loopback.log.has([&](const AccessRecord& record) { return record.id == id; }));
  }
  EXPECT_TRUE(loopback.log.mentions("secret table t17"));
}

// A refusal or an accident is logged with the document that it is about; the next request, on the
// same thread, is about none.
TEST(Server, LogsWhichDocumentARequestWasAbout) {
  std::mutex mutex;
  std::map<std::string, std::string> messages;  // by path, as the log would name them
  const auto note = [&](const AccessRecord& record) {
    const std::lock_guard lock(mutex);
    messages[record.path] = worked_on().message;
  };
  Loopback loopback(Loopback::plain(), {.worker_threads = 1, .access_log = note});
  loopback.router.add(Method::kGet, "/fails", {}, [](const Request&) -> Response {
    work_on({"A12345678B", "0198"});
    throw std::runtime_error("disk");
  });
  loopback.router.add(Method::kGet, "/other", {}, [](const Request&) { return text("done"); });
  loopback.start();
  RawSocket peer(loopback.port());
  peer.send(get("/fails"));
  peer.receive(2s, "urn:yizhan:reason:internal");
  peer.send(get("/other"));
  peer.receive(2s, "done");
  const auto logged = [&] {
    const std::lock_guard lock(mutex);
    return messages.size() == 2;
  };
  for (int i = 0; i < 100 && !logged(); ++i) std::this_thread::sleep_for(20ms);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(messages, (std::map<std::string, std::string>{{"/fails", "0198"}, {"/other", ""}}));
}

TEST(Server, SaysBusyWhenTheQueueIsFull) {
  Loopback loopback(Loopback::plain(), {.worker_threads = 1, .queue_max = 1});
  std::latch release{1};
  std::atomic<int> running{0};
  loopback.router.add(Method::kGet, "/slow", {}, [&](const Request&) {
    ++running;
    release.wait();
    return text("done");
  });
  loopback.start();
  RawSocket first(loopback.port());
  first.send(get("/slow"));
  while (running == 0) std::this_thread::sleep_for(1ms);
  RawSocket second(loopback.port());
  RawSocket third(loopback.port());
  second.send(get("/slow"));
  third.send(get("/slow"));
  std::string busy;
  RawSocket* queued = nullptr;  // whichever came first: the other is refused
  for (int i = 0; i < 100 && busy.empty(); ++i) {
    queued = i % 2 == 0 ? &second : &third;
    busy = (i % 2 == 0 ? third : second).receive(50ms, "unavailable");
  }
  EXPECT_TRUE(busy.starts_with("HTTP/1.1 503 ")) << busy;
  EXPECT_NE(busy.find("Retry-After: "), std::string::npos);
  release.count_down();
  EXPECT_NE(first.receive(2s, "done").find("200"), std::string::npos);
  EXPECT_NE(queued->receive(2s, "done").find("200"), std::string::npos);
}

TEST(Server, LetsRunningRequestsFinishWhenItStops) {
  Loopback loopback(Loopback::plain());
  std::latch begun{1};
  loopback.router.add(Method::kGet, "/slow", {}, [&](const Request&) {
    begun.count_down();
    std::this_thread::sleep_for(200ms);
    return text("done");
  });
  loopback.start();
  RawSocket idle(loopback.port());
  RawSocket busy(loopback.port());
  busy.send(get("/slow"));
  begun.wait();
  const auto begin = std::chrono::steady_clock::now();
  loopback.server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
  const auto answer = busy.receive(1s);
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("done"));
  EXPECT_EQ(idle.receive(1s), "");
  EXPECT_TRUE(idle.closed());
}

TEST(Server, StopsThoughAPeerNeverEndsItsRequest) {
  Loopback loopback(Loopback::plain(), {.drain = 200ms});
  loopback.start();
  RawSocket peer(loopback.port());
  peer.send("GET / HTTP/1.1\r\n");
  std::this_thread::sleep_for(50ms);
  loopback.server->stop();
  EXPECT_EQ(peer.receive(1s), "");
  EXPECT_TRUE(peer.closed());
}

TEST(Server, ListensOnAUnixSocketAndKnowsWhoCalls) {
  const TemporaryFolder folder;
  const std::string path = folder / "api.sock";
  for (int restart = 0; restart < 2; ++restart) {  // the old socket file does not disturb
    Loopback loopback({.unix_path = path});
    loopback.router.add(Method::kGet, "/who", {}, [](const Request& request) {
      return text(request.peer.address + ' ' + std::to_string(request.peer.uid.value()));
    });
    loopback.start();
    struct stat file {};
    ASSERT_EQ(stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777U, 0660U);
    Client client({.unix_path = path});
    const auto answer = client.send({.path_and_query = "/who"}, 2s);
    ASSERT_TRUE(answer.ok()) << answer.refusal().detail;
    EXPECT_EQ(body_of(*answer), "unix " + std::to_string(getuid()));
    EXPECT_THROW(Server({{.unix_path = path}}, loopback.router, {}), std::runtime_error);
  }
}

TEST(Server, RefusesAConfigurationThatIsOpenToAll) {
  Router router;
  Pki& pki = Pki::get();
  const auto starts = [&](ListenerConfig config) {
    Server server({std::move(config)}, router, {});
  };
  EXPECT_THROW(starts({.address = "0.0.0.0"}), std::runtime_error);
  EXPECT_THROW(starts({.address = "localhost"}), std::runtime_error);
  EXPECT_THROW(
      starts({.address = "127.0.0.1", .tls = ServerTls{.identity = pki.identity(pki.server)}}),
      std::runtime_error);
  EXPECT_THROW(
      starts({.address = "127.0.0.1",
              .tls = ServerTls{.identity = {{pki.server.certificate()}, tls_key(pki.client)},
                               .client_anchors = {pki.authority.root()}}}),
      std::runtime_error);
  EXPECT_NO_THROW(starts(Loopback::mutual_tls()));
  EXPECT_NO_THROW(starts({.address = "::1"}));
}

}  // namespace
}  // namespace yizhan
