#include "role/exchange/maintenance.h"

#include "ground/files/files.h"
#include "role/exchange/desks_test.h"

namespace yizhan {
namespace {

class MaintenanceOfACentre : public CentreDesks {
 protected:
  MaintenanceOfACentre() { start(); }

  // As the program does, on what an earlier one left.
  void start() {
    desk_.emplace(maintenance_parts());
    terminals_.emplace();
    operators_.emplace();
    add_terminal_routes(*terminals_, terminal_desk(*desk_));
    add_operator_routes(*operators_, operator_desk(*desk_));
  }
  static Response ask(const Router& router, Request request) {
    const auto found = router.find(request.method, request.path);
    if (found.route == nullptr) return Response::json(404, Json::object());
    request.parameters = found.parameters;
    return found.route->handler(request);
  }
  Response submit(const TestPackage& package) {
    return ask(*terminals_, {.method = Method::kPost,
                             .path = "/v1/submissions",
                             .body = package.with_body().submission(),
                             .peer = peer()});
  }
  Json status() {
    return json_of(ask(*terminals_, {.path = "/v1/status", .peer = peer()}));
  }
  Response tell(const std::string& path, const Json& body) {
    return ask(*operators_,
               {.method = Method::kPost, .path = path, .body = canonical_json(body)});
  }
  Response drain(const Json& change = Json::object()) {
    Json wish = {{"person", "林維運"}, {"reason", "更換磁碟"}};
    wish.update(change);
    return tell("/v1/operator/maintenance", wish);
  }
  static Json json_of(const Response& response) { return Json::parse(text_of(response.body)); }
  std::vector<std::string> journalled() {
    std::vector<std::string> events;
    centre_.database.read([&](Transaction& tx) {
      for (const JournalEntry& entry : JournalStore(tx).unsealed(100)) {
        if (entry.event.starts_with("maintenance")) events.push_back(entry.event);
      }
    });
    return events;
  }
  [[nodiscard]] Peer peer() const {
    return {.address = "127.0.0.1", .certificate = centre_.exchange.a.tls.certificate()};
  }

  std::optional<MaintenanceDesk> desk_;
  std::optional<Router> terminals_, operators_;
};

TEST_F(MaintenanceOfACentre, RefusesNewDocumentsWithTheReasonUntilItEnds) {
  EXPECT_TRUE(status().at("accepting"));
  ASSERT_EQ(drain({{"until", "2026-11-22T09:00:00Z"}}).status, 200);
  const Json during = status();
  EXPECT_FALSE(during.at("accepting"));
  EXPECT_EQ(during.at("maintenance").at("reason"), "更換磁碟");
  const TestPackage package = make_package(centre_.exchange);
  const Response refused = submit(package);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(json_of(refused).at("code"), "unavailable");
  EXPECT_NE(json_of(refused).at("detail").get<std::string>().find("更換磁碟"), std::string::npos);
  EXPECT_EQ(tell("/v1/operator/opening", {{"person", "林維運"}}).status, 200);
  EXPECT_TRUE(status().at("accepting"));
  EXPECT_EQ(submit(package).status, 201);
  EXPECT_EQ(journalled(),
            (std::vector<std::string>{"maintenance_begun", "maintenance_ended"}));
}

TEST_F(MaintenanceOfACentre, OutlivesTheProcess) {
  drain();
  start();
  EXPECT_FALSE(status().at("accepting"));
  const Json shown = json_of(ask(*operators_, {.path = "/v1/operator/status"}));
  EXPECT_EQ(shown.at("maintenance").at("person"), "林維運");
  tell("/v1/operator/opening", {{"person", "林維運"}});
  start();
  EXPECT_TRUE(status().at("accepting"));
}

TEST_F(MaintenanceOfACentre, SaidAgainKeepsSinceWhen) {
  const Json first = json_of(drain());
  centre_.clock.pass(std::chrono::hours{1});
  const Json again = json_of(drain({{"reason", "更換磁碟，較預期久"}}));
  EXPECT_EQ(again.at("since"), first.at("since"));
  EXPECT_EQ(status().at("maintenance").at("reason"), "更換磁碟，較預期久");
}

TEST_F(MaintenanceOfACentre, SaysWhoAndWhy) {
  EXPECT_EQ(json_of(drain({{"reason", ""}})).at("code"), "bad_request");
  EXPECT_EQ(json_of(drain({{"person", ""}})).at("code"), "bad_request");
  EXPECT_EQ(json_of(drain({{"until", "tomorrow"}})).at("code"), "malformed");
  EXPECT_TRUE(status().at("accepting"));
}

TEST_F(MaintenanceOfACentre, DoesNotStartOnAFileThatNobodyCanRead) {
  write_durably(centre_.place.directory() / "maintenance.json", bytes_of("{"));
  EXPECT_THROW(start(), std::runtime_error) << "open or closed: an operator has to say";
}

}  // namespace
}  // namespace yizhan
