#include "model/record/case_kind.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "model/calendar/calendar.h"
#include "model/record/words.h"

namespace yizhan {

namespace {

using Type = FormField::Type;

constexpr std::size_t kBytesMax = std::size_t{1} << 20;
constexpr std::int64_t kTextMax = 10'000;

Refusal invalid(const std::string& field, const std::string& why) {
  return {Reason::kFormInvalid, "「" + field + "」" + why};
}

std::optional<Type> parse_type(std::string_view text) {
  if (text == "text") return Type::kText;
  if (text == "integer") return Type::kInteger;
  if (text == "date") return Type::kDate;
  if (text == "choice") return Type::kChoice;
  if (text == "flag") return Type::kFlag;
  return std::nullopt;
}

std::vector<std::string> words_in(Members& members, std::string_view name) {
  std::vector<std::string> words;
  for (const Json& word : members.array(name)) {
    if (!word.is_string() || !is_kind_word(word.get_ref<const std::string&>())) {
      members.refuse(name, "應為小寫英文字母、數字及 _ 之字串");
      continue;
    }
    words.push_back(word.get<std::string>());
  }
  if (words.empty()) members.refuse(name, "不得為空");
  return words;
}

Result<FormField> parse_field(const Json& json) {
  Members members(json, "field");
  FormField field{};
  field.name = members.parsed<std::string>("name", parse_kind_word).value_or("");
  field.type = members.parsed<Type>("type", parse_type).value_or(Type::kText);
  field.required = members.flag("required");
  if (field.type == Type::kText) field.max = members.integer("max", {.min = 1, .max = kTextMax});
  if (field.type == Type::kInteger) {
    field.min = members.integer("min");
    field.max = members.integer("max");
    if (field.min > field.max) members.refuse("max", "不得小於 min");
  }
  if (field.type == Type::kChoice) field.choices = words_in(members, "choices");
  YZ_TRY(members.check());
  return field;
}

Result<CaseStepKind> parse_step(const Json& json) {
  Members members(json, "step");
  CaseStepKind step{};
  step.name = members.parsed<std::string>("name", parse_kind_word).value_or("");
  step.from = words_in(members, "from");
  step.to = members.parsed<std::string>("to", parse_kind_word).value_or("");
  step.act = members.parsed<std::string>("act", parse_kind_word).value_or("");
  step.edits = members.flag("edits");
  step.whole = members.flag("whole");
  if (members.has("confirming_role")) {
    step.confirming_role =
        members.parsed<std::string>("confirming_role", parse_kind_word).value_or("");
  }
  YZ_TRY(members.check());
  return step;
}

template <class T>
Result<void> check_names(const std::vector<T>& all) {
  std::set<std::string> names;
  for (const T& one : all) {
    if (!names.insert(one.name).second) {
      return Refusal{Reason::kMalformed, "名稱重複：" + one.name};
    }
  }
  return {};
}

Result<void> check_states(const CaseKind& kind) {
  std::set<std::string> reached{kind.initial};
  for (const CaseStepKind& step : kind.steps) reached.insert(step.to);
  for (const CaseStepKind& step : kind.steps) {
    for (const std::string& from : step.from) {
      if (!reached.contains(from)) {
        return Refusal{Reason::kMalformed, step.name + " 之起始狀態無從到達：" + from};
      }
    }
  }
  return {};
}

Result<CaseKind> parse_kind(const Json& json) {
  Members members(json, "case kind");
  CaseKind kind;
  kind.name = members.parsed<std::string>("name", parse_kind_word).value_or("");
  kind.edition = members.parsed<std::string>("edition", parse_party).value_or("");
  kind.initial = members.parsed<std::string>("initial", parse_kind_word).value_or("");
  const Json& fields = members.array("fields");
  const Json& steps = members.array("steps");
  YZ_TRY(members.check());
  for (const Json& field : fields) {
    FormField parsed = YZ_TRY(parse_field(field));
    kind.fields.push_back(std::move(parsed));
  }
  for (const Json& step : steps) {
    CaseStepKind parsed = YZ_TRY(parse_step(step));
    kind.steps.push_back(std::move(parsed));
  }
  YZ_TRY(check_names(kind.fields));
  YZ_TRY(check_names(kind.steps));
  YZ_TRY(check_states(kind));
  return kind;
}

std::size_t code_points_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Result<void> check_text(const FormField& field, const Json& value) {
  if (!value.is_string()) return invalid(field.name, "應為文字");
  const std::string& text = value.get_ref<const std::string&>();
  if (field.type == Type::kText && code_points_in(text) > static_cast<std::size_t>(field.max)) {
    return invalid(field.name, "至多 " + std::to_string(field.max) + " 字");
  }
  if (field.type == Type::kDate && !find_day(text)) {
    return invalid(field.name, "應為日期 YYYY-MM-DD");
  }
  if (field.type == Type::kChoice &&
      std::ranges::find(field.choices, text) == field.choices.end()) {
    return invalid(field.name, "非可選之項目");
  }
  return {};
}

Result<void> check_value(const FormField& field, const Json& value) {
  switch (field.type) {
    case Type::kText:
    case Type::kDate:
    case Type::kChoice:
      return check_text(field, value);
    case Type::kFlag:
      if (!value.is_boolean()) return invalid(field.name, "應為是或否");
      return {};
    case Type::kInteger:
      if (!value.is_number_integer() || value < field.min || value > field.max) {
        return invalid(field.name, "應為 " + std::to_string(field.min) + " 至 " +
                                       std::to_string(field.max) + " 之整數");
      }
      return {};
  }
  YZ_ASSERT(false);
}

}  // namespace

const CaseStepKind* CaseKind::find_step(std::string_view step) const {
  const auto found = std::ranges::find(steps, step, &CaseStepKind::name);
  return found == steps.end() ? nullptr : &*found;
}

bool CaseKind::is_final(std::string_view state) const {
  return std::ranges::none_of(steps, [&](const CaseStepKind& step) {
    return std::ranges::find(step.from, state) != step.from.end();
  });
}

Result<CaseKinds> parse_case_kinds(ByteView json) {
  const Json value = YZ_TRY(parse_json(json, {.bytes_max = kBytesMax}));
  if (!value.is_array()) return Refusal{Reason::kMalformed, "case kinds 應為陣列"};
  CaseKinds kinds;
  for (const Json& one : value) {
    CaseKind kind = YZ_TRY(parse_kind(one));
    const auto key = std::pair(kind.name, kind.edition);
    if (!kinds.emplace(key, std::move(kind)).second) {
      return Refusal{Reason::kMalformed, "case kind 重複：" + key.first + " " + key.second};
    }
  }
  return kinds;
}

Result<void> check_form(const CaseKind& kind, const Json& form, FormCheck check) {
  if (!form.is_object()) return Refusal{Reason::kFormInvalid, "表單應為 JSON 物件"};
  for (const auto& [name, value] : form.items()) {
    const auto field = std::ranges::find(kind.fields, name, &FormField::name);
    if (field == kind.fields.end()) {
      return Refusal{Reason::kFormInvalid, shown_name(name) + " 並非此表單之欄位"};
    }
    YZ_TRY(check_value(*field, value));
  }
  if (check == FormCheck::kDraft) return {};
  for (const FormField& field : kind.fields) {
    const auto value = form.find(field.name);
    if (field.required && (value == form.end() || *value == "")) {
      return invalid(field.name, "為必填");
    }
  }
  return {};
}

}  // namespace yizhan
