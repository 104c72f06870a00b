#include <regex>

#include "tests/tree/tree.h"

// SQL stands in *_store.cc and ground/store only; a table is named by the stores of one folder.

namespace yizhan::tree {
namespace {

bool may_speak_sql(const SourceFile& file) {
  return file.folder == "ground/store" || file.folder.empty() ||
         file.path.ends_with("_store.cc") || file.path.ends_with("_store_test.cc");
}

bool is_sql(const std::string& text) {
  static const std::regex kStatement(
      R"((^|[\s(])(SELECT|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\s)");
  return std::regex_search(text + " ", kStatement);
}

struct Statement {
  std::string text;
  int line;
};

// Literals side by side are one.
std::vector<Statement> statements_in(const SourceFile& file) {
  std::vector<Statement> all;
  bool joins = false;
  for (const Token& token : file.tokens) {
    if (token.kind == TokenKind::kComment) continue;
    const bool literal = token.kind == TokenKind::kString;
    if (literal && joins) {
      all.back().text += token.text;
    } else if (literal) {
      all.push_back({token.text, token.line});
    }
    joins = literal;
  }
  std::erase_if(all, [](const Statement& statement) { return !is_sql(statement.text); });
  return all;
}

std::set<std::string> tables_in(const std::string& sql, const std::set<std::string>& tables) {
  static const std::regex kName(R"((?:FROM|JOIN|INTO|UPDATE)\s+(\w+))");
  std::set<std::string> named;
  for (std::sregex_iterator it(sql.begin(), sql.end(), kName), end; it != end; ++it) {
    if (tables.contains((*it)[1].str())) named.insert((*it)[1].str());
  }
  return named;
}

}  // namespace

std::vector<Finding> check_sql(const Tree& tree) {
  std::vector<Finding> found;
  std::map<std::string, const SourceFile*> owners;
  for (const SourceFile& file : tree.files) {
    for (const Statement& statement : statements_in(file)) {
      if (!may_speak_sql(file)) {
        found.push_back({"sql", file.path, "", statement.line, "SQL stands in a *_store.cc"});
      }
      if (file.test()) continue;
      for (const std::string& table : tables_in(statement.text, tree.tables)) {
        const SourceFile* owner = owners.try_emplace(table, &file).first->second;
        if (owner->folder == file.folder) continue;
        found.push_back({"table_owner", file.path, table, statement.line,
                         "the table belongs to " + owner->path});
      }
    }
  }
  return found;
}

}  // namespace yizhan::tree
