#include "ground/net/router.h"

#include <gtest/gtest.h>

#include <atomic>

namespace yizhan {
namespace {

Handler say(std::string words) {
  return [words = std::move(words)](const Request&) {
    return Response{.body = copy_of(bytes_of(words))};
  };
}

std::string answer(const Router::Found& found) {
  return found.route == nullptr ? "-" : std::string(text_of(found.route->handler({}).body));
}

TEST(Router, FindsTheWrittenOutPathBeforeTheParameter) {
  Router router;
  router.add(Method::kGet, "/v1/messages/{org}/{id}", {}, say("one"));
  router.add(Method::kGet, "/v1/messages/{org}/waiting", {}, say("waiting"));
  router.add(Method::kGet, "/v1/messages/all/{id}", {}, say("all"));
  router.add(Method::kPut, "/v1/messages/{org}/{id}", {}, say("put"));
  router.add(Method::kGet, "/", {}, say("root"));

  const auto one = router.find(Method::kGet, "/v1/messages/315000000H/公 文");
  EXPECT_EQ(answer(one), "one");
  EXPECT_EQ(one.parameters.at("org"), "315000000H");
  EXPECT_EQ(one.parameters.at("id"), "公 文");
  EXPECT_EQ(answer(router.find(Method::kGet, "/v1/messages/A/waiting")), "waiting");
  EXPECT_EQ(answer(router.find(Method::kGet, "/v1/messages/all/waiting")), "all");
  EXPECT_EQ(answer(router.find(Method::kPut, "/v1/messages/A/B")), "put");
  EXPECT_EQ(answer(router.find(Method::kHead, "/")), "root");
}

TEST(Router, TellsAnUnknownPathFromAnUnknownMethod) {
  Router router;
  router.add(Method::kGet, "/v1/thing/{id}", {}, say("get"));
  router.add(Method::kDelete, "/v1/thing/{id}", {}, say("delete"));
  for (const auto* path : {"/v1/thing", "/v1/thing/a/b", "/v1", "/", "/v1/Thing/a"}) {
    const auto found = router.find(Method::kGet, path);
    EXPECT_EQ(found.route, nullptr) << path;
    EXPECT_EQ(found.allow, "") << path;
  }
  const auto other = router.find(Method::kPost, "/v1/thing/a");
  EXPECT_EQ(other.route, nullptr);
  EXPECT_EQ(other.allow, "GET, HEAD, DELETE");
}

TEST(RouterDeathTest, DoesNotTakeAPatternTwice) {
  Router router;
  router.add(Method::kGet, "/v1/{a}", {}, say("a"));
  EXPECT_DEATH(router.add(Method::kGet, "/v1/{b}", {}, say("b")), "same_paths");
}

TEST(Wakeups, WakesThoseOfTheTopicOnlyAndOnlyWhileTheySubscribe) {
  Wakeups wakeups;
  std::atomic<int> a{0};
  std::atomic<int> b{0};
  {
    const auto first = wakeups.subscribe("a", [&] { ++a; });
    auto second = wakeups.subscribe("a", [&] { ++a; });
    const auto third = wakeups.subscribe("b", [&] { ++b; });
    const auto moved = std::move(second);
    EXPECT_EQ(wakeups.waiting(), 3U);
    wakeups.notify("a");
    wakeups.notify("nobody");
    EXPECT_EQ(a, 2);
    EXPECT_EQ(b, 0);
  }
  wakeups.notify("a");
  EXPECT_EQ(a, 2);
  EXPECT_EQ(wakeups.waiting(), 0U);
}

TEST(Problem, SaysWhatIsWrongAndWhatToDo) {
  const Response response = Response::problem({Reason::kTooLarge, "附件 120 MB"});
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.content_type, "application/problem+json");
  const auto json = parse_json(response.body);
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->at("type"), "urn:yizhan:reason:too_large");
  EXPECT_EQ(json->at("code"), "too_large");
  EXPECT_EQ(json->at("status"), 413);
  EXPECT_EQ(json->at("detail"), "附件 120 MB");
  EXPECT_FALSE(json->at("title").get<std::string>().empty());
  EXPECT_FALSE(json->at("remedy").get<std::string>().empty());
}

}  // namespace
}  // namespace yizhan
