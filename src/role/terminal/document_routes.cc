#include <algorithm>

#include "role/terminal/desk.h"
#include "role/terminal/requests.h"

namespace yizhan {

namespace {

Json describe_package(Transaction& tx, const OutgoingPackage& package, Time now) {
  Json recipients = Json::array();
  for (OutgoingRecipient& recipient : OutboxStore().recipients_of(tx, package.id)) {
    recipient.state = shown(recipient.state, package.expires, now);
    recipients.push_back(recipient.describe());
  }
  Json json = package.describe();
  json["recipients"] = std::move(recipients);
  json["follow_ups"] = describe_follow_ups(tx, package.id);
  return json;
}

Result<Json> describe_document(const TerminalDesk& desk, const DocumentId& id) {
  return desk.database.read([&](Transaction& tx) -> Result<Json> {
    OutboxStore outbox;
    const auto sending = outbox.find(tx, id);
    if (!sending) return Reason::kNotFound;
    Json json = sending->describe();
    json["packages"] = Json::array();
    json["paper_recipients"] = describe(PaperStore().of_document(tx, id));
    for (const OutgoingPackage& package : outbox.packages_of(tx, id)) {
      // Sealed anew: what was discarded is of no interest to anybody.
      if (package.state == PackageState::kDiscarded) continue;
      json["packages"].push_back(describe_package(tx, package, desk.clock.now()));
    }
    return json;
  });
}

Json describe_summary(Transaction& tx, const Sending& sending) {
  Json states = Json::object();
  for (const auto& count : OutboxStore().count_recipients(tx, sending.id)) {
    states[count.state] = count.count;
  }
  Json json = sending.describe();
  json["recipients_by_state"] = std::move(states);
  return json;
}

Result<Response> list(const TerminalDesk& desk, const Request& request) {
  OutboxStore::Page page;
  page.count_max = YZ_TRY(page_limit(request));
  page.before = query_text(request, "before");
  if (const std::string state = query_text(request, "state"); !state.empty()) {
    page.state = find_sending_state(state);
    if (!page.state) return Refusal{Reason::kBadRequest, "不認得的狀態：" + state};
  }
  std::string last;
  Json items = desk.database.read([&](Transaction& tx) {
    Json all = Json::array();
    for (const Sending& sending : OutboxStore().list(tx, page)) {
      all.push_back(describe_summary(tx, sending));
      last = sending.id.text();
    }
    return all;
  });
  return Response::json(200, page_of(std::move(items), page.count_max, last));
}

Result<Response> find(const TerminalDesk& desk, const Request& request) {
  const DocumentId id = YZ_TRY(id_in<DocumentNoun>(request, "id"));
  return Response::json(200, YZ_TRY(describe_document(desk, id)));
}

// Of all packages together, in the order of time.
Result<Response> history(const TerminalDesk& desk, const Request& request) {
  const DocumentId id = YZ_TRY(id_in<DocumentNoun>(request, "id"));
  const auto directory = desk.directory.current();
  return desk.database.read([&](Transaction& tx) -> Result<Response> {
    if (!OutboxStore().find(tx, id)) return Reason::kNotFound;
    std::vector<std::pair<HistoryEntry, MessageId>> entries;
    for (const OutgoingPackage& package : OutboxStore().packages_of(tx, id)) {
      for (HistoryEntry& entry : history_of(tx, {desk.own, package.id}, std::nullopt)) {
        entries.emplace_back(std::move(entry), package.id);
      }
    }
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return a.first.time < b.first.time;
    });
    Json items = Json::array();
    for (const auto& [entry, message] : entries) {
      items.push_back(describe_entry(entry, message, *directory));
    }
    return Response::json(200, {{"items", std::move(items)}});
  });
}

Result<WithdrawalWish> wish_in(const TerminalDesk& desk, const Request& request) {
  const Json json = YZ_TRY(body_in(request));
  Members members(json, "withdrawal");
  const std::string kind = members.text("kind"), reason = members.text("reason");
  const std::string person = YZ_TRY(person_in(members, desk.person));
  const auto org = members.optional_text("org_code"), unit = members.optional_text("unit_code");
  YZ_TRY(members.check());
  if (kind != "stop" && kind != "paper") {
    return Refusal{Reason::kBadRequest, "kind 須為 stop 或 paper"};
  }
  WithdrawalWish wish{
      {}, kind == "stop" ? WithdrawalKind::kStop : WithdrawalKind::kPaper, reason, person};
  if (org) {
    const OrgCode recipient = YZ_TRY(OrgCode::parse(*org));
    const UnitCode part = YZ_TRY(UnitCode::parse(unit.value_or("")));
    wish.recipient = Addressee{recipient, part};
  }
  return wish;
}

Json describe_standing(const MessageId& message, const RecipientStanding& standing) {
  Json json = {{"message_id", message.text()},
               {"org_code", standing.addressee.org.text()},
               {"unit_code", standing.addressee.unit.text()},
               {"state", text_of(standing.state)}};
  if (standing.since) json["since"] = standing.since->text();
  if (standing.why) json["reason"] = describe(*standing.why);
  return json;
}

// Where all packages refuse, so does the request.
Result<Json> describe_withdrawal(const std::vector<PackageWithdrawal>& packages) {
  Json recipients = Json::array(), refused = Json::array();
  for (const PackageWithdrawal& package : packages) {
    if (!package.standings) {
      refused.push_back({{"message_id", package.message.text()},
                         {"reason", describe(package.standings.refusal())}});
      continue;
    }
    for (const RecipientStanding& standing : *package.standings) {
      recipients.push_back(describe_standing(package.message, standing));
    }
  }
  if (recipients.empty() && !refused.empty()) return packages.front().standings.refusal();
  return Json{{"recipients", std::move(recipients)}, {"refused", std::move(refused)}};
}

Result<Response> withdraw(const TerminalDesk& desk, const Request& request) {
  const DocumentId id = YZ_TRY(id_in<DocumentNoun>(request, "id"));
  const WithdrawalWish wish = YZ_TRY(wish_in(desk, request));
  const auto packages = YZ_TRY(desk.withdrawing.withdraw(id, wish));
  desk.bell.ring();
  Json answer = YZ_TRY(describe_withdrawal(packages));
  answer["document"] = YZ_TRY(describe_document(desk, id));
  return Response::json(200, answer);
}

}  // namespace

Json describe_entry(const HistoryEntry& entry, const MessageId& message,
                    const Directory& directory) {
  Json json = entry.describe();
  json["message_id"] = message.text();
  json["recipient_name"] = entry.recipient ? name_in(directory, *entry.recipient) : "";
  return json;
}

std::string name_in(const Directory& directory, const Addressee& addressee) {
  return directory.name_of(addressee).value_or(addressee.text());
}

void add_document_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kGet, "/api/v1/documents", kSmall,
             handle([desk](const Request& request) { return list(desk, request); }));
  router.add(Method::kGet, "/api/v1/documents/{id}", kSmall,
             handle([desk](const Request& request) { return find(desk, request); }));
  router.add(Method::kGet, "/api/v1/documents/{id}/history", kSmall,
             handle([desk](const Request& request) { return history(desk, request); }));
  router.add(Method::kPost, "/api/v1/documents/{id}/withdrawal", kSmall,
             handle([desk](const Request& request) { return withdraw(desk, request); }));
}

}  // namespace yizhan
