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
  return json;
}

Result<Json> describe_document(const TerminalDesk& desk, const DocumentId& id) {
  return desk.database.read([&](Transaction& tx) -> Result<Json> {
    OutboxStore outbox;
    const auto sending = outbox.find(tx, id);
    if (!sending) return Reason::kNotFound;
    Json json = sending->describe();
    json["packages"] = Json::array();
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

struct Wish {
  WithdrawalKind kind;
  std::string reason;
  std::string person;
  std::optional<Addressee> recipient;
};

Result<Wish> wish_in(const TerminalDesk& desk, const Request& request) {
  const Json json = YZ_TRY(body_in(request));
  Members members(json, "withdrawal");
  const std::string kind = members.text("kind"), reason = members.text("reason");
  const std::string person = YZ_TRY(person_in(members, desk.person));
  const auto org = members.optional_text("org_code"), unit = members.optional_text("unit_code");
  YZ_TRY(members.check());
  if (kind != "stop" && kind != "paper") {
    return Refusal{Reason::kBadRequest, "kind 須為 stop 或 paper"};
  }
  if (reason.empty()) return Refusal{Reason::kBadRequest, "請說明撤回之原因"};
  Wish wish{kind == "stop" ? WithdrawalKind::kStop : WithdrawalKind::kPaper, reason, person, {}};
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

// Each package that has the recipient, or all of them.
Result<Json> withdraw_packages(const TerminalDesk& desk, const DocumentId& id, const Wish& wish) {
  std::vector<MessageId> messages;
  desk.database.read([&](Transaction& tx) {
    messages.clear();
    for (const OutgoingPackage& package : OutboxStore().packages_of(tx, id)) {
      if (package.state == PackageState::kDiscarded) continue;
      const auto recipients = OutboxStore().recipients_of(tx, package.id);
      const bool concerned =
          !wish.recipient || std::any_of(recipients.begin(), recipients.end(), [&](const auto& r) {
            return r.addressee == *wish.recipient;
          });
      if (concerned) messages.push_back(package.id);
    }
  });
  if (messages.empty()) return Refusal{Reason::kNotFound, "公文沒有此受文者"};
  Json standings = Json::array();
  for (const MessageId& message : messages) {
    for (const RecipientStanding& standing : YZ_TRY(desk.withdrawing.withdraw(
             {message, wish.recipient, wish.kind, wish.reason, wish.person}))) {
      standings.push_back(describe_standing(message, standing));
    }
  }
  return standings;
}

Result<Response> withdraw(const TerminalDesk& desk, const Request& request) {
  const DocumentId id = YZ_TRY(id_in<DocumentNoun>(request, "id"));
  const Wish wish = YZ_TRY(wish_in(desk, request));
  const Result<void> cancelled = desk.database.transact(
      [&](Transaction& tx) { return OutboxStore().cancel(tx, id); });
  Json recipients = Json::array();
  if (!cancelled) {
    if (cancelled.reason() != Reason::kStepNotAllowed) return cancelled.refusal();
    recipients = YZ_TRY(withdraw_packages(desk, id, wish));
  }
  desk.bell.ring();
  Json document = YZ_TRY(describe_document(desk, id));
  return Response::json(200, {{"document", std::move(document)},
                              {"recipients", std::move(recipients)}});
}

Result<Response> unconfirmed(const TerminalDesk& desk, const Request& request) {
  const std::int64_t hours = YZ_TRY(
      query_number(request, {.name = "hours", .standard = 24, .min = 0, .max = 24 * 366}));
  const std::int64_t limit = YZ_TRY(page_limit(request));
  const Time before = desk.clock.now() - std::chrono::hours{hours};
  Json items = Json::array();
  for (const auto& waiting : desk.database.read([&](Transaction& tx) {
         return OutboxStore().unconfirmed(tx, before, limit);
       })) {
    Json item = waiting.recipient.describe();
    item["document_id"] = waiting.document.text();
    item["message_id"] = waiting.recipient.message.text();
    item["subject"] = waiting.subject;
    item["number"] = waiting.number;
    items.push_back(std::move(item));
  }
  return Response::json(200, {{"items", std::move(items)}});
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
  router.add(Method::kGet, "/api/v1/unconfirmed", kSmall,
             handle([desk](const Request& request) { return unconfirmed(desk, request); }));
}

}  // namespace yizhan
