#include "duty/suspension/follow.h"

#include <stdexcept>

#include "ground/control/control.h"
#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::string_view kKeptFormat = "yizhan-orders-kept-1";
constexpr std::size_t kFileBytesMax = 256U << 20;

Result<KeptOrder> parse_kept(const Json& json) {
  Members members(json, "order");
  const std::string target = members.text("target");
  const Bytes content = members.base64("content");
  const Time received = members.time("received");
  std::optional<OrderState> told;
  if (members.has("told")) told = members.parsed<OrderState>("told", find_order_state);
  YZ_TRY(members.check());
  OrderName name = YZ_TRY(OrderName::parse(target));
  Order order = YZ_TRY(Order::parse(name, content));
  const Sha256 digest = sha256(content);
  return KeptOrder{std::move(name), std::move(order), content, digest, received, told};
}

Result<std::vector<KeptOrder>> parse_all(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kFileBytesMax, .depth_max = 4}));
  Members members(json, "orders");
  const std::string format = members.text("format");
  const Json& items = members.array("orders");
  YZ_TRY(members.check());
  if (format != kKeptFormat) return Refusal{Reason::kUnknownFormat, format};
  std::vector<KeptOrder> all;
  for (const Json& item : items) all.push_back(YZ_TRY(parse_kept(item)));
  return all;
}

std::string name_in(const Directory& directory, const OrderSubject& subject) {
  if (const auto* org = std::get_if<OrgCode>(&subject)) {
    const Agency* agency = directory.find(*org);
    return agency == nullptr ? "" : agency->name;
  }
  if (const auto* code = std::get_if<CentreCode>(&subject)) {
    const Centre* centre = directory.find(*code);
    return centre == nullptr ? "" : centre->name;
  }
  return "";
}

}  // namespace

StandingOrders::StandingOrders(Parts parts) : parts_(std::move(parts)) {
  load();
  lay(parts_.clock.now());
}

void StandingOrders::load() {
  const auto bytes = find_file(parts_.file, kFileBytesMax);
  if (!bytes) return;
  Result<std::vector<KeptOrder>> kept = parse_all(*bytes);
  if (!kept) {
    throw std::runtime_error("命令之紀錄 " + parts_.file.string() + " 已損壞：" +
                             kept.refusal().detail);
  }
  for (KeptOrder& one : *kept) book_.put(std::move(one));
}

void StandingOrders::save() const {
  Json items = Json::array();
  for (const auto& [name, kept] : book_.orders()) {
    Json item = {{"target", name.path()},
                 {"content", to_base64(kept.content)},
                 {"received", kept.received.text()}};
    if (kept.told) item["told"] = text_of(*kept.told);
    items.push_back(std::move(item));
  }
  write_durably(parts_.file,
                canonical_json({{"format", kKeptFormat}, {"orders", std::move(items)}}));
}

void StandingOrders::lay(Time now) { parts_.directory.lay_over(book_.restrictions(now)); }

Result<bool> StandingOrders::is_new(const Found& found) const {
  const OrderName name = YZ_TRY(OrderName::parse(found.path));
  if (found.target.length > static_cast<std::int64_t>(Order::kBytesMax)) return Reason::kTooLarge;
  const std::lock_guard lock(mutex_);
  const KeptOrder* kept = book_.find(name);
  if (kept == nullptr) return true;
  const bool same = kept->sha256 == found.target.sha256;
  if (upheld("order_number_once", same)) return !same;
  return Refusal{Reason::kConflict, "此號次已有另一命令，請改用新號次"};
}

Result<KeptOrder> StandingOrders::read(const Found& found, Bytes content) const {
  OrderName name = YZ_TRY(OrderName::parse(found.path));
  Order order = YZ_TRY(Order::parse(name, content));
  return KeptOrder{std::move(name), std::move(order), std::move(content), found.target.sha256,
                   parts_.clock.now()};
}

Result<void> StandingOrders::take(TrustClient& client, OrderAlarm& alarm) {
  const auto listed = YZ_TRY(client.list_targets(OrderName::kFolder));
  Result<void> all;
  Refused refused;
  std::vector<KeptOrder> fresh;
  for (const auto& [path, target] : listed) {
    const Found found{path, target};
    const auto refuse = [&](const Refusal& why) {
      refused.emplace(std::pair(found.path, found.target.sha256), why);
    };
    const Result<bool> wanted = is_new(found);
    if (!wanted) refuse(wanted.refusal());
    if (!wanted || !*wanted) continue;
    Result<Bytes> content = client.fetch_target(found.path);
    if (!content) {  // nothing is known of it yet
      all = content.refusal();
      continue;
    }
    Result<KeptOrder> kept = read(found, std::move(*content));
    if (kept) fresh.push_back(std::move(*kept));
    if (!kept) refuse(kept.refusal());
  }
  const std::lock_guard working(working_);
  keep(std::move(fresh));
  refuse(std::move(refused), alarm);
  settle(alarm);
  return all;
}

// In force first, then for good.
void StandingOrders::keep(std::vector<KeptOrder> fresh) {
  if (fresh.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    for (KeptOrder& one : fresh) book_.put(std::move(one));
  }
  dirty_ = true;
  lay(parts_.clock.now());
  save();
}

void StandingOrders::refuse(Refused refused, OrderAlarm& alarm) {
  for (const auto& [what, why] : refused) {
    if (!refused_.contains(what)) alarm.refused(what.first, why);
  }
  const std::lock_guard lock(mutex_);
  refused_ = std::move(refused);
}

void StandingOrders::tend(OrderAlarm& alarm) {
  const std::lock_guard working(working_);
  settle(alarm);
}

bool StandingOrders::is_settled(Time now) const {
  // A clock that was set back may have to undo what it did.
  return !dirty_ && settled_over_ == parts_.directory.as_signed() && settled_ <= now &&
         (!due_ || now < *due_);
}

std::vector<StandingOrders::Turned> StandingOrders::turned(const Directory& directory,
                                                           Time now) const {
  std::vector<Turned> all;
  for (const auto& [name, kept] : book_.orders()) {
    OrderStanding standing = book_.standing_of(kept, directory, now);
    if (kept.told != standing.state) all.push_back({kept, std::move(standing)});
  }
  return all;
}

void StandingOrders::settle(OrderAlarm& alarm) {
  const Time now = parts_.clock.now();
  if (is_settled(now)) return;
  const auto directory = parts_.directory.as_signed();
  lay(now);
  const std::vector<Turned> changed = turned(*directory, now);
  for (const Turned& one : changed) {
    if (!one.kept.told) alarm.received(one.kept);
    if (one.standing.state != OrderState::kWaiting) alarm.turned(one.kept, one.standing);
    const std::lock_guard lock(mutex_);
    book_.note_told(one.kept.name, one.standing.state);
  }
  if (!changed.empty()) save();
  settled_over_ = directory;
  settled_ = now;
  due_ = book_.next_change(now);
  dirty_ = false;
}

Json StandingOrders::describe(const KeptOrder& kept, const Directory& directory, Time now) const {
  const OrderStanding standing = book_.standing_of(kept, directory, now);
  const Order& order = kept.order;
  Json json = Json::parse(text_of(order.json()));
  json.erase("format");
  json["order"] = kept.name.text();
  json["name"] = name_in(directory, order.subject);
  json["state"] = text_of(standing.state);
  json["received"] = kept.received.text();
  json["sha256"] = kept.sha256.hex();
  if (order.ground) json["ground_words"] = order.ground->words();
  if (standing.until) json["until"] = standing.until->text();
  if (standing.ended_by) json["ended_by"] = standing.ended_by->text();
  return json;
}

Json StandingOrders::describe(bool all) const {
  const Time now = parts_.clock.now();
  const auto directory = parts_.directory.as_signed();
  const std::lock_guard lock(mutex_);
  Json items = Json::array();
  for (const auto& [name, kept] : book_.orders()) {
    const OrderState state = book_.standing_of(kept, *directory, now).state;
    const bool over = state == OrderState::kLapsed || state == OrderState::kEnded;
    const bool done = state == OrderState::kInForce && kept.order.kind == OrderKind::kResume;
    if (all || (!over && !done)) items.push_back(describe(kept, *directory, now));
  }
  Json refused = Json::array();
  for (const auto& [what, why] : refused_) {
    const ReasonText& text = yizhan::describe(why.reason);
    refused.push_back({{"target", what.first},
                       {"reason", text.code},
                       {"title", text.title},
                       {"detail", why.detail}});
  }
  return {{"time", now.text()}, {"items", std::move(items)}, {"refused", std::move(refused)}};
}

StandingOrders::Counts StandingOrders::counts() const {
  const Time now = parts_.clock.now();
  const auto directory = parts_.directory.as_signed();
  Counts counts{.in_force = {{OrderKind::kSuspend, 0}, {OrderKind::kRevoke, 0}}};
  const std::lock_guard lock(mutex_);
  counts.refused = static_cast<int>(refused_.size());
  for (const auto& [name, kept] : book_.orders()) {
    const OrderState state = book_.standing_of(kept, *directory, now).state;
    if (state == OrderState::kWaiting) ++counts.waiting;
    const bool takes = kept.order.kind != OrderKind::kResume;
    if (takes && state == OrderState::kInForce) ++counts.in_force[kept.order.kind];
  }
  return counts;
}

}  // namespace yizhan
