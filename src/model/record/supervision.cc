#include "model/record/supervision.h"

namespace yizhan {

Result<Supervision> Supervision::make(std::map<std::string, std::string> parents) {
  for (const auto& [child, parent] : parents) {
    // Longer than there are links, a line goes round.
    std::size_t steps = 0;
    for (auto at = parents.find(child); at != parents.end(); at = parents.find(at->second)) {
      if (++steps > parents.size()) {
        return Refusal{Reason::kConflict, "督導關係成環，請更正：" + child};
      }
    }
  }
  return Supervision(std::move(parents));
}

std::optional<std::string> Supervision::supervisor_of(const std::string& party) const {
  const auto found = parents_.find(party);
  return found == parents_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> Supervision::line_of(const std::string& party) const {
  std::vector<std::string> line{party};
  while (const auto above = supervisor_of(line.back())) line.push_back(*above);
  return line;
}

}  // namespace yizhan
