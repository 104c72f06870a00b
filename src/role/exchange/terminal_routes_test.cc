#include "role/exchange/terminal_routes.h"

#include <gtest/gtest.h>

#include "tests/support/small_centre.h"

namespace yizhan {
namespace {

class TerminalRoutes : public ::testing::Test {
 protected:
  TerminalRoutes() {
    add_terminal_routes(router_, {admission_, delivering_, holding_, reading_, centre_.directory,
                                  centre_.log, centre_.database, centre_.custody, maintenance_});
  }

  SmallCentre centre_{Engine::kSqlite};
  Admission admission_{{centre_.database, centre_.custody, centre_.objects, centre_.directory,
                        centre_.trust, centre_.journal, [](StoredPackage) {}, [] {}}};
  Holding holding_{{centre_.database, centre_.custody, centre_.objects, centre_.directory, [] {},
                    [] {}}};
  Delivering delivering_{{centre_.database, centre_.custody, centre_.objects, centre_.directory,
                          centre_.trust.policy(), [] {}}};
  Reading reading_{centre_.database, centre_.custody};
  MaintenanceDesk maintenance_{{centre_.place.directory() / "maintenance.json", centre_.database,
                                centre_.journal, centre_.clock}};
  Router router_;
};

TEST_F(TerminalRoutes, GiveASlowLineTheTimeForTheLargestBody) {
  const auto expect_time = [&](Method method, const std::string& path, std::size_t bytes) {
    const Route* route = router_.find(method, path).route;
    ASSERT_NE(route, nullptr) << path;
    EXPECT_EQ(route->limits.body_bytes_max, bytes) << path;
    const auto needed = std::chrono::milliseconds(bytes / 125);  // 1 Mbit/s
    EXPECT_GE(route->limits.deadline, needed + needed / 2) << path;
  };
  expect_time(Method::kPost, "/v1/submissions", kEnvelopeBytesMax);
  expect_time(Method::kPut, "/v1/submissions/a/groups/0", kGroupBytes);
}

}  // namespace
}  // namespace yizhan
