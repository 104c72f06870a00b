#include <algorithm>

#include "model/calendar/calendar.h"
#include "role/terminal/desk.h"
#include "role/terminal/requests.h"

namespace yizhan {

namespace {

namespace chrono = std::chrono;

Json describe_sent(const FollowUpStore::Waiting& waiting) {
  Json item = waiting.recipient.describe();
  item["document_id"] = waiting.document.text();
  item["message_id"] = waiting.recipient.message.text();
  item["subject"] = waiting.subject;
  item["number"] = waiting.number;
  return item;
}

Json describe_item(const FollowUpStore::Waiting& waiting) {
  Json item = describe_sent(waiting);
  item["sealed"] = waiting.sealed.text();
  item["expires"] = waiting.expires.text();
  return item;
}

void put_cause(Json& item, PaperCause cause) {
  item["cause"] = text_of(cause);
  item["cause_title"] = title_of(cause);
  item["mark"] = mark_of(cause);
}

// A paper recipient who never was another.
Json describe_listed(const PaperStore::Listed& listed) {
  Json item = listed.recipient.describe();
  put_cause(item, listed.recipient.cause);
  item["document_id"] = listed.document.text();
  item["subject"] = listed.subject;
  item["number"] = listed.number;
  item["sealed"] = listed.sealed.text();
  item["follow_ups"] = Json::array();
  return item;
}

// What was sent before a working day is looked at on that day at the latest.
Result<Response> worklist(const TerminalDesk& desk, const Request& request) {
  const auto calendar = YZ_TRY(WorkingCalendar::load(desk.working_days));
  const Time now = desk.clock.now();
  const Day day = YZ_TRY(day_in(request, "day", day_of(now)));
  const std::int64_t limit = YZ_TRY(page_limit(request));
  const Day working_day = calendar.last_working_day(day);
  // Whoever waits until the next working day may find that it has expired.
  const Time soon = begin_of(calendar.next_working_day(day) + chrono::days{1});
  Json items = Json::array();
  desk.database.read([&](Transaction& tx) {
    FollowUpStore store;
    for (auto& waiting : store.waiting(tx, begin_of(working_day), limit)) {
      waiting.recipient.state = shown(waiting.recipient.state, waiting.expires, now);
      Json item = describe_item(waiting);
      item["due"] = text_of(calendar.next_working_day(day_of(waiting.sealed)));
      item["expires_soon"] = !is_final(waiting.recipient.state) && waiting.expires < soon;
      item["follow_ups"] = describe_follow_ups(tx, waiting.recipient.message);
      items.push_back(std::move(item));
    }
  });
  return Response::json(200, {{"day", text_of(day)},
                              {"working_day", text_of(working_day)},
                              {"calendar_known", calendar.knows(day)},
                              {"certificates", desk.status.certificates_ending()},
                              {"items", std::move(items)}});
}

Result<Response> paper_list(const TerminalDesk& desk, const Request& request) {
  const Day since = YZ_TRY(day_in(request, "since", day_of(desk.clock.now()) - chrono::days{7}));
  const std::int64_t limit = YZ_TRY(page_limit(request));
  std::vector<Json> items;
  desk.database.read([&](Transaction& tx) {
    for (const auto& waiting : FollowUpStore().on_paper(tx, begin_of(since), limit)) {
      Json item = describe_item(waiting);
      const bool stopped = waiting.recipient.state == RecipientState::kPaper;
      put_cause(item, stopped ? PaperCause::kWithdrawn : PaperCause::kUnconfirmed);
      item["follow_ups"] = describe_follow_ups(tx, waiting.recipient.message);
      items.push_back(std::move(item));
    }
    for (const auto& listed : PaperStore().since(tx, begin_of(since), limit)) {
      items.push_back(describe_listed(listed));
    }
  });
  std::ranges::stable_sort(items, {}, [](const Json& item) {
    return item.at("sealed").get<std::string>();
  });
  if (items.size() > static_cast<std::size_t>(limit)) {
    items.resize(static_cast<std::size_t>(limit));
  }
  return Response::json(200, {{"since", text_of(since)}, {"items", std::move(items)}});
}

Result<Response> unconfirmed(const TerminalDesk& desk, const Request& request) {
  const std::int64_t hours = YZ_TRY(
      query_number(request, {.name = "hours", .standard = 24, .min = 0, .max = 24 * 366}));
  const std::int64_t limit = YZ_TRY(page_limit(request));
  const Time before = desk.clock.now() - std::chrono::hours{hours};
  Json items = Json::array();
  desk.database.read([&](Transaction& tx) {
    for (const auto& waiting : FollowUpStore().unconfirmed(tx, before, limit)) {
      items.push_back(describe_sent(waiting));
    }
  });
  return Response::json(200, {{"items", std::move(items)}});
}

Result<FollowUpWish> wish_in(const TerminalDesk& desk, const Request& request) {
  const Json json = YZ_TRY(body_in(request));
  Members members(json, "follow_up");
  const std::string org = members.text("org_code"), kind = members.text("kind");
  const std::string unit = members.optional_text("unit_code").value_or("");
  const std::string note = members.optional_text("note").value_or("");
  const std::string person = YZ_TRY(person_in(members, desk.person));
  YZ_TRY(members.check());
  const auto known = find_follow_up_kind(kind);
  if (!known) return Refusal{Reason::kBadRequest, "kind 須為 phoned、paper 或 stopped"};
  const OrgCode agency = YZ_TRY(OrgCode::parse(org));
  const UnitCode part = YZ_TRY(UnitCode::parse(unit));
  return FollowUpWish{{agency, part}, *known, person, note};
}

Result<Response> follow_up(const TerminalDesk& desk, const Request& request) {
  const DocumentId id = YZ_TRY(id_in<DocumentNoun>(request, "id"));
  const FollowUpWish wish = YZ_TRY(wish_in(desk, request));
  Json items = Json::array();
  for (const FollowUp& noted : YZ_TRY(desk.following_up.note(id, wish))) {
    items.push_back(noted.describe());
  }
  desk.bell.ring();
  return Response::json(200, {{"items", std::move(items)}});
}

}  // namespace

Json describe_follow_ups(Transaction& tx, const MessageId& message) {
  Json items = Json::array();
  for (const FollowUp& each : FollowUpStore().list(tx, message)) items.push_back(each.describe());
  return items;
}

void add_worklist_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kGet, "/api/v1/worklist", kSmall,
             handle([desk](const Request& request) { return worklist(desk, request); }));
  router.add(Method::kGet, "/api/v1/unconfirmed", kSmall,
             handle([desk](const Request& request) { return unconfirmed(desk, request); }));
  router.add(Method::kGet, "/api/v1/paper", kSmall,
             handle([desk](const Request& request) { return paper_list(desk, request); }));
  router.add(Method::kPost, "/api/v1/documents/{id}/follow-ups", kSmall,
             handle([desk](const Request& request) { return follow_up(desk, request); }));
}

}  // namespace yizhan
