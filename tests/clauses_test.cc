#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "tests/clauses/evidence.h"
#include "tests/clauses/registry.h"
#include "tests/clauses/results.h"

// The regulation, held against the tree; and every rule shown to bite.

namespace yizhan::clauses {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;
using Rules = std::set<std::string>;

fs::path source_root() {
  const char* root = std::getenv("YIZHAN_SOURCE");
  return root != nullptr ? root : ".";
}

TEST(Regulation, AgreesWithTheTree) {
  const Registry registry = read_registry(source_root());
  const Evidence evidence = collect(tree::read_tree(source_root()));
  for (const tree::Finding& finding : check_evidence(registry, evidence)) {
    ADD_FAILURE() << finding.text();
  }
  RecordProperty("clauses_open", static_cast<int>(registry.open.size()));
}

TEST(Regulation, IsWhole) {
  const Registry registry = read_registry(source_root());
  const auto under = [&](const std::string& prefix) {
    return std::ranges::count_if(registry.clauses, [&](const Clause& clause) {
      return clause.number.starts_with(prefix) && clause.number != prefix;
    });
  };
  EXPECT_EQ(under("五(一)"), 13);
  EXPECT_EQ(under("五(二)"), 9);
  EXPECT_EQ(under("五(三)"), 9);
  EXPECT_EQ(under("五(六)"), 5 + 10);
  EXPECT_EQ(under("十三("), 9);
  EXPECT_EQ(under("附錄四"), 3);
  for (const char* article : {"一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一",
                              "十二", "十三", "十四"}) {
    EXPECT_NE(registry.find(article), nullptr) << article;
  }
  const auto cells = [&](const std::string& prefix, const std::string& end) {
    return std::ranges::count_if(registry.cells, [&](const auto& cell) {
      return cell.first.starts_with(prefix) && cell.first.ends_with(end);
    });
  };
  EXPECT_EQ(cells("附錄四", "管"), 15);
  EXPECT_EQ(cells("附錄四", "交"), 12);
  EXPECT_EQ(cells("附錄五", ""), 10);
  EXPECT_EQ(registry.find("附錄四9交")->number, "五(二)7");
  EXPECT_EQ(registry.find("附錄四8交")->number, "附錄四8交");
}

TEST(Numbers, AreFoundInComments) {
  EXPECT_EQ(numbers_in_comment(" 五(二)7: 應對惡意程式先行阻絕"), (Texts{"五(二)7"}));
  EXPECT_EQ(numbers_in_comment(" 十三: stands"), (Texts{"十三"}));
  EXPECT_EQ(numbers_in_comment(" 十三"), (Texts{"十三"}));
  EXPECT_EQ(numbers_in_comment(" see 五(六)4(1) and 附錄四9交."), (Texts{"五(六)4(1)", "附錄四9交"}));
  EXPECT_EQ(numbers_in_comment(" 十三(二), 五(一)10"), (Texts{"十三(二)", "五(一)10"}));
  EXPECT_EQ(numbers_in_comment(" one 一 two, 三 of 十 and 附錄二, f(七)"), Texts{});
}

TEST(Numbers, FillALiteral) {
  EXPECT_EQ(numbers_in_literal("五(二)7"), (Texts{"五(二)7"}));
  EXPECT_EQ(numbers_in_literal("七, 五(三)9"), (Texts{"七", "五(三)9"}));
  EXPECT_EQ(numbers_in_literal("見五(二)7"), Texts{});
  EXPECT_EQ(numbers_in_literal("document_admitted"), Texts{});
}

// A tree of its own: two enforced clauses, one assisted, one outside; one test, one event.
class SmallRegulation : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "yizhan-clauses-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    write("regulation/clauses.txt", line("五(一)1", "enforced") + line("五(一)2", "enforced") +
                                        line("七", "assisted") + line("十四", "outside"));
    write("regulation/appendix4.txt", "附錄四1管\t五(一)1\twords\n");
    write("regulation/appendix5.txt", "附錄五1\t七\twords\n");
    write("regulation/open.txt", "# none is too many\n五(一)2\n");
    write("src/ground/base/a_test.cc", "TEST(A, B) { CLAUSE(\"五(一)1\"); }\n");
    write("src/ground/base/a.cc", "// 五(一)1: here\n");
    write("src/ground/journal/events.h", "Event e{\"seen\", \"七\"};\n");
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  static std::string line(const std::string& number, const std::string& disposition) {
    const std::string words = "words of " + number;
    return number + "\t管,交\t" + disposition + "\t" + short_hash(words) + "\t" + words +
           (disposition == "outside" ? "\twhy\n" : "\n");
  }
  [[nodiscard]] Rules broken() const {
    Rules rules;
    const Evidence evidence = collect(tree::read_tree(root_));
    for (const auto& finding : check_evidence(read_registry(root_), evidence)) {
      rules.insert(finding.rule);
    }
    return rules;
  }
  [[nodiscard]] Rules broken(const std::string& path, const std::string& text) const {
    write(path, text);
    return broken();
  }

  fs::path root_;
};

TEST_F(SmallRegulation, IsCleanBeforeItIsSpoilt) { EXPECT_EQ(broken(), Rules{}); }

TEST_F(SmallRegulation, EveryNumberStandsInTheRegistry) {
  EXPECT_EQ(broken("src/ground/base/b.cc", "// 五(一)9: no\n"), Rules{"unknown_clause"});
  write("src/ground/base/b.cc", "");
  EXPECT_EQ(broken("src/ground/base/b_test.cc", "// 五(一)9: no\n"), Rules{"unknown_clause"});
  EXPECT_EQ(broken("src/ground/base/b_test.cc", "TEST(A, C) { CLAUSE(\"7\"); }"),
            Rules{"unknown_clause"});
  write("src/ground/base/b_test.cc", "");
  EXPECT_EQ(broken("src/ground/journal/events.h", "f(\"七\", \"八\");"), Rules{"unknown_clause"});
}

TEST_F(SmallRegulation, AnEnforcedClauseHasATest) {
  EXPECT_EQ(broken("src/ground/base/a_test.cc", "// CLAUSE(\"五(一)1\")\n"), Rules{"unproven"});
}

TEST_F(SmallRegulation, AnAssistedClauseHasAnEvent) {
  EXPECT_EQ(broken("src/ground/journal/events.h", "// 七: none\n"), Rules{"unproven"});
}

TEST_F(SmallRegulation, EveryEventIsRecordedInProduction) {
  write("src/ground/journal/events.h",
        "enum class Event { kSeen, kHeard };\nf(\"seen\", \"七\");\n");
  EXPECT_EQ(broken("src/ground/base/b.cc", "g(Event::kSeen);\n"), Rules{"unrecorded_event"});
  EXPECT_EQ(broken("src/ground/base/b_test.cc", "TEST(A, C) { g(Event::kHeard); }\n"),
            Rules{"unrecorded_event"});
  EXPECT_EQ(broken("src/ground/base/b.cc", "g(Event::kSeen, Event::kHeard);\n"), Rules{});
}

TEST_F(SmallRegulation, WhatIsBuiltIsNotOpen) {
  EXPECT_EQ(broken("src/ground/base/b_test.cc", "TEST(A, C) { CLAUSE(\"五(一)2\"); }"),
            Rules{"satisfied"});
}

TEST_F(SmallRegulation, ACellOfAnAppendixCountsForItsClause) {
  EXPECT_EQ(broken("src/ground/base/a_test.cc", "TEST(A, B) { CLAUSE(\"附錄四1管\"); }"), Rules{});
}

TEST_F(SmallRegulation, AClaimStandsInATest) {
  EXPECT_EQ(broken("src/ground/base/b_test.cc", "const int x = CLAUSE(\"五(一)1\");"),
            Rules{"stray_claim"});
}

TEST_F(SmallRegulation, AClauseIsCitedInThreeFilesAndOnceInEach) {
  write("src/ground/base/b.cc", "// 五(一)1\n");
  EXPECT_EQ(broken("src/ground/base/c.cc", "// 附錄四1管\n"), Rules{});
  EXPECT_EQ(broken("src/ground/base/d.cc", "// 五(一)1\n"), Rules{"scattered"});
  EXPECT_EQ(broken("src/ground/base/d.cc", ""), Rules{});
  EXPECT_EQ(broken("src/ground/base/c.cc", "// 五(一)1\n// 五(一)1\n"), Rules{"cited_twice"});
}

TEST_F(SmallRegulation, ChangedWordsMakeTheHashStale) {
  std::string text = tree::read_text(root_ / "regulation/clauses.txt");
  text.replace(text.find("words of 七"), 5, "Words");
  EXPECT_EQ(broken("regulation/clauses.txt", text), Rules{"registry"});
}

TEST_F(SmallRegulation, LinesMustBeReadable) {
  const std::string good = tree::read_text(root_ / "regulation/clauses.txt");
  const std::string hash = short_hash("w");
  for (const std::string& bad :
       {std::string("八\t管\n"), "八\t管\tsometimes\t" + hash + "\tw\n",
        "八\t地\tassisted\t" + hash + "\tw\n", "八\t管\toutside\t" + hash + "\tw\n",
        line("七", "assisted")}) {
    EXPECT_TRUE(broken("regulation/clauses.txt", good + bad).contains("registry")) << bad;
  }
  write("regulation/clauses.txt", good);
  EXPECT_EQ(broken("regulation/open.txt", "五(一)2\n八\n"), Rules{"registry"});
  EXPECT_EQ(broken("regulation/open.txt", "五(一)2\n十四\n"), Rules{"registry"});
  write("regulation/open.txt", "五(一)2\n");
  EXPECT_EQ(broken("regulation/appendix5.txt", "附錄五1\t八\twords\n"), Rules{"registry"});
}

TEST_F(SmallRegulation, TheRunSaysWhichClaimsPassed) {
  const std::string property = R"(<properties><property name="clause:七" value="七"/></properties>)";
  write("results/a.xml", R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites timestamp="2026-11-22T03:04:05.678"><testsuite>
<testcase name="a" result="completed">)" + property + R"(</testcase>
<testcase name="b" result="completed"><failure message="m"/>)" + property + R"(</testcase>
<testcase name="c" result="skipped">)" + property + R"(</testcase>
<testcase name="d" result="completed"/>
</testsuite></testsuites>)");
  const Results results = read_results(root_ / "results");
  EXPECT_EQ(results.programs, 1);
  EXPECT_EQ(results.by_clause.size(), 1U);
  EXPECT_EQ(results.by_clause.at("七").passed, 1);
  EXPECT_EQ(results.by_clause.at("七").failed, 2);
  write("results/b.xml", "cut short");
  EXPECT_THROW(read_results(root_ / "results"), std::runtime_error);
}

}  // namespace
}  // namespace yizhan::clauses
