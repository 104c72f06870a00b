#pragma once

#include <array>
#include <string_view>

namespace yizhan {

// How badly confidentiality, integrity and availability are hurt, each from 1 to 4. The questions
// are those of 資通安全事件通報及應變辦法, article 2.
struct IncidentImpact {
  int confidentiality = 1;
  int integrity = 1;
  int availability = 1;

  bool operator==(const IncidentImpact&) const = default;
};

// The level of the incident, 1 to 4: the worst of the three.
int level_of(const IncidentImpact& impact);

// Levels 3 and 4: shorter clocks, and a ground for suspension.
bool is_grave(int level);

// What to answer 1, 2, 3 and 4 to, for people.
struct ImpactQuestion {
  std::string_view name;   // of the member: "confidentiality", "integrity", "availability"
  std::string_view title;  // zh-TW
  std::array<std::string_view, 4> answers;
};
const std::array<ImpactQuestion, 3>& impact_questions();

}  // namespace yizhan
