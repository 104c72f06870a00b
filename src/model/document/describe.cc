#include "model/document/render.h"

namespace yizhan {
namespace {

using nlohmann::json;

json describe(const std::optional<RocDate>& date) {
  return date ? json(date->text()) : json(nullptr);
}

const char* code_of(PartyKind kind) {
  switch (kind) {
    case PartyKind::kPerson:
      return "person";
    case PartyKind::kUnit:
      return "unit";
    case PartyKind::kAgency:
      return "agency";
    case PartyKind::kGroup:
      return "group";
  }
  YZ_ASSERT(false);
}

const char* code_of(DocumentUrgency urgency) {
  switch (urgency) {
    case DocumentUrgency::kNormal:
      return "normal";
    case DocumentUrgency::kFast:
      return "fast";
    case DocumentUrgency::kFastest:
      return "fastest";
  }
  YZ_ASSERT(false);
}

const char* code_of(SendMode mode) {
  switch (mode) {
    case SendMode::kMulti:
      return "multi";
    case SendMode::kSplit:
      return "split";
  }
  YZ_ASSERT(false);
}

void put_if_any(json& to, const char* name, const std::string& value) {
  if (!value.empty()) to[name] = value;
}

json describe(const Party& party) {
  json result = {{"kind", code_of(party.kind)}, {"name", party.name}};
  put_if_any(result, "title", party.title);
  put_if_any(result, "org_code", party.org_code);
  put_if_any(result, "unit_code", party.unit_code);
  put_if_any(result, "portable_copy", party.portable_copy);
  if (party.with_attachments) result["with_attachments"] = *party.with_attachments;
  if (party.copy_kind) result["copy_kind"] = title_of(*party.copy_kind);
  return result;
}

json describe(const Person& person) { return {{"name", person.name}, {"title", person.title}}; }

json describe(const DeclaredFile& file) {
  return {{"entity", file.entity}, {"file_name", file.file_name}};
}

json describe(const Item& item);
json describe(const Section& section);
json describe(const DocumentNumber& number);
json describe(const Appointment& time);
json describe(const Contact& contact);
json describe(const Review& review);

template <class T>
json list_of(const std::vector<T>& values) {
  json list = json::array();
  for (const T& value : values) list.push_back(describe(value));
  return list;
}

json describe(const Item& item) {
  return {{"number", item.number}, {"text", item.text}, {"items", list_of(item.items)}};
}

json describe(const Section& section) {
  return {{"name", section.name}, {"text", section.text}, {"items", list_of(section.items)}};
}

json describe(const DocumentNumber& number) {
  json result = {{"text", number.text()}};
  put_if_any(result, "word", number.word);
  put_if_any(result, "year", number.year);
  put_if_any(result, "serial", number.serial);
  put_if_any(result, "branch", number.branch);
  return result;
}

json describe(const Appointment& time) {
  return {{"date", time.date.text()}, {"weekday", time.weekday}, {"time", time.time}};
}

json describe(const Contact& contact) {
  json result = describe(contact.person);
  result["phone"] = contact.phone;
  return result;
}

json describe(const Meeting& meeting) {
  json result = {{"contacts", list_of(meeting.contacts)},
                 {"times", list_of(meeting.times)},
                 {"place", meeting.place},
                 {"chairs", list_of(meeting.chairs)},
                 {"attendees", list_of(meeting.attendees)},
                 {"observers", list_of(meeting.observers)}};
  if (meeting.remarks) result["remarks"] = describe(*meeting.remarks);
  return result;
}

json describe(const Review& review) {
  return {{"unit", review.unit},
          {"opinion", describe(review.opinion)},
          {"received_on", describe(review.received_on)},
          {"received_at", review.received_at},
          {"finished_on", describe(review.finished_on)},
          {"finished_at", review.finished_at}};
}

const char* name_of(XmlEncoding encoding) {
  return encoding == XmlEncoding::kBig5 ? "Big5" : "UTF-8";
}

void describe_files(const Document& document, json& result) {
  result["attachments_text"] = document.attachments_text;
  result["attachments"] = list_of(document.attachments);
  if (document.roster) result["roster"] = describe(*document.roster);
  if (document.message) result["message"] = describe(*document.message);
}

// What only some kinds have.
void describe_particulars(const Document& document, json& result) {
  put_if_any(result, "handling", document.handling);
  put_if_any(result, "case_unit", document.case_unit);
  if (document.meeting) result["meeting"] = describe(*document.meeting);
  if (!document.submit_to.empty()) result["submit_to"] = list_of(document.submit_to);
  if (!document.reviews.empty()) result["reviews"] = list_of(document.reviews);
}

}  // namespace

json describe(const Document& document) {
  json result = {{"kind", code_of(document.kind)},
                 {"title", title_of(document.kind)},
                 {"edition", code_of(document.edition)},
                 {"encoding", name_of(document.encoding)},
                 {"category", document.category},
                 {"send_mode", code_of(send_mode_of(document))},
                 {"senders", list_of(document.senders)},
                 {"address", document.address},
                 {"contact_lines", document.contact_lines},
                 {"issue_date", describe(document.issue_date)},
                 {"numbers", list_of(document.numbers)},
                 {"urgency", nullptr},
                 {"secrecy", nullptr},
                 {"declassification", document.declassification},
                 {"subject", document.subject},
                 {"sections", list_of(document.sections)},
                 {"originals", list_of(document.originals)},
                 {"copies", list_of(document.copies)},
                 {"signatures", document.signatures}};
  if (document.urgency) result["urgency"] = code_of(*document.urgency);
  if (document.secrecy) result["secrecy"] = title_of(*document.secrecy);
  if (document.by_roster) result["by_roster"] = *document.by_roster;
  if (document.addressee) result["addressee"] = describe(*document.addressee);
  describe_files(document, result);
  describe_particulars(document, result);
  return result;
}

json describe(const Roster& roster) {
  return {{"edition", code_of(roster.edition)},
          {"encoding", name_of(roster.encoding)},
          {"entries", list_of(roster.entries)}};
}

json describe(const Issue& issue) {
  return {{"code", issue.code},       {"line", issue.line},         {"element", issue.element},
          {"found", issue.found},     {"expected", issue.expected}, {"message", issue.message_zh},
          {"remedy", issue.remedy_zh}};
}

}  // namespace yizhan
