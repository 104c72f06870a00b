#include "model/inspection/package_job.h"

#include <stdexcept>

#include "ground/json/json.h"
#include "model/content/content.h"
#include "model/inspection/document_job.h"

namespace yizhan {

namespace {

constexpr std::size_t kQuestionMax = 4U << 20;
constexpr std::string_view kXmlType = "text/xml";

}  // namespace

Bytes answer_package_question(ByteView question, std::span<const int> descriptors) {
  const Json json = parse_json(question, {.bytes_max = kQuestionMax}).value();
  Members members(json, "package");
  const Json& document = members.object("document");
  const auto own = static_cast<std::size_t>(
      members.integer("document_files", {.min = 1, .max = 3}));
  const Json& names = members.array("parts");
  const Json& policy_json = members.object("policy");
  if (!members.check() || own + names.size() != descriptors.size()) {
    throw std::invalid_argument("not a question about a package");
  }
  const ContentPolicy policy = parse_policy(policy_json).value();
  const DocumentAnswer read = answer_document(document, descriptors.first(own));
  Json parts = Json::array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Bytes name = from_base64(names[i].get_ref<const std::string&>()).value();
    const Json& kind = document.at("parts").at(i).at("kind");
    const bool is_read = read.readable && (kind == "di" || kind == "sw");
    parts.push_back(describe_judged(
        judge_part(text_of(name), descriptors[own + i], policy, is_read ? kXmlType : "")));
  }
  return canonical_json({{"document", read.json}, {"parts", std::move(parts)}});
}

}  // namespace yizhan
