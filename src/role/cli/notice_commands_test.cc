#include <gtest/gtest.h>

#include <sstream>

#include "duty/notice/notice.h"
#include "ground/files/files.h"
#include "role/cli/cli.h"
#include "tests/support/clause.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

class NoticeCommands : public ::testing::Test {
 protected:
  // `notice draft` into the file; its exit code.
  int draft(const std::string& number, const std::string& test) {
    std::ostringstream out, err;
    const int code = run_cli({"notice", "draft", number, "--title", "OpenSSL 修補",
                              "--vulnerability", "CVE-2026-0001", "--impact", "無", "--test", test,
                              "--issued", "2026-11-25", "--into", file()},
                             {out, err, false});
    said_ = out.str();
    return code;
  }
  [[nodiscard]] std::string file() const { return (folder_ / "notice.json").string(); }

  TemporaryFolder folder_;
  std::string said_;
};

TEST_F(NoticeCommands, WriteWhatCentresReadAndSayByWhenTheyPlan) {
  CLAUSE("五(一)2");
  ASSERT_EQ(draft("7", "全部通過"), 0);
  for (const char* part : {"第 7 號", "2026-12-02", "notices/7.json"}) {
    EXPECT_NE(said_.find(part), std::string::npos) << part << "\n" << said_;
  }
  const Bytes content = read_file(file(), UpdateNotice::kBytesMax);
  EXPECT_EQ(UpdateNotice::parse("notices/7.json", content)->vulnerability, "CVE-2026-0001");
}

TEST_F(NoticeCommands, WriteNothingThatIsNotWhole) {
  EXPECT_EQ(draft("0", "全部通過"), 1);
  EXPECT_EQ(draft("7", ""), 1);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

}  // namespace
}  // namespace yizhan
