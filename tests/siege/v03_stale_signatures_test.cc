#include <time.h>

#include "tests/siege/engine_siege.h"
#include "tests/support/clause.h"

// V03: signatures that are older than they may be.

namespace yizhan {
namespace {

// "ClamAV 1.4.6/27500/Thu Nov  5 09:28:03 2026": signatures of so many days ago.
std::string version_of_age(std::chrono::hours age) {
  const time_t then = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() - age);
  std::tm parts{};
  ::gmtime_r(&then, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a %b %e %H:%M:%S %Y", &parts);
  return std::string("ClamAV 1.4.6/27500/") + text.data();
}

class V03StaleSignatures : public EngineSiege {};

TEST_F(V03StaleSignatures, HoldLettersUntilTheyAreRenewed) {
  CLAUSE("五(二)6");
  scene_.edit("centre/scanner.toml", "signatures_age = \"0s\"", "signatures_age = \"7d\"");
  const auto real = scene_.lab().root() / "clamd/engine.sock";
  std::filesystem::rename(socket(), real);  // the engine goes on listening under its new name
  std::string document;
  {
    const Impostor stale({.socket = socket(),
                          .manner = Impostor::Manner::kGoBetween,
                          .version = version_of_age(std::chrono::hours{8 * 24}),
                          .engine = real});
    scene_.restart("scanner");
    document = send();
    expect_nothing_passes({document});
    EXPECT_EQ(stale.files_seen(), 0);
  }
  {
    const Impostor renewed({.socket = socket(),
                            .manner = Impostor::Manner::kGoBetween,
                            .version = version_of_age(std::chrono::hours{6 * 24}),
                            .engine = real});
    expect_received(document);
  }
  std::filesystem::rename(real, socket());
  scene_.edit("centre/scanner.toml", "signatures_age = \"7d\"", "signatures_age = \"0s\"");
  scene_.restart("scanner");
}

}  // namespace
}  // namespace yizhan
