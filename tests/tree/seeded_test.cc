#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>

#include "tests/tree/tolerated.h"
#include "tests/tree/tree.h"

// Every rule must catch a tree that breaks it: no rule is empty.

namespace yizhan::tree {
namespace {

namespace fs = std::filesystem;

std::string repeat(int times, const std::string& text) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// A small tree that keeps every rule, in a directory of its own.
class SeededTree : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "yizhan-tree-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    write("src/libraries.cmake", R"(
yizhan_library(ground_base)
yizhan_library(ground_store USES ground_base)  # yizhan_library(not this)
yizhan_library(model_agency USES ground_base)
yizhan_library(way_admit USES ground_base ground_store model_agency TEST_USES ground_files)
yizhan_library(way_route USES model_agency)
yizhan_library(ground_files USES ground_base)
yizhan_program(yizhan-post SOURCE post.cc USES way_route)
)");
    write("schema/schema.sql", "CREATE TABLE mails (id TEXT);\nCREATE TABLE routes (id TEXT);\n");
    write("src/ground/base/base.h", "#pragma once\n#include \"ground/base/time.h\"\n");
    write("src/ground/base/time.h", "#pragma once\n");
    write("src/ground/files/files.h", "#include \"ground/base/base.h\"\n");
    write("src/ground/store/store.h", "#include \"ground/base/base.h\"\n");
    write("src/model/agency/agency.h", "#include \"ground/base/base.h\"\n");
    write("src/way/admit/admit.cc", R"(
#include <vector>
#include "ground/base/base.h"
#include "model/agency/agency.h"
)");
    write("src/way/admit/mail_store.cc", R"(
#include "ground/store/store.h"
const char* const kText = "SELECT id FROM mails";
)");
    write("src/way/admit/admit_test.cc", "#include \"ground/files/files.h\"\n");
    write("src/way/route/route.h", "#include \"model/agency/agency.h\"\n");
    write("src/program/post.cc", "#include \"way/route/route.h\"\n");
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  [[nodiscard]] std::vector<Finding> findings() const { return check_tree(read_tree(root_)); }

  // The rules broken once `text` stands at `path`.
  [[nodiscard]] std::set<std::string> broken(const std::string& path,
                                             const std::string& text) const {
    write(path, text);
    std::set<std::string> rules;
    for (const Finding& finding : findings()) rules.insert(finding.rule);
    return rules;
  }

  fs::path root_;
};

using Rules = std::set<std::string>;

TEST_F(SeededTree, IsCleanBeforeItIsSpoilt) {
  for (const Finding& finding : findings()) ADD_FAILURE() << finding.text();
}

TEST_F(SeededTree, GroundMayNotIncludeModel) {
  EXPECT_TRUE(broken("src/ground/base/id.cc", "#include \"model/agency/agency.h\"\n")
                  .contains("tier_order"));
}

TEST_F(SeededTree, StationsMayNotIncludeEachOther) {
  EXPECT_TRUE(broken("src/way/admit/more.cc", "#include \"way/route/route.h\"\n")
                  .contains("tier_order"));
}

TEST_F(SeededTree, DutiesAndStationsMayNotIncludeEachOther) {
  EXPECT_TRUE(broken("src/way/admit/more.cc", "#include \"duty/notices/notices.h\"\n")
                  .contains("tier_order"));
  EXPECT_TRUE(broken("src/duty/notices/notices.h", "#include \"way/route/route.h\"\n")
                  .contains("tier_order"));
  EXPECT_TRUE(broken("src/role/a/a.h", "#include \"role/b/b.h\"\n").contains("tier_order"));
}

TEST_F(SeededTree, UsesMayLackNothing) {
  EXPECT_EQ(broken("src/way/route/route.cc", "#include \"ground/base/base.h\"\n"), Rules{"uses"});
}

TEST_F(SeededTree, UsesMayHoldNothingSuperfluous) {
  EXPECT_EQ(broken("src/way/route/route.h", "#pragma once\n"), Rules{"uses"});
}

TEST_F(SeededTree, TestUsesAreHeldTheSameWay) {
  EXPECT_EQ(broken("src/way/admit/admit_test.cc", "#include <vector>\n"), Rules{"uses"});
  EXPECT_EQ(broken("src/model/agency/agency_test.cc",
                   "#include \"ground/files/files.h\"\n"), Rules{"uses"});
}

TEST_F(SeededTree, ProgramsAreHeldTheSameWay) {
  EXPECT_EQ(broken("src/program/post.cc", "#include \"ground/base/base.h\"\n"), Rules{"uses"});
  EXPECT_EQ(broken("src/program/other.cc", "int main() {}\n"), Rules{"uses"});
}

TEST_F(SeededTree, EveryFolderHasItsLine) {
  EXPECT_EQ(broken("src/ground/new/new.h", "#pragma once\n"), Rules{"uses"});
  EXPECT_EQ(broken("src/ground/base/deep/deep.h", "#pragma once\n"), Rules{"uses"});
}

TEST_F(SeededTree, HasNoCycles) {
  EXPECT_TRUE(broken("src/ground/base/id.cc", "#include \"ground/store/store.h\"\n")
                  .contains("cycle"));
}

TEST_F(SeededTree, OnlyFacesAreIncluded) {
  EXPECT_EQ(broken("src/model/agency/more.cc", "#include \"ground/base/time.h\"\n"), Rules{"face"});
  EXPECT_EQ(broken("tests/a_test.cc", "#include \"ground/base/time.h\"\n"), Rules{"face"});
  fs::remove(root_ / "src/model/agency/more.cc");
  fs::remove(root_ / "tests/a_test.cc");
  EXPECT_EQ(broken("fuzz/fuzz_a.cc", "#include \"ground/base/time.h\"\n"), Rules{});
}

TEST_F(SeededTree, IncludesAreWrittenFromTheRoot) {
  EXPECT_EQ(broken("src/ground/base/id.cc", "#include \"time.h\"\n"), Rules{"unknown_include"});
  EXPECT_EQ(broken("src/ground/base/id.cc", "#include \"../base/time.h\"\n"),
            Rules{"unknown_include"});
  EXPECT_EQ(broken("src/ground/base/id.cc", "#include \"tests/support/clause.h\"\n"),
            Rules{"unknown_include"});
}

TEST_F(SeededTree, WhatTheTestsOfAFolderShareIsATest) {
  EXPECT_EQ(broken("src/ground/base/id_test.h",
                   "#pragma once\n#include \"tests/support/clause.h\"\n"),
            Rules{});
}

TEST_F(SeededTree, KeepsItsBudgets) {
  const std::string path = "src/ground/base/id.cc";
  EXPECT_EQ(broken(path, "int f() {\n" + repeat(58, "  g();\n") + "}\n"), Rules{});
  EXPECT_EQ(broken(path, "int f() {\n" + repeat(59, "  g();\n") + "}\n"), Rules{"function_length"});
  EXPECT_EQ(broken(path, repeat(500, "\n")), Rules{});
  EXPECT_EQ(broken(path, repeat(501, "\n")), Rules{"file_length"});
  EXPECT_EQ(broken(path, "// " + repeat(97, "公") + "\n"), Rules{});
  EXPECT_EQ(broken(path, "// " + repeat(98, "公") + "\n"), Rules{"line_length"});
  EXPECT_EQ(broken(path, "int f(int a, int b, int c, std::map<int, int> d);\n"), Rules{});
  EXPECT_EQ(broken(path, "int f(int a, int b, int c, int d, int e);\n"), Rules{"parameters"});
  EXPECT_EQ(broken(path, "extern \"C\" { int f(int a, int b, int c, int d, int e); }\n"), Rules{});
  EXPECT_EQ(broken(path, "struct A { A(int a, int b, int c, int d, int e) {} };\n"),
            Rules{"parameters"});
  const std::string four = repeat(4, "if (x) { ");
  EXPECT_EQ(broken(path, "void f() { " + four + repeat(4, "} ") + "}\n"), Rules{});
  EXPECT_EQ(broken(path, "void f() { while (x) { " + four + repeat(5, "} ") + "}\n"),
            Rules{"nesting"});
  write(path, "");
  EXPECT_EQ(broken("src/ground/base/long.h", repeat(250, "\n")), Rules{});
  EXPECT_EQ(broken("src/ground/base/long.h", repeat(251, "\n")), Rules{"header_length"});
}

TEST_F(SeededTree, DoesWithoutTheseCalls) {
  const std::string path = "src/ground/base/id.cc";
  for (const char* call : {"system(x)", "std::system(x)", "::popen(x)", "rand()", "strcpy(a, b)",
                           "worker.detach()", "worker->detach()", "sprintf(a, b)"}) {
    EXPECT_EQ(broken(path, "void f() { " + std::string(call) + "; }\n"), Rules{"banned_call"})
        << call;
  }
  for (const char* fine : {"own.system(x)", "brand()", "boost::system(x)", "std::string system",
                           "say(\"system(x)\")"}) {
    EXPECT_EQ(broken(path, "void f() { " + std::string(fine) + "; }\n"), Rules{}) << fine;
  }
}

TEST_F(SeededTree, DoesWithoutTheseConstructs) {
  const std::string path = "src/ground/base/id.cc";
  EXPECT_EQ(broken(path, "void f() { try { } catch (...) { } }\n"), Rules{"catch_all"});
  EXPECT_EQ(broken(path, "auto f = [=] { return x; };\n"), Rules{"capture_all"});
  EXPECT_EQ(broken(path, "#define TWICE(x) x x\n"), Rules{"macro"});
  EXPECT_EQ(broken(path, "// TODO: later\n"), Rules{"unfinished"});
  EXPECT_EQ(broken(path, "using namespace std;\n"), Rules{});
  write(path, "");
  EXPECT_EQ(broken("src/ground/base/wide.h", "using namespace std;\n"), Rules{"using_namespace"});
}

TEST_F(SeededTree, ARefusalLeavesNoHalfBuiltValue) {
  const std::string path = "src/ground/base/id.cc";
  for (const char* leak : {"return Pair{a(), YZ_TRY(b())};", "list.push_back({a, c(YZ_TRY(b()))});",
                           "Pair x{.a = a(1, 2), .b = {YZ_TRY(b())}};"}) {
    EXPECT_EQ(broken(path, "auto f() { " + std::string(leak) + " }\n"), Rules{"try_in_braces"})
        << leak;
  }
  for (const char* fine : {"return Pair{YZ_TRY(b()), a()};", "return c(a(), YZ_TRY(b()));",
                           "Pair p{a, b}; return YZ_TRY(b());",
                           "Pair p{a, [] { return YZ_TRY(b()); }};"}) {
    EXPECT_EQ(broken(path, "auto f() { " + std::string(fine) + " }\n"), Rules{}) << fine;
  }
}

TEST_F(SeededTree, DoesWithoutTheseNames) {
  EXPECT_EQ(broken("src/ground/base/string_util.h", ""), Rules{"banned_name"});
  fs::remove(root_ / "src/ground/base/string_util.h");
  EXPECT_TRUE(broken("src/ground/common/common.h", "").contains("banned_name"));
  fs::remove_all(root_ / "src/ground/common");
  EXPECT_EQ(broken("src/ground/base/id.cc", "class KeyManager {};\n"), Rules{"banned_name"});
  EXPECT_EQ(broken("src/ground/base/id.cc", "struct Information { int data; };\n"), Rules{});
}

TEST_F(SeededTree, HtmlLivesInTheConsole) {
  EXPECT_EQ(broken("src/ground/base/id.cc", "f(\"<td>\");\n"), Rules{"html"});
  EXPECT_EQ(broken("src/ground/base/id.cc", "f(R\"(\n  </p>)\");\n"), Rules{"html"});
  EXPECT_EQ(broken("src/ground/base/id.cc", "bool x = a <b;  // \"<td>\"\n"), Rules{});
}

TEST_F(SeededTree, SqlStandsInStores) {
  for (const char* sql : {"SELECT 1", "INSERT INTO x VALUES (1)", "UPDATE x SET y = 1",
                          "DELETE FROM x WHERE y", "CREATE TABLE x (y)", "UPDATE x \" \"SET y"}) {
    EXPECT_EQ(broken("src/way/admit/late.cc", "f(\"" + std::string(sql) + "\");\n"), Rules{"sql"})
        << sql;
  }
  EXPECT_EQ(broken("src/way/admit/late.cc", "f(\"請選擇 SELECTED, UPDATE x\");\n"), Rules{});
  EXPECT_EQ(broken("src/ground/store/late.cc", "f(\"SELECT 1\");\n"), Rules{});
}

TEST_F(SeededTree, ATableHasOneOwner) {
  EXPECT_EQ(broken("src/way/route/route_store.cc", "f(\"SELECT x FROM routes\");\n"), Rules{});
  EXPECT_EQ(broken("src/way/route/route_store.cc", "f(\"SELECT 1 FROM a JOIN mails\");\n"),
            Rules{"table_owner"});
}

class ToleratedLines : public SeededTree {
 protected:
  void SetUp() override {
    SeededTree::SetUp();
    write("src/ground/base/id.cc", "// TODO: later\n");
    write("docs/decisions/0003-later.md", "# Later\n");
  }
  [[nodiscard]] std::vector<Finding> left(const std::string& text) const {
    const auto today = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22);
    return apply(parse_tolerated(text), findings(), root_, today);
  }
  [[nodiscard]] static std::string line(const std::string& date,
                                        const std::string& symbol = ":comment") {
    return "unfinished\tsrc/ground/base/id.cc" + symbol + "\t" + date +
           "\tdocs/decisions/0003-later.md\tbecause\n";
  }
};

TEST_F(ToleratedLines, CoverWhatTheyName) {
  EXPECT_EQ(left("").size(), 1U);
  EXPECT_TRUE(left("# head\n" + line("2026-11-22")).empty());
  EXPECT_TRUE(left(line("2026-11-22", "")).empty());
  EXPECT_EQ(left(line("2026-11-22", ":other")).size(), 2U);
}

TEST_F(ToleratedLines, AgeWithinSixtyDays) {
  EXPECT_TRUE(left(line("2026-09-23")).empty());
  EXPECT_EQ(left(line("2026-09-22")).size(), 1U);
  EXPECT_EQ(left(line("2026-11-23")).size(), 1U);
}

TEST_F(ToleratedLines, AreNeededReadableAndRecorded) {
  const std::string unused = "macro\tsrc/x.cc\t2026-11-22\tdocs/decisions/0003-later.md\tr\n";
  EXPECT_EQ(left(line("2026-11-22") + unused).size(), 1U);
  EXPECT_EQ(left("unfinished src/ground/base/id.cc\n").size(), 2U);
  EXPECT_EQ(left(line("2026-13-22")).size(), 2U);
  fs::remove(root_ / "docs/decisions/0003-later.md");
  EXPECT_EQ(left(line("2026-11-22")).size(), 1U);
}

}  // namespace
}  // namespace yizhan::tree
