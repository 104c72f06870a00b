#include "duty/connection/change_form.h"

#include <algorithm>
#include <array>

namespace yizhan {

extern const std::span<const EmbeddedFile> kAppendix1;

const std::string kConnectionChange = "connection_change";

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kStates{
    {{kFiled, "已送件"},
     {kReviewed, "中心已審核"},
     {kApproved, "已核定"},
     {kClosing, "結清中"},
     {"in_effect", "已生效"},
     {"returned", "退回補正"},
     {"refused", "未核准"}}};

std::string lines_of(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : "\n") + one;
  return text;
}

// "sign 憑證 3f…": how the directory names them; a request by its key, until there is one.
std::string lines_of(const std::vector<ChangeKey>& keys) {
  std::vector<std::string> lines;
  for (const ChangeKey& key : keys) {
    const bool issued = key.certificate.has_value();
    const Sha256 digest = issued ? key.certificate->sha256() : sha256(key.request);
    lines.push_back(std::string(text_of(key.purpose)) + (issued ? " 憑證 " : " 申請檔 ") +
                    digest.hex());
  }
  return lines_of(lines);
}

ChangeForm load_form() {
  // A file of this program that it can not read is a bug.
  const Json json = parse_json(bytes_of(kAppendix1.front().content)).value();
  ChangeForm form{json.at("title"), json.at("edition"), {}, json.at("kinds"), {}};
  const Json& cases = json.at("case");
  form.cases = parse_case_kinds(canonical_json(cases)).value();
  for (const Json& field : cases.at(0).at("fields")) {
    const std::string name = field.at("name");
    form.titles.emplace_back(name, json.at("titles").at(name).get<std::string>());
  }
  return form;
}

}  // namespace

const ChangeForm& change_form() {
  static const ChangeForm kForm = load_form();
  return kForm;
}

std::string ChangeForm::title_of(std::string_view field) const {
  const auto found = std::ranges::find(titles, field, [](const auto& one) { return one.first; });
  return found == titles.end() ? std::string(field) : found->second;
}

std::string title_of_state(std::string_view state) {
  for (const auto& [code, title] : kStates) {
    if (code == state) return std::string(title);
  }
  return std::string(state);
}

Result<Json> filled_form(const SignedChangeRequest& change, const Directory& directory) {
  const ChangeRequest& request = change.request;
  const CentreCode centre = YZ_TRY(reviewing_centre(request, directory));
  const Agency* agency = directory.find(request.agency);
  Json form = {{"agency", request.agency.text()},
               {"agency_name", agency != nullptr ? agency->name : request.name.value_or("")},
               {"kind", text_of(request.kind)},
               {"effective", text_of(request.effective)},
               {"reason", request.reason},
               {"person", request.person},
               {"phone", request.phone},
               {"centre", centre.text()},
               {"remark", request.remark},
               {"request_sha256", change.fingerprint().hex()}};
  if (request.code) form["code"] = request.code->text();
  if (request.name) form["name"] = *request.name;
  if (!request.addresses.empty()) form["addresses"] = lines_of(request.addresses);
  if (!request.keys.empty()) form["certificates"] = lines_of(request.keys);
  if (request.postal_address) form["postal_address"] = *request.postal_address;
  if (request.successor) form["successor"] = request.successor->text();
  if (request.supervisor) form["supervisor"] = request.supervisor->text();
  return form;
}

void add_review(Json& form, const SignedChangeReview& review) {
  form["handling"] = review.review.handling;
  form["centre_person"] = review.review.person;
  form["centre_sha256"] = sha256(review.cms).hex();
}

}  // namespace yizhan
