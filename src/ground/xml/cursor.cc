#include <algorithm>

#include "ground/xml/prolog.h"

namespace yizhan {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

void XmlCursor::skip(std::size_t count) {
  const std::string_view passed = rest().substr(0, count);
  line_ += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
  at_ += passed.size();
}

bool XmlCursor::take(std::string_view word) {
  if (!rest().starts_with(word)) return false;
  skip(word.size());
  return true;
}

bool XmlCursor::skip_space() {
  const std::size_t before = at_;
  while (is_space(peek())) skip(1);
  return at_ > before;
}

bool XmlCursor::skip_comment() { return take("<!--") && take_until("-->").has_value(); }

std::optional<std::string_view> XmlCursor::take_until(std::string_view end) {
  const std::size_t found = rest().find(end);
  if (found == std::string_view::npos) return std::nullopt;
  const std::string_view taken = rest().substr(0, found);
  skip(found + end.size());
  return taken;
}

std::string_view XmlCursor::take_name() {
  const std::size_t end = std::min(rest().find_first_of(" \t\r\n<>[]'\"=/%;&"), rest().size());
  const std::string_view name = rest().substr(0, end);
  skip(end);
  return name;
}

std::optional<std::string_view> XmlCursor::take_quoted() {
  const char quote = peek();
  if (quote != '"' && quote != '\'') return std::nullopt;
  skip(1);
  return take_until(std::string_view(&quote, 1));
}

}  // namespace yizhan
