#include "way/seal/addressing.h"

#include <algorithm>
#include <map>

namespace yizhan {

namespace {

constexpr std::size_t kKeyBlocksMax = 8;

InspectionIssue issue_about(std::string code, const std::string& element, std::string message,
                            std::string remedy) {
  return {std::move(code), element, 0, std::move(message), std::move(remedy), ""};
}

// The name of an agency or unit as documents may write it.
bool is_named(const std::string& name, const Agency& agency, const UnitCode& unit) {
  if (unit.empty()) return name == agency.name;
  const auto found = std::find_if(agency.units.begin(), agency.units.end(),
                                  [&](const Unit& u) { return u.code == unit; });
  if (found == agency.units.end()) return false;
  return name == found->name || name == agency.name + found->name ||
         name == agency.name + " " + found->name;
}

void check_sender_is(const Directory& directory, const OrgCode& own, const DocumentFacts& document,
                     std::vector<InspectionIssue>& issues) {
  const Agency* agency = directory.find(own);
  const auto& codes = document.sender_codes;
  const auto& names = document.sender_names;
  const bool by_code = std::find(codes.begin(), codes.end(), own.text()) != codes.end();
  const bool by_name = codes.empty() && agency != nullptr &&
                       std::find(names.begin(), names.end(), agency->name) != names.end();
  if (by_code || by_name) return;
  const std::string shown = names.empty() ? "" : names.front();
  issues.push_back(issue_about("sender_differs", "發文機關",
                               "發文機關「" + shown + "」不是本機關。",
                               "請以本機關名義製作公文，或由該機關自行發文。"));
  issues.back().file = document.file;
}

// Why the exchange does not reach it; nothing when it does.
std::optional<PaperCause> find_obstacle(const Directory& directory,
                                        const InspectedRecipient& recipient, Time now) {
  const auto org = OrgCode::parse(recipient.org_code);
  const auto unit = UnitCode::parse(recipient.unit_code);
  if (!org || !unit) return PaperCause::kUnknown;
  const auto agency = directory.find_recipient({*org, *unit});
  if (!agency) {
    const bool closed = agency.reason() == Reason::kAgencyClosed;
    return closed ? PaperCause::kClosed : PaperCause::kUnknown;
  }
  const Agency& receiver = directory.receiver_of(**agency, now);
  const auto keys = certificates_for(receiver.certificates, Purpose::kEncrypt, now);
  const bool sealable = !keys.empty() && keys.size() <= kKeyBlocksMax;
  return sealable ? std::nullopt : std::optional(PaperCause::kCannotReceive);
}

void check_recipient(const Directory& directory, const InspectedRecipient& recipient, Time now,
                     std::vector<InspectionIssue>& issues) {
  const std::string who = "「" + recipient.name + "」（" + recipient.org_code +
                          recipient.unit_code + "）";
  const auto add = [&](const std::string& code, const std::string& what, std::string remedy) {
    issues.push_back(issue_about(code, "受文者", who + what, std::move(remedy)));
  };
  const auto org = OrgCode::parse(recipient.org_code);
  const auto unit = UnitCode::parse(recipient.unit_code);
  const auto obstacle = find_obstacle(directory, recipient, now);
  if (obstacle) {
    const bool renewable = *obstacle == PaperCause::kCannotReceive;
    const std::string remedy = renewable ? "請通知該機關更新憑證" : "請依最新地址簿更正";
    const bool coded = org.ok() && unit.ok();
    add("recipient_" + std::string(text_of(*obstacle)),
        coded ? std::string(title_of(*obstacle)) + "，無法以電子交換收文。" : "沒有正確的機關代碼。",
        remedy + "，或於發文時指定改寄紙本（--paper、--paper-unreachable）。");
    if (!renewable) return;
  }
  const auto agency = directory.find_recipient({*org, *unit});
  if (!recipient.is_person && !is_named(recipient.name, **agency, *unit)) {
    const std::string name = directory.name_of({*org, *unit}).value_or((*agency)->name);
    add("recipient_name_differs", "與地址簿所載「" + name + "」不同。",
        "請改為「" + name + "」，或更正代碼。");
  }
}

bool is_chosen(const PaperChoice& choice, const InspectedRecipient& recipient) {
  const std::string code = recipient.org_code + recipient.unit_code;
  return std::ranges::any_of(choice.chosen,
                             [&](const Addressee& each) { return each.text() == code; });
}

PaperRecipient on_paper(const InspectedRecipient& recipient, PaperCause cause, std::int64_t pair) {
  return {pair,          recipient.org_code,  recipient.unit_code,
          recipient.name, recipient.copy_kind, cause};
}

// One leaf of a package; persons of one agency are reached through it, once for all of them.
struct Reached {
  InspectedRecipient recipient;
  std::set<std::string> renditions = {};
};

std::vector<Reached> reached_by(const DocumentFacts& document) {
  std::vector<Reached> all;
  std::map<std::string, std::size_t> places;
  for (const InspectedRecipient& recipient : document.recipients) {
    const auto [place, is_new] =
        places.emplace(recipient.org_code + recipient.unit_code, all.size());
    if (is_new) all.push_back({recipient});
    Reached& reached = all[place->second];
    if (!recipient.rendition.empty()) reached.renditions.insert(recipient.rendition);
    if (is_new) continue;
    reached.recipient.name += "、" + recipient.name;
    if (recipient.with_attachments) reached.recipient.with_attachments = true;
  }
  return all;
}

// Those who share a package share its parts, and a rendition holds the attachments too.
void check_renditions(const DocumentFacts& document, std::vector<InspectionIssue>& issues) {
  if (document.attachments.empty()) return;
  std::set<std::string> named;
  for (const Reached& reached : reached_by(document)) {
    if (reached.recipient.with_attachments) continue;
    named.insert(reached.renditions.begin(), reached.renditions.end());
    if (reached.renditions.empty()) named.insert("");
  }
  if (named.size() < 2) return;
  issues.push_back(issue_about("rendition_shared", "內含本文與附件之可攜式文件檔名",
                               "不含附件之受文者所載之可攜式文件不一致。",
                               "請使其一致，或以分繕發送。"));
}

}  // namespace

ApartRecipients set_apart(const Directory& directory, DocumentFacts document,
                          const PaperPlan& plan, Time now) {
  ApartRecipients apart{{}, {}};
  std::vector<InspectedRecipient> reached;
  for (InspectedRecipient& recipient : document.recipients) {
    std::optional<PaperCause> cause;
    if (is_chosen(plan.choice, recipient)) cause = PaperCause::kChosen;
    if (!cause && plan.choice.unreachable) cause = find_obstacle(directory, recipient, now);
    // 電子交換與紙本發送之受文者分開列示。
    if (cause) apart.paper.push_back(on_paper(recipient, *cause, plan.pair));
    else reached.push_back(std::move(recipient));
  }
  if (plan.with_unlisted) {
    for (const InspectedRecipient& recipient : document.unlisted) {
      apart.paper.push_back(on_paper(recipient, PaperCause::kUnlisted, plan.pair));
    }
  }
  document.recipients = std::move(reached);
  apart.electronic = std::move(document);
  return apart;
}

std::vector<InspectionIssue> check_choice(const PaperChoice& choice,
                                          std::span<const PaperRecipient> paper) {
  std::vector<InspectionIssue> issues;
  for (const Addressee& chosen : choice.chosen) {
    const bool found = std::ranges::any_of(paper, [&](const PaperRecipient& each) {
      return each.org_code + each.unit_code == chosen.text();
    });
    if (found) continue;
    issues.push_back(issue_about("paper_recipient_unknown", "受文者",
                                 "指定改寄紙本之「" + chosen.text() + "」不在交換表單。",
                                 "請更正代碼；不在交換表單者，不必指定。"));
  }
  return issues;
}

std::vector<InspectionIssue> check_against(const Directory& directory, const OrgCode& own,
                                           const DocumentFacts& document, Time now) {
  std::vector<InspectionIssue> issues;
  check_sender_is(directory, own, document, issues);
  if (document.recipients.empty()) {
    issues.push_back(issue_about("recipient_missing", "受文者", "沒有可電子交換的受文者。",
                                 "請附上交換表單（SW），或於公文載明受文者代碼；"
                                 "全部改寄紙本者，不經電子交換。"));
  }
  check_renditions(document, issues);
  std::set<std::string> seen;
  for (const InspectedRecipient& recipient : document.recipients) {
    check_recipient(directory, recipient, now, issues);
    if (seen.insert(recipient.who()).second) continue;
    issues.push_back(issue_about("recipient_twice", "受文者", "受文者「" + recipient.name + "」重複。",
                                 "請移除重複之受文者。"));
  }
  for (InspectionIssue& issue : issues) {
    if (issue.file.empty()) issue.file = document.recipients_file;
  }
  return issues;
}

std::vector<AddressedGroup> group_recipients(const DocumentFacts& document, std::int64_t pair,
                                             bool has_attachments) {
  AddressedGroup with{pair, true, {}}, without{pair, false, {}};
  for (const Reached& reached : reached_by(document)) {
    const InspectedRecipient& r = reached.recipient;
    AddressedGroup& group = !has_attachments || r.with_attachments ? with : without;
    group.recipients.push_back({{OrgCode::parse(r.org_code).value(),
                                 UnitCode::parse(r.unit_code).value()},
                                r.copy_kind,
                                r.name});
    group.renditions.insert(reached.renditions.begin(), reached.renditions.end());
  }
  std::vector<AddressedGroup> groups;
  for (AddressedGroup* group : {&with, &without}) {
    std::sort(group->recipients.begin(), group->recipients.end(),
              [](const auto& a, const auto& b) { return a.addressee < b.addressee; });
    if (!group->recipients.empty()) groups.push_back(std::move(*group));
  }
  return groups;
}

}  // namespace yizhan
