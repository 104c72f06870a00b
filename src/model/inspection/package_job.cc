#include "model/inspection/package_job.h"

#include <stdexcept>

#include "ground/json/json.h"
#include "model/content/content.h"
#include "model/inspection/document_job.h"

namespace yizhan {

namespace {

constexpr std::size_t kQuestionMax = 4U << 20;
constexpr JsonLimits kOwnAnswer{.bytes_max = 16U << 20};

}  // namespace

Bytes answer_package_question(ByteView question, std::span<const int> descriptors) {
  const Json json = parse_json(question, {.bytes_max = kQuestionMax}).value();
  Members members(json, "package");
  const Json& document = members.object("document");
  const auto own = static_cast<std::size_t>(
      members.integer("document_files", {.min = 1, .max = 3}));
  const Json& parts = members.array("parts");
  if (!members.check() || own + parts.size() != descriptors.size()) {
    throw std::invalid_argument("not a question about a package");
  }
  Json answers = Json::array();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Bytes answer =
        answer_part_question(canonical_json(parts[i]), descriptors.subspan(own + i, 1));
    answers.push_back(parse_json(answer, kOwnAnswer).value());
  }
  const Bytes read = answer_document_question(canonical_json(document), descriptors.first(own));
  return canonical_json({{"document", parse_json(read, kOwnAnswer).value()},
                         {"parts", std::move(answers)}});
}

}  // namespace yizhan
