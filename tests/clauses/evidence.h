#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/clauses/registry.h"
#include "tests/tree/tree.h"

// Where the tree speaks of the regulation: comments at decisions, CLAUSE("…") in tests, and the
// journal's table of events.

namespace yizhan::clauses {

struct Place {
  std::string path;
  int line;
  std::string test;  // of a claim: "Suite.Name"
};

using Places = std::map<std::string, std::vector<Place>>;  // by number as written

struct Evidence {
  Places code;    // comments in production files, but for the table of events
  Places claims;  // CLAUSE("…")
  Places events;  // src/ground/journal/events.h
  Places other;   // comments in tests: they need to be right, and prove nothing
  std::map<std::string, int> declared;  // enumerators of Event, with their lines
  std::set<std::string> recorded;       // those that production code names
};

Evidence collect(const tree::Tree& tree);

// Every clause number in a comment. A number with a bracket counts wherever it stands; a bare
// article (七, 十三) only at the beginning of a comment and before ":", "," or the end.
std::vector<std::string> numbers_in_comment(const std::string& comment);

// The numbers in a literal that holds nothing else, separated by commas or spaces.
std::vector<std::string> numbers_in_literal(const std::string& literal);

// Everything that is wrong between the regulation and the tree. Whether claimed tests pass is for
// the run to say: results.h.
std::vector<tree::Finding> check_evidence(const Registry& registry, const Evidence& evidence);

}  // namespace yizhan::clauses
