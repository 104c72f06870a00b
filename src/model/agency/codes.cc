#include "model/agency/codes.h"

#include <algorithm>

namespace yizhan {

namespace {

bool is_code_character(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool all_code_characters(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_code_character);
}

}  // namespace

Result<OrgCode> OrgCode::parse(std::string_view text) {
  if (text.size() != 10 || !all_code_characters(text)) {
    return Refusal{Reason::kUnknownAgency, "機關代碼須為 10 碼大寫英文或數字"};
  }
  return OrgCode(std::string(text));
}

Result<UnitCode> UnitCode::parse(std::string_view text) {
  if (text.empty()) return UnitCode();
  if (text.size() != 7 || !all_code_characters(text)) {
    return Refusal{Reason::kUnknownUnit, "單位代碼須為 7 碼大寫英文或數字"};
  }
  return UnitCode(std::string(text));
}

Result<CentreCode> CentreCode::parse(std::string_view text) {
  const bool characters = std::all_of(text.begin(), text.end(),
                                      [](char c) { return is_code_character(c) || c == '-'; });
  if (text.size() < 2 || text.size() > 32 || !characters) {
    return Refusal{Reason::kUnknownCentre, "交換中心代碼須為 2 至 32 碼大寫英文、數字或連字號"};
  }
  return CentreCode(std::string(text));
}

}  // namespace yizhan
