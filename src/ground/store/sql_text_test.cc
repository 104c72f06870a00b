#include "ground/store/sql_text.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

TEST(SqlText, SplitsAtSemicolonsOutsideQuotesAndDropsComments) {
  EXPECT_EQ(split_statements("-- first; really\nCREATE TABLE a (x TEXT DEFAULT ';--');\n\n"
                             "  SELECT \"odd;name\" -- and this\nFROM a ; ;\n"),
            (std::vector<std::string>{"CREATE TABLE a (x TEXT DEFAULT ';--')",
                                      "SELECT \"odd;name\" \nFROM a"}));
  EXPECT_TRUE(split_statements(" -- nothing\n").empty());
}

TEST(SqlText, FindsParametersOutsideQuotes) {
  EXPECT_EQ(
      parameters_of("SELECT ':no', \":no\" FROM t WHERE a = :yes AND b > :also_1 OR :yes = c"),
      (std::set<std::string, std::less<>>{"also_1", "yes"}));
}

TEST(SqlText, TellsTheFirstLineWithWords) {
  EXPECT_EQ(first_line("\n  SELECT a\n  FROM b"), "SELECT a");
  EXPECT_EQ(first_line(""), "");
}

}  // namespace
}  // namespace yizhan
