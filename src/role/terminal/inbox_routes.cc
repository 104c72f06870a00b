#include "role/terminal/desk.h"
#include "role/terminal/requests.h"

namespace yizhan {

namespace {

Json describe_mail(const Mail& mail, const Directory& directory) {
  Json json = mail.describe();
  json["sender_name"] = name_in(directory, {mail.message.sender, {}});
  json["recipient_name"] = name_in(directory, mail.recipient);
  return json;
}

Result<Mail> mail_in(const TerminalDesk& desk, const Request& request) {
  const DeliveryId id = YZ_TRY(id_in<DeliveryNoun>(request, "id"));
  const auto mail =
      desk.database.read([&](Transaction& tx) { return InboxStore().find(tx, id); });
  if (!mail) return Reason::kNotFound;
  return *mail;
}

Result<Response> list(const TerminalDesk& desk, const Request& request) {
  InboxStore::Page page;
  page.count_max = YZ_TRY(page_limit(request));
  page.before = query_text(request, "before");
  if (const std::string state = query_text(request, "state"); !state.empty()) {
    page.state = find_mail_state(state);
    if (!page.state) return Refusal{Reason::kBadRequest, "不認得的狀態：" + state};
  }
  const auto mails =
      desk.database.read([&](Transaction& tx) { return InboxStore().list(tx, page); });
  const auto directory = desk.directory.current();
  Json items = Json::array();
  for (const Mail& mail : mails) items.push_back(describe_mail(mail, *directory));
  const std::string last = mails.empty() ? "" : mails.back().id.text();
  return Response::json(200, page_of(std::move(items), page.count_max, last));
}

Result<Response> find(const TerminalDesk& desk, const Request& request) {
  const Mail mail = YZ_TRY(mail_in(desk, request));
  Json json = describe_mail(mail, *desk.directory.current());
  json["parts"] = Json::array();
  desk.database.read([&](Transaction& tx) {
    const std::set<std::int64_t> active = InboxStore().active_parts_of(tx, mail.id);
    for (const Part& part : InboxStore().parts_of(tx, mail.id)) {
      const auto position = static_cast<std::int64_t>(json["parts"].size());
      json["parts"].push_back(describe(part));
      json["parts"].back()["active_content"] = active.contains(position);
    }
  });
  return Response::json(200, json);
}

Result<Response> read_part(const TerminalDesk& desk, const Request& request) {
  const Mail mail = YZ_TRY(mail_in(desk, request));
  const Piece piece = YZ_TRY(piece_in(request));
  const std::size_t number = YZ_TRY(index_in(request, "n"));
  const auto parts =
      desk.database.read([&](Transaction& tx) { return InboxStore().parts_of(tx, mail.id); });
  if (number >= parts.size()) return Refusal{Reason::kNotFound, "收文沒有此檔案，或尚未收取"};
  return piece_response(desk.objects.read(parts[number].sha256, piece.offset, piece.length));
}

Result<Response> history(const TerminalDesk& desk, const Request& request) {
  const Mail mail = YZ_TRY(mail_in(desk, request));
  const auto directory = desk.directory.current();
  Json items = Json::array();
  for (const HistoryEntry& entry : desk.database.read(
           [&](Transaction& tx) { return history_of(tx, mail.message, mail.recipient); })) {
    items.push_back(describe_entry(entry, mail.message.message, *directory));
  }
  return Response::json(200, {{"items", std::move(items)}});
}

Result<Response> confirm(const TerminalDesk& desk, const Request& request) {
  const DeliveryId id = YZ_TRY(id_in<DeliveryNoun>(request, "id"));
  const Json json = YZ_TRY(body_in(request));
  Members members(json, "confirmation");
  const std::string person = YZ_TRY(person_in(members, desk.person));
  YZ_TRY(members.check());
  const Mail mail = YZ_TRY(desk.acknowledgement.confirm(id, person));
  desk.bell.ring();
  return Response::json(200, describe_mail(mail, *desk.directory.current()));
}

Result<Response> return_document(const TerminalDesk& desk, const Request& request) {
  const DeliveryId id = YZ_TRY(id_in<DeliveryNoun>(request, "id"));
  const Json json = YZ_TRY(body_in(request));
  Members members(json, "return");
  const auto kind = members.parsed<ReturnKind>("kind", find_return_kind);
  const std::string note = members.optional_text("note").value_or("");
  const std::string person = YZ_TRY(person_in(members, desk.person));
  YZ_TRY(members.check());
  const Mail mail = YZ_TRY(desk.acknowledgement.return_document(id, person, {*kind, note}));
  desk.bell.ring();
  return Response::json(200, describe_mail(mail, *desk.directory.current()));
}

}  // namespace

void add_inbox_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kGet, "/api/v1/inbox", kSmall,
             handle([desk](const Request& request) { return list(desk, request); }));
  router.add(Method::kGet, "/api/v1/inbox/{id}", kSmall,
             handle([desk](const Request& request) { return find(desk, request); }));
  router.add(Method::kGet, "/api/v1/inbox/{id}/parts/{n}", kSmall,
             handle([desk](const Request& request) { return read_part(desk, request); }));
  router.add(Method::kGet, "/api/v1/inbox/{id}/history", kSmall,
             handle([desk](const Request& request) { return history(desk, request); }));
  router.add(Method::kPost, "/api/v1/inbox/{id}/confirmation", kSmall,
             handle([desk](const Request& request) { return confirm(desk, request); }));
  router.add(Method::kPost, "/api/v1/inbox/{id}/return", kSmall,
             handle([desk](const Request& request) { return return_document(desk, request); }));
}

}  // namespace yizhan
