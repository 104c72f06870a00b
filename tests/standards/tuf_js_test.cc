#include <cstdlib>
#include <map>
#include <sstream>

#include "ground/json/json.h"
#include "tests/siege/outside_program.h"
#include "tests/support/repository_cases.h"
#include "tests/support/temporary_folder.h"

// Our client of signed distribution against tuf-js, in every case of
// tests/support/repository_cases.h: what one takes the other takes.

namespace yizhan {
namespace {

namespace fs = std::filesystem;

// Ours, over two states of one repository.
bool takes(const fs::path& scene, const std::string& target, Time now) {
  TrustedState state(scene / "ours.json", read_file(scene / "root.json", 1u << 20));
  FolderSource before(scene / "before"), after(scene / "after");
  EXPECT_TRUE(TrustClient(state, before).refresh(now));
  TrustClient client(state, after);
  return client.refresh(now) && client.fetch_target(target);
}

void lay_out(const RepositoryCase& one, const fs::path& scene, Time now) {
  SmallRepository repository(scene / "after", now);
  repository.found();
  if (one.before) one.before(repository);
  fs::copy(scene / "after", scene / "before", fs::copy_options::recursive);
  fs::copy(scene / "before" / metadata_location("root", 1), scene / "root.json");
  one.happens(repository);
  write_durably(scene / "target", bytes_of(one.target));
}

// By case: whether tuf-js takes it, and what it says.
std::map<std::string, Json> ask_tuf_js(const fs::path& scenes) {
  const char* build = std::getenv("YIZHAN_BUILD");
  const char* source = std::getenv("YIZHAN_SOURCE");
  const fs::path modules = fs::path(build) / "tests/standards/tuf_js/node_modules";
  std::istringstream lines(output_of(
      {"env", "YIZHAN_TUF_JS=" + modules.string(), "node",
       (fs::path(source) / "tests/standards/tuf_js/follow.js").string(), scenes.string()}));
  std::map<std::string, Json> verdicts;
  for (std::string line; std::getline(lines, line);) {
    Json verdict = Json::parse(line, nullptr, false);
    if (verdict.is_discarded()) {
      ADD_FAILURE() << line;  // what it has to say beside its verdicts
      continue;
    }
    verdicts.emplace(verdict.at("name").get<std::string>(), verdict);
  }
  return verdicts;
}

TEST(TufJs, AgreesWithOursInEveryCase) {
  const TemporaryFolder folder;
  const TemporaryFolder theirs;
  const Time now = SystemClock().now();
  const auto all = all_repository_cases();
  for (const RepositoryCase& one : all) {
    lay_out(one, folder / one.name, now);
    fs::copy(folder / one.name, theirs / one.name, fs::copy_options::recursive);
  }
  const auto verdicts = ask_tuf_js(theirs.path());
  ASSERT_EQ(verdicts.size(), all.size());
  int accepted = 0;
  for (const RepositoryCase& one : all) {
    const bool ours = takes(folder / one.name, one.target, now);
    const Json& verdict = verdicts.at(one.name);
    const bool taken = verdict.at("accepted").get<bool>();
    EXPECT_EQ(ours, !one.refused) << one.name;
    EXPECT_EQ(taken, ours || one.stricter) << one.name << ": " << verdict.at("why");
    accepted += taken ? 1 : 0;
  }
  EXPECT_GT(accepted, 8);
  EXPECT_LT(accepted, static_cast<int>(all.size()) / 2);
}

}  // namespace
}  // namespace yizhan
