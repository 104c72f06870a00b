#pragma once

#include "duty/connection/change_review.h"
#include "model/record/record.h"

namespace yizhan {

// 連線異動申請表 as it came with the program: one definition of its fields, their titles in print,
// and the way that a case of it goes.
struct ChangeForm {
  std::string title;
  std::string edition;
  std::vector<std::pair<std::string, std::string>> titles;  // of fields, in the form's order
  std::map<std::string, std::string> kinds;                 // titles of what is asked for
  CaseKinds cases;

  [[nodiscard]] std::string title_of(std::string_view field) const;  // the name, where it has none
};
const ChangeForm& change_form();

// The kind of its case, and the states in which something is still to be done by somebody.
extern const std::string kConnectionChange;
inline constexpr std::string_view kFiled = "filed";
inline constexpr std::string_view kReviewed = "reviewed";
inline constexpr std::string_view kApproved = "approved";
inline constexpr std::string_view kClosing = "closing";
// "已送件"; the state itself where there is none such.
std::string title_of_state(std::string_view state);

// The form filled in with what was signed. Refuses as reviewing_centre().
Result<Json> filled_form(const SignedChangeRequest& change, const Directory& directory);
void add_review(Json& form, const SignedChangeReview& review);

}  // namespace yizhan
