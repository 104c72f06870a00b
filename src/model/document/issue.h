#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ground/xml/xml.h"

namespace yizhan {

// Which file of a document an issue is about.
enum class IssueFile { kInstance, kRoster, kMessage };

// One thing wrong with a document, for the clerk who must mend it and for the API.
struct Issue {
  std::string code{};     // stable, snake_case
  int line = 0;           // 1 is the first; 0 where none applies
  std::string element{};  // where
  std::string found{};
  std::vector<std::string> expected{};
  std::string message_zh{};  // what is wrong
  std::string remedy_zh{};   // how to mend it
  IssueFile file = IssueFile::kInstance;

  bool operator==(const Issue&) const = default;
};

// A value only when nothing is wrong.
template <class T>
struct Checked {
  std::optional<T> value;
  std::vector<Issue> issues;

  [[nodiscard]] bool ok() const { return value.has_value(); }
};

// What the XML reader found, in the words of clerks.
Issue issue_of(const XmlError& error);

}  // namespace yizhan
