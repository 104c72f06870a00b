#include "ground/store/sql_text.h"

#include <algorithm>
#include <cctype>

namespace yizhan {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// The end of what begins at `at`: a quoted text, a comment, or one character.
std::size_t end_of_piece(std::string_view sql, std::size_t at) {
  std::size_t end = at + 1;
  if (sql[at] == '\'' || sql[at] == '"') {
    end = sql.find(sql[at], at + 1);
    if (end != std::string_view::npos) ++end;
  } else if (sql.substr(at).starts_with("--")) {
    end = sql.find('\n', at);
  }
  return std::min(end, sql.size());
}

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

std::vector<std::string> split_statements(std::string_view script) {
  std::vector<std::string> statements(1);
  for (std::size_t at = 0; at < script.size();) {
    const std::size_t end = end_of_piece(script, at);
    const std::string_view piece = script.substr(at, end - at);
    if (piece == ";") {
      statements.emplace_back();
    } else if (!piece.starts_with("--")) {
      statements.back() += piece;
    }
    at = end;
  }
  for (std::string& statement : statements) statement = trim(statement);
  std::erase(statements, "");
  return statements;
}

std::set<std::string, std::less<>> parameters_of(std::string_view sql) {
  std::set<std::string, std::less<>> names;
  for (std::size_t at = 0; at < sql.size(); at = end_of_piece(sql, at)) {
    if (sql[at] != ':') continue;
    const auto rest = sql.substr(at + 1);
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_name);
    names.emplace(rest.begin(), end);
  }
  return names;
}

std::string first_line(std::string_view text) {
  const std::string_view trimmed = trim(text);
  return std::string(trim(trimmed.substr(0, trimmed.find('\n'))));
}

}  // namespace yizhan
