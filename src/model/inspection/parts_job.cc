#include "model/inspection/parts_job.h"

#include <array>
#include <stdexcept>

#include "ground/json/json.h"
#include "model/content/content.h"

namespace yizhan {

Bytes answer_parts_question(ByteView question, std::span<const int> descriptors) {
  const Result<Json> asked = parse_json(question);
  if (!asked || !asked->is_object() || !asked->contains("parts") ||
      asked->at("parts").size() != descriptors.size()) {
    throw std::invalid_argument("not a question about parts");
  }
  Json answers = Json::array();
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    const std::array file{descriptors[i]};
    const Bytes answer = answer_part_question(canonical_json(asked->at("parts")[i]), file);
    answers.push_back(parse_json(answer).value());
  }
  return canonical_json({{"parts", std::move(answers)}});
}

}  // namespace yizhan
