#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ground/base/base.h"

namespace yizhan {

// Who answers for whom: a tree of agencies and centres by parent links, as the directory has them.
class Supervision {
 public:
  // By child. Refuses kConflict, naming one of them: whoever is above itself.
  static Result<Supervision> make(std::map<std::string, std::string> parents);

  [[nodiscard]] std::optional<std::string> supervisor_of(const std::string& party) const;
  // The party itself, then who is above it, up to the top.
  [[nodiscard]] std::vector<std::string> line_of(const std::string& party) const;

 private:
  explicit Supervision(std::map<std::string, std::string> parents) : parents_(std::move(parents)) {}

  std::map<std::string, std::string> parents_;
};

}  // namespace yizhan
