#include "tests/tree/functions.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

namespace yizhan::tree {
namespace {

enum class Opens { kNamespace, kType, kFunction, kValue };

// Groups in parentheses after these words are not parameters.
bool takes_group(std::string_view word) {
  static const std::set<std::string_view> kWords = {"alignas",  "decltype", "noexcept",
                                                    "explicit", "requires", "__attribute__"};
  return kWords.contains(word);
}

bool is_macro(std::string_view word) {
  return word.size() > 1 && std::ranges::none_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
}

class Finder {
 public:
  explicit Finder(const std::vector<Token>& tokens) : tokens_(tokens), partner_(tokens.size()) {
    match_brackets();
  }

  Definitions run() {
    while (at_ < tokens_.size()) {
      read_scope();
      ++at_;  // a closing brace too many
    }
    return std::move(found_);
  }

 private:
  void match_brackets() {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      partner_[i] = tokens_.size();
      if (is(i, "(") || is(i, "[") || is(i, "{")) open.push_back(i);
      if ((is(i, ")") || is(i, "]") || is(i, "}")) && !open.empty()) {
        partner_[open.back()] = i;
        partner_[i] = open.back();
        open.pop_back();
      }
    }
  }

  [[nodiscard]] bool is(std::size_t i, std::string_view text) const {
    return i < tokens_.size() && tokens_[i].kind == TokenKind::kPunctuation &&
           tokens_[i].text == text;
  }
  [[nodiscard]] bool is_word(std::size_t i) const {
    return i < tokens_.size() && tokens_[i].kind == TokenKind::kWord;
  }
  [[nodiscard]] bool is_word(std::size_t i, std::string_view text) const {
    return is_word(i) && tokens_[i].text == text;
  }

  // The closing ">" of a template list that opens at i, or i when it is a comparison.
  [[nodiscard]] std::size_t close_angle(std::size_t i) const {
    int depth = 0;
    for (std::size_t j = i; j < tokens_.size(); ++j) {
      if (is(j, "(") || is(j, "[")) {
        j = partner_[j];
        continue;
      }
      if (is(j, ";") || is(j, "{") || is(j, "}") || is(j, ")")) return i;
      if (is(j, "<")) ++depth;
      if (is(j, ">") && --depth == 0) return j;
    }
    return i;
  }
  [[nodiscard]] bool opens_angle(std::size_t i) const {
    return is(i, "<") && i > 0 && is_word(i - 1) && tokens_[i - 1].text != "operator" &&
           close_angle(i) != i;
  }

  // The tokens of a statement that stand outside every bracket; a "(" stands for its whole group.
  [[nodiscard]] std::vector<std::size_t> skeleton(std::size_t begin, std::size_t end) const {
    std::vector<std::size_t> bones;
    for (std::size_t i = begin; i < end; ++i) {
      if (is_word(i, "operator")) {
        bones.push_back(i++);
        if (is(i, "(")) i = partner_[i] + 1;  // operator()
        while (i < end && !is(i, "(") && !is_word(i)) ++i;
        --i;
      } else if (is(i, "(")) {
        if (bones.empty() || !takes_group(tokens_[i - 1].text)) bones.push_back(i);
        i = partner_[i];
      } else if (is(i, "[") || is(i, "{")) {
        i = partner_[i];
      } else if (opens_angle(i)) {
        i = close_angle(i);
      } else {
        bones.push_back(i);
      }
    }
    return bones;
  }

  [[nodiscard]] std::size_t first(const std::vector<std::size_t>& bones,
                                  std::string_view text) const {
    const auto found = std::ranges::find_if(bones, [&](std::size_t i) { return is(i, text); });
    return static_cast<std::size_t>(found - bones.begin());
  }
  [[nodiscard]] bool has_word(const std::vector<std::size_t>& bones,
                              std::initializer_list<std::string_view> words) const {
    return std::ranges::any_of(bones, [&](std::size_t i) {
      return is_word(i) && std::ranges::find(words, tokens_[i].text) != words.end();
    });
  }

  [[nodiscard]] Opens classify(std::size_t begin, std::size_t brace) const {
    const std::vector<std::size_t> bones = skeleton(begin, brace);
    const std::size_t group = first(bones, "(");
    const std::size_t equals = first(bones, "=");
    if (has_word(bones, {"namespace"})) return Opens::kNamespace;
    if (bones.size() == 2 && is_word(bones[0], "extern")) return Opens::kNamespace;
    if (equals < group) return Opens::kValue;
    if (group == bones.size()) {
      return has_word(bones, {"class", "struct", "union", "enum"}) ? Opens::kType : Opens::kValue;
    }
    const std::size_t colon = first(bones, ":");
    const bool initialises_member =
        colon != bones.size() && colon > group && (is_word(brace - 1) || is(brace - 1, ">"));
    return initialises_member ? Opens::kValue : Opens::kFunction;
  }

  // Reads declarations until the brace that closes the scope, or the end.
  void read_scope() {
    std::size_t begin = at_;
    while (at_ < tokens_.size() && !is(at_, "}")) {
      if (is(at_, ";")) {
        add_declaration(begin, at_);
        begin = ++at_;
      } else if (is(at_, ":") && (is_word(at_ - 1, "public") || is_word(at_ - 1, "private") ||
                                  is_word(at_ - 1, "protected"))) {
        begin = ++at_;
      } else if (is(at_, "{")) {
        if (read_brace(begin)) begin = at_;
      } else if (is(at_, "(") || is(at_, "[")) {
        read_value();
      } else if (opens_angle(at_)) {
        at_ = close_angle(at_) + 1;
      } else {
        ++at_;
      }
    }
  }

  // At a brace in a scope; true when the statement ended with it.
  bool read_brace(std::size_t begin) {
    switch (classify(begin, at_)) {
      case Opens::kType:
        add_type(begin);
        [[fallthrough]];
      case Opens::kNamespace: {
        const bool foreign = std::exchange(foreign_, foreign_ || is_word(begin, "extern"));
        ++at_;
        read_scope();
        ++at_;
        foreign_ = foreign;
        return true;
      }
      case Opens::kFunction:
        read_body(begin);
        return true;
      case Opens::kValue:
        if (opens_block(at_, false)) {
          read_body(at_);
        } else {
          read_value();
        }
        return false;
    }
    return false;
  }

  // Passes over a bracketed group outside functions; lambdas in it are functions.
  void read_value() {
    const std::size_t end = partner_[at_];
    for (++at_; at_ < end;) {
      if (is(at_, "{") && opens_block(at_, false)) {
        read_body(at_);
      } else {
        ++at_;
      }
    }
    ++at_;
  }

  void add_type(std::size_t begin) {
    for (const std::size_t i : skeleton(begin, at_)) {
      const bool key = is_word(i, "class") || is_word(i, "struct") || is_word(i, "union") ||
                       is_word(i, "enum");
      if (key || !is_word(i) || tokens_[i].text == "inline") continue;
      found_.types.push_back({tokens_[i].text, tokens_[i].line});
      return;
    }
  }

  void add_declaration(std::size_t begin, std::size_t end) {
    const std::vector<std::size_t> bones = skeleton(begin, end);
    const std::size_t group = first(bones, "(");
    if (group == bones.size() || group == 0 || first(bones, "=") < group) return;
    if (has_word(bones, {"using", "typedef", "static_assert", "return", "friend"})) return;
    if (group == 1 && is_macro(tokens_[bones[0]].text)) return;
    found_.functions.push_back({name_of(bones, group), tokens_[begin].line, 0,
                                count_parameters(bones[group]), 0});
  }

  [[nodiscard]] std::string name_of(const std::vector<std::size_t>& bones,
                                    std::size_t group) const {
    std::size_t begin = group;
    while (begin > 0 && (begin == group || is(bones[begin], "::") || is(bones[begin - 1], "::") ||
                         is(bones[begin - 1], "~"))) {
      --begin;
    }
    std::string name;
    for (std::size_t i = begin; i < group; ++i) name += tokens_[bones[i]].text;
    return name;
  }

  [[nodiscard]] int count_parameters(std::size_t open) const {
    if (foreign_) return 0;
    const std::size_t close = partner_[open];
    if (close == open + 1 || (close == open + 2 && is_word(open + 1, "void"))) return 0;
    int count = 1;
    for (std::size_t i = open + 1; i < close; ++i) {
      if (is(i, "(") || is(i, "[") || is(i, "{")) i = partner_[i];
      if (opens_angle(i)) i = close_angle(i);
      if (is(i, ",")) ++count;
    }
    return count;
  }

  // At the brace of a function's body; `begin` is its first token.
  void read_body(std::size_t begin) {
    Function function{"lambda", tokens_[begin].line, 0, 0, 0};
    if (begin != at_) describe(function, skeleton(begin, at_));
    const std::size_t end = std::min(partner_[at_], tokens_.size() - 1);
    std::vector<bool> blocks;  // one for each open brace: is it a block?
    int depth = 0;
    for (++at_; at_ < end; ++at_) {
      if (is(at_, "{")) {
        blocks.push_back(opens_block(at_, blocks.empty() || blocks.back()));
        if (blocks.back()) function.nesting = std::max(function.nesting, ++depth);
      } else if (is(at_, "}") && !blocks.empty()) {
        if (blocks.back()) --depth;
        blocks.pop_back();
      }
    }
    function.lines = tokens_[end].line - function.line + 1;
    found_.functions.push_back(std::move(function));
    at_ = end + 1;
  }

  void describe(Function& function, const std::vector<std::size_t>& bones) const {
    const std::size_t group = first(bones, "(");
    function.name = name_of(bones, group);
    if (!is_macro(function.name)) {
      function.parameters = count_parameters(bones[group]);
      return;
    }
    std::string joined;  // TEST(Suite, Name)
    for (std::size_t i = bones[group] + 1; i < partner_[bones[group]]; ++i) {
      joined += is(i, ",") ? "." : tokens_[i].text;
    }
    function.name = joined;
  }

  // Is the brace at i a block (of a control statement, a lambda or its own), not an initialiser?
  [[nodiscard]] bool opens_block(std::size_t i, bool in_block) const {
    if (i == 0) return false;
    const std::size_t before = i - 1;
    if (is(before, "{") || is(before, "}") || is(before, ";") || is(before, ":")) return in_block;
    if (is(before, "]")) return true;
    if (is(before, ")")) {
      const std::size_t open = partner_[before];
      if (open == 0 || open >= i) return false;
      static const std::set<std::string_view> kControls = {"if",     "for",   "while",
                                                           "switch", "catch", "constexpr"};
      return is(open - 1, "]") || is(open - 1, ">") ||
             (is_word(open - 1) && kControls.contains(tokens_[open - 1].text));
    }
    static const std::set<std::string_view> kBefore = {"else", "do", "try", "mutable", "noexcept"};
    return (is_word(before) && kBefore.contains(tokens_[before].text)) || ends_return_type(before);
  }

  // ") -> Result<void>" before the brace at last + 1.
  [[nodiscard]] bool ends_return_type(std::size_t last) const {
    int angles = 0;
    for (std::size_t i = last; i > 0; --i) {
      if (is(i, "->")) return is(i - 1, ")") || is_word(i - 1, "mutable");
      if (is(i, ">")) ++angles;
      if (is(i, "<")) --angles;
      const bool part = is_word(i) || is(i, "::") || is(i, "<") || is(i, ">") || is(i, "*") ||
                        is(i, "&") || (is(i, ",") && angles > 0);
      if (!part) return false;
    }
    return false;
  }

  const std::vector<Token>& tokens_;
  std::vector<std::size_t> partner_;
  std::size_t at_ = 0;
  bool foreign_ = false;  // inside extern "C" { }
  Definitions found_;
};

}  // namespace

Definitions definitions_of(const std::vector<Token>& statements) {
  return statements.empty() ? Definitions{} : Finder(statements).run();
}

}  // namespace yizhan::tree
