#include "tests/tree/tokens.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace yizhan::tree {
namespace {

// Bytes above 127 belong to words, so that CJK identifiers hold together.
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) > 127;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) step();
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool starts(std::string_view text) const {
    return source_.substr(at_).starts_with(text);
  }
  void advance(std::size_t count) {
    const std::size_t end = std::min(at_ + count, source_.size());
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         source_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    at_ = end;
  }
  void add(TokenKind kind, std::string_view text, int line) {
    tokens_.push_back({kind, std::string(text), line, in_directive_});
    fresh_line_ = false;
  }

  void step() {
    const char c = peek();
    if (c == '\\' && (peek(1) == '\n' || (peek(1) == '\r' && peek(2) == '\n'))) {
      advance(2);
    } else if (c == '\n') {
      advance(1);
      in_directive_ = false;
      fresh_line_ = true;
    } else if (is_space(c)) {
      advance(1);
    } else if (starts("//")) {
      read_line_comment();
    } else if (starts("/*")) {
      read_block_comment();
    } else if (c == '#' && fresh_line_) {
      read_directive();
    } else if (c == '"' || c == '\'') {
      read_quoted(c);
    } else if (is_word(c)) {
      read_word();
    } else {
      read_punctuation();
    }
  }

  void read_line_comment() {
    const int line = line_;
    const std::size_t begin = at_ + 2;
    std::size_t end = source_.find('\n', begin);
    while (end != std::string_view::npos && source_[end - 1] == '\\') {
      end = source_.find('\n', end + 1);
    }
    if (end == std::string_view::npos) end = source_.size();
    add(TokenKind::kComment, source_.substr(begin, end - begin), line);
    advance(end - at_);
  }

  void read_block_comment() {
    const int line = line_;
    const std::size_t begin = at_ + 2;
    const std::size_t found = source_.find("*/", begin);
    const std::size_t end = found == std::string_view::npos ? source_.size() : found;
    const bool fresh = fresh_line_;
    add(TokenKind::kComment, source_.substr(begin, end - begin), line);
    fresh_line_ = fresh;
    advance(end + 2 - at_);
  }

  void read_directive() {
    in_directive_ = true;
    fresh_line_ = false;
    advance(1);
    while (is_space(peek())) advance(1);
    const std::string_view name = take_word();
    while (is_space(peek())) advance(1);
    if (name == "define") {
      const int line = line_;
      add(TokenKind::kDefine, take_word(), line);
    } else if (name == "include" && (peek() == '"' || peek() == '<')) {
      const std::size_t close = source_.find(peek() == '"' ? '"' : '>', at_ + 1);
      const std::size_t end = close == std::string_view::npos ? source_.size() : close + 1;
      add(TokenKind::kInclude, source_.substr(at_, end - at_), line_);
      advance(end - at_);
    }
  }

  std::string_view take_word() {
    const std::size_t begin = at_;
    while (is_word(peek())) ++at_;
    return source_.substr(begin, at_ - begin);
  }

  void read_word() {
    const bool number = is_digit(peek());
    const std::size_t begin = at_;
    while (is_word(peek()) || (number && ((peek() == '\'' && is_word(peek(1))) || peek() == '.'))) {
      ++at_;
    }
    const std::string_view word = source_.substr(begin, at_ - begin);
    static constexpr std::array<std::string_view, 5> kRaw = {"R", "u8R", "uR", "UR", "LR"};
    static constexpr std::array<std::string_view, 4> kPrefix = {"u8", "u", "U", "L"};
    if (peek() == '"' && std::ranges::find(kRaw, word) != kRaw.end()) {
      read_raw();
    } else if ((peek() == '"' || peek() == '\'') &&
               std::ranges::find(kPrefix, word) != kPrefix.end()) {
      read_quoted(peek());
    } else {
      add(TokenKind::kWord, word, line_);
    }
  }

  void read_quoted(char quote) {
    const int line = line_;
    std::size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != quote && source_[end] != '\n') {
      end += source_[end] == '\\' ? 2U : 1U;
    }
    end = std::min(end, source_.size());
    add(quote == '"' ? TokenKind::kString : TokenKind::kCharacter,
        source_.substr(at_ + 1, end - at_ - 1), line);
    advance(end + (end < source_.size() && source_[end] == quote ? 1 : 0) - at_);
  }

  void read_raw() {
    const int line = line_;
    const std::size_t open = source_.find('(', at_);
    if (open == std::string_view::npos) return advance(source_.size() - at_);
    const std::string close = ")" + std::string(source_.substr(at_ + 1, open - at_ - 1)) + "\"";
    const std::size_t found = source_.find(close, open);
    const std::size_t end = found == std::string_view::npos ? source_.size() : found;
    add(TokenKind::kString, source_.substr(open + 1, end - open - 1), line);
    advance(end + close.size() - at_);
  }

  void read_punctuation() {
    const std::size_t size = starts("::") || starts("->") ? 2 : 1;
    add(TokenKind::kPunctuation, source_.substr(at_, size), line_);
    advance(size);
  }

  std::string_view source_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool fresh_line_ = true;
  bool in_directive_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view source) { return Tokenizer(source).run(); }

std::vector<Token> statements_of(const std::vector<Token>& tokens) {
  std::vector<Token> kept;
  std::ranges::copy_if(tokens, std::back_inserter(kept), [](const Token& token) {
    return token.kind != TokenKind::kComment && !token.in_directive;
  });
  return kept;
}

}  // namespace yizhan::tree
