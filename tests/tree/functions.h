#pragma once

#include <string>
#include <vector>

#include "tests/tree/tokens.h"

// Finds functions, their measures, and the names of types, in the tokens of one file.

namespace yizhan::tree {

struct Function {
  std::string name;  // as written, e.g. "Admission::admit"; "Suite.Name" of a TEST
  int line;          // of its first token
  int lines;         // first token to closing brace; 0 = declared only
  int parameters;  // 0 in extern "C", where the signature is another's
  int nesting;  // deepest block inside the body; the body itself is 0
};

struct Type {
  std::string name;
  int line;
};

struct Definitions {
  std::vector<Function> functions;
  std::vector<Type> types;
};

// `statements` as from statements_of(). Lambdas count as part of the function they stand in; one
// that stands in no function is a function named "lambda".
Definitions definitions_of(const std::vector<Token>& statements);

}  // namespace yizhan::tree
