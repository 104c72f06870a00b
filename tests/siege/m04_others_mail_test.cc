#include "tests/siege/centre_visitor.h"

// M04: nobody learns of another's mail by its id.

namespace yizhan {
namespace {

class M04OthersMail : public Crossing {};

// The answer about something of others is, to the letter, that about nothing at all.
TEST_F(M04OthersMail, IsAnsweredLikeMailThatIsNot) {
  const std::string document =
      Clerk(scene_.lab(), "a").send_letter(scene_.next_serial(), "給乙與丙");
  wait_for("a", document, {{"received", 2}});
  const Json sent = look(scene_.lab(), "a", "/api/v1/documents/" + document);
  const std::string message = sent.at("packages").at(0).at("message_id").get<std::string>();
  const Json history = look(scene_.lab(), "a", "/api/v1/documents/" + document + "/history");
  CentreVisitor a(scene_.lab(), "a"), b(scene_.lab(), "b"), c(scene_.lab(), "c");
  const std::string delivery = last_delivery(b);
  ASSERT_FALSE(delivery.empty());

  const std::string nothing = Id<struct NobodysNoun>::generate(SystemClock().now()).text();
  const auto expect_alike = [&](CentreVisitor& visitor, Method method, const std::string& before,
                                const std::string& id, const std::string& after) {
    const Json body = method == Method::kPost ? Json{{"terminal", "t"}, {"key", "k"}} : Json();
    const std::string none = id.size() == 64 ? std::string(64, '0') : nothing;
    const Response others = visitor.ask(method, before + id + after, body);
    const Response absent = visitor.ask(method, before + none + after, body);
    EXPECT_EQ(others.status, 404) << before;
    EXPECT_EQ(absent.status, 404) << before;
    EXPECT_EQ(told(others), told(absent)) << before;
  };
  expect_alike(b, Method::kGet, "/v1/messages/", message, "");
  expect_alike(c, Method::kPost, "/v1/deliveries/", delivery, "/lease");
  expect_alike(c, Method::kGet, "/v1/deliveries/", delivery, "/groups/0?lease=" + nothing);
  int of_b = 0;
  for (const Json& item : history.at("items")) {
    if (item.at("recipient") != code_of_agency("b")) continue;
    ++of_b;
    expect_alike(c, Method::kGet, "/v1/evidence/", item.at("evidence").get<std::string>(),
                 "/proof");
  }
  EXPECT_GT(of_b, 0);
  // And those whose they are do have an answer.
  EXPECT_EQ(a.ask(Method::kGet, "/v1/messages/" + message).status, 200);
  EXPECT_NE(b.lease(delivery, "terminal-b").status, 404);
}

}  // namespace
}  // namespace yizhan
