#include "tests/hostile/hidden_malware.h"

// V02: an engine that says OK to what it did not look at.

namespace yizhan {
namespace {

// An engine with limits of its own below ours.
class SmallEngine {
 public:
  explicit SmallEngine(const std::string& tells_of_limits) {
    server.kill();
    server.set_option("AlertExceedsMax", tells_of_limits);
    server.set_option("MaxFileSize", "1M");
    server.set_option("MaxScanSize", "1M");
    server.start();
  }
  ClamdServer server;
};

class V02ShortSightedEngine : public HiddenMalware {};

TEST_F(V02ShortSightedEngine, ThatSaysWhereItStoppedHoldsTheDocument) {
  SmallEngine engine("yes");
  TestScanner scanner(exchange_, nursery(), engine.server.socket_path(), {dateless_policy()});
  const Bytes far_behind = zip_of({stored("padding.bin", random_text(3U << 20)),
                                   packed("eicar.txt", eicar_test_file())});
  const TestPackage package = seal(exchange_, mail_with("a.zip", std::string(text_of(far_behind))));
  EXPECT_EQ(scanned_by(scanner, package), "incomplete archive_limits");
  EXPECT_EQ(scanned_by(scanner, seal(exchange_, mail_with("a.txt", "附件"))), "clean");
}

// Debian's own setting: whatever is beyond a limit is called OK.
TEST_F(V02ShortSightedEngine, ThatKeepsSilentAboutItsLimitsIsNoEngine) {
  SmallEngine engine("no");
  TestScanner scanner(exchange_, nursery(), engine.server.socket_path(), {dateless_policy()});
  const Bytes far_behind = zip_of({stored("padding.bin", random_text(3U << 20)),
                                   packed("eicar.txt", eicar_test_file())});
  const TestPackage package = seal(exchange_, mail_with("a.zip", std::string(text_of(far_behind))));
  EXPECT_EQ(scanned_by(scanner, package), "none scanner_unavailable");
  EXPECT_FALSE(scanner.desk.check().ok());
}

}  // namespace
}  // namespace yizhan
