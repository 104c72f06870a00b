#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ground/json/json.h"

// A form with its states and steps, as data: one definition drives validation, console and print.

namespace yizhan {

struct FormField {
  enum class Type { kText, kInteger, kDate, kChoice, kFlag };

  std::string name;
  Type type;
  bool required;         // once a step asks for the whole form
  std::int64_t min = 0;  // of an integer
  std::int64_t max = 0;  // of an integer; of a text its code points
  std::vector<std::string> choices;
};

struct CaseStepKind {
  std::string name;
  std::vector<std::string> from;
  std::string to;
  std::string act;              // who may: model/person; asked by the caller
  bool edits;                   // whether it may bring a changed form and attachments
  bool whole;                   // whether the form must be whole by then
  std::string confirming_role;  // not "": takes two persons, of whom the second has this role
};

struct CaseKind {
  std::string name;
  std::string edition;  // of the regulation: a case ends under the one that it began under
  std::string initial;
  std::vector<FormField> fields;
  std::vector<CaseStepKind> steps;

  [[nodiscard]] const CaseStepKind* find_step(std::string_view name) const;
  // A state that no step leaves.
  [[nodiscard]] bool is_final(std::string_view state) const;
};

// Of all editions: by name and edition.
using CaseKinds = std::map<std::pair<std::string, std::string>, CaseKind>;

// An array of {"name", "edition", "initial", "fields": [{"name", "type": "text"|"integer"|"date"|
// "choice"|"flag", "required", "max" (text, integer), "min" (integer), "choices"}], "steps":
// [{"name", "from": […], "to", "act", "edits", "whole", "confirming_role"?}]}, at most 1 MiB.
// Refuses what parse_json refuses; kMalformed, naming what: also a name given twice, or a step from
// a state that nothing leads to.
Result<CaseKinds> parse_case_kinds(ByteView json);

// Refuses kFormInvalid, naming the field: unknown, of another type, out of bounds, no such choice,
// no such day (YYYY-MM-DD); when it must be whole, a required field that is missing or an empty
// text.
enum class FormCheck { kDraft, kWhole };
Result<void> check_form(const CaseKind& kind, const Json& form, FormCheck check);

}  // namespace yizhan
