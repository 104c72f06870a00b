#include "tests/tree/tree.h"

// How long, how deep, how many.

namespace yizhan::tree {
namespace {

constexpr int kFunctionLinesMax = 60;
constexpr int kFileLinesMax = 500;
constexpr int kHeaderLinesMax = 250;
constexpr int kNestingMax = 4;
constexpr int kParametersMax = 4;
constexpr int kColumnsMax = 100;  // code points, a CJK character is one

std::string over(int value, int max, const std::string& unit) {
  return std::to_string(value) + " " + unit + ", at most " + std::to_string(max);
}

void check_lengths(const SourceFile& file, std::vector<Finding>& found) {
  // A text that ends with a line break has no line after it.
  const int lines = static_cast<int>(file.widths.size()) - (file.widths.back() == 0 ? 1 : 0);
  if (file.header() && lines > kHeaderLinesMax) {
    found.push_back({"header_length", file.path, "", lines, over(lines, kHeaderLinesMax, "lines")});
  } else if (lines > kFileLinesMax) {
    found.push_back({"file_length", file.path, "", lines, over(lines, kFileLinesMax, "lines")});
  }
  for (std::size_t i = 0; i < file.widths.size(); ++i) {
    if (file.widths[i] > kColumnsMax) {
      found.push_back({"line_length", file.path, "", static_cast<int>(i) + 1,
                       over(file.widths[i], kColumnsMax, "columns")});
    }
  }
}

void check_functions(const SourceFile& file, std::vector<Finding>& found) {
  for (const Function& function : file.definitions.functions) {
    const auto report = [&](const std::string& rule, const std::string& message) {
      found.push_back({rule, file.path, function.name, function.line, message});
    };
    if (function.lines > kFunctionLinesMax) {
      report("function_length", over(function.lines, kFunctionLinesMax, "lines"));
    }
    if (function.nesting > kNestingMax) {
      report("nesting", over(function.nesting, kNestingMax, "levels"));
    }
    if (function.parameters > kParametersMax) {
      report("parameters", over(function.parameters, kParametersMax, "parameters"));
    }
  }
}

}  // namespace

std::vector<Finding> check_budgets(const Tree& tree) {
  std::vector<Finding> found;
  for (const SourceFile& file : tree.files) {
    check_lengths(file, found);
    check_functions(file, found);
  }
  return found;
}

std::map<int, int> function_lengths(const Tree& tree) {
  std::map<int, int> counts;
  for (const SourceFile& file : tree.files) {
    for (const Function& function : file.definitions.functions) {
      if (function.lines > 0) ++counts[(function.lines + 9) / 10 * 10];
    }
  }
  return counts;
}

}  // namespace yizhan::tree
