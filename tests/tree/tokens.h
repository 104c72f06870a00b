#pragma once

#include <string>
#include <string_view>
#include <vector>

// A light C++ tokenizer: enough to tell code from comments and strings, and to see words, brackets
// and directives. It never fails; what it does not understand becomes punctuation.

namespace yizhan::tree {

enum class TokenKind {
  kWord,         // identifiers, keywords and numbers
  kString,       // text = the contents, escapes untouched, of one literal
  kCharacter,    // text = the contents
  kPunctuation,  // one character, except "::" and "->"
  kComment,      // text = the contents without // or /* */
  kInclude,      // text = the path, with its "" or <>
  kDefine,       // text = the macro's name; the words of its body follow as tokens
};

struct Token {
  TokenKind kind;
  std::string text;
  int line;           // of the first character, from 1
  bool in_directive;  // part of a preprocessor line
};

std::vector<Token> tokens_of(std::string_view source);

// The tokens that make statements: no comments, no preprocessor lines.
std::vector<Token> statements_of(const std::vector<Token>& tokens);

}  // namespace yizhan::tree
