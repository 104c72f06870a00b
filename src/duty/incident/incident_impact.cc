#include "duty/incident/incident_impact.h"

#include <algorithm>

namespace yizhan {

int level_of(const IncidentImpact& impact) {
  return std::max({impact.confidentiality, impact.integrity, impact.availability});
}

bool is_grave(int level) { return level >= 3; }

const std::array<ImpactQuestion, 3>& impact_questions() {
  static constexpr std::array<ImpactQuestion, 3> kQuestions{
      {{"confidentiality",
        "機密性",
        {"非核心業務資訊遭輕微洩漏，或無洩漏", "非核心業務資訊遭嚴重洩漏，或核心業務資訊遭輕微洩漏",
         "核心業務資訊遭嚴重洩漏，或一般公務機密、敏感資訊遭輕微洩漏",
         "一般公務機密、敏感資訊遭嚴重洩漏，或國家機密遭洩漏"}},
       {"integrity",
        "完整性",
        {"非核心業務資訊或系統遭輕微竄改，或無竄改",
         "非核心業務資訊或系統遭嚴重竄改，或核心業務資訊或系統遭輕微竄改",
         "核心業務資訊或系統遭嚴重竄改，或一般公務機密、敏感資訊遭輕微竄改",
         "一般公務機密、敏感資訊遭嚴重竄改，或國家機密遭竄改"}},
       {"availability",
        "可用性",
        {"非核心業務受影響或停頓，於可容忍之時間內回復，或無影響",
         "非核心業務無法於可容忍之時間內回復，或核心業務受影響，於可容忍之時間內回復",
         "核心業務受影響或停頓，無法於可容忍之時間內回復",
         "關鍵基礎設施維運之核心業務受影響或停頓，無法於可容忍之時間內回復"}}}};
  return kQuestions;
}

}  // namespace yizhan
