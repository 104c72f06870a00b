#include "role/terminal/status.h"

#include <algorithm>

#include "model/renewal/renewal.h"

namespace yizhan {

namespace {

template <class Count>
Json describe_counts(const std::vector<Count>& counts) {
  Json items = Json::array();
  for (const Count& count : counts) {
    items.push_back(
        {{"state", count.state}, {"count", count.count}, {"oldest", count.oldest.text()}});
  }
  return items;
}

// What still waits for the terminal or its people; the rest is done or the centre's.
bool waits(std::string_view state) {
  constexpr auto kWaiting = std::to_array<std::string_view>(
      {"drafted", "validated", "scanned", "refused", "consigned", "leased", "received"});
  return std::find(kWaiting.begin(), kWaiting.end(), state) != kWaiting.end();
}

}  // namespace

void CentreStanding::set(const std::optional<Refusal>& why, Time now) {
  const std::lock_guard lock(mutex_);
  if (!asked_ || why_.has_value() != why.has_value()) since_ = now;
  asked_ = true;
  why_ = why;
}

Json CentreStanding::describe() const {
  const std::lock_guard lock(mutex_);
  Json json = {{"reachable", asked_ && !why_}, {"since", since_.text()}};
  if (why_) json["reason"] = yizhan::describe(*why_);
  return json;
}

Result<void> CentreStanding::check() const {
  const std::lock_guard lock(mutex_);
  if (why_) return *why_;
  if (asked_) return {};
  return Refusal{Reason::kUnavailable, "尚未與交換中心連線"};
}

Result<void> check_modules(Keyholder& keyholder) {
  const KeyholderStatus status = YZ_TRY(keyholder.status());
  for (const ModuleStatus& module : status.modules) {
    if (module.waiting == Waiting::kNothing) continue;
    return Refusal{Reason::kTokenLocked, module.description.label + "：" +
                                             std::string(code_of(module.waiting))};
  }
  return {};
}

Json StatusDesk::describe() {
  const auto directory = parts_.directory.current();
  const OrgCode& org = parts_.terminal.org;
  const Agency* own = directory->find(org);
  Json json = boxes();
  json["program"] = "yizhan-terminal";
  json["version"] = YIZHAN_VERSION;
  json["time"] = parts_.clock.now().text();
  json["org_code"] = org.text();
  json["agency"] = own != nullptr ? own->name : "";
  json["terminal"] = parts_.terminal.terminal;
  json["centre"] = parts_.centre.describe();
  json["centre"]["code"] = own != nullptr ? own->home_centre.text() : "";
  json["centre"]["caught_up"] = parts_.caught_up();
  json["directory"] = describe_directory(*directory);
  json["keyholder"] = describe_keyholder();
  json["scanner"] = describe_engine();
  json["proofs"] = proofs();
  json["certificates"] = certificates();
  if (Json distribution = parts_.distribution(); !distribution.is_null()) {
    json["distribution"] = std::move(distribution);
  }
  return json;
}

Json StatusDesk::certificates() const {
  const auto directory = parts_.directory.current();
  const Agency* own = directory->find(parts_.terminal.org);
  return describe_coverage(own == nullptr ? Certificates{} : own->certificates,
                           parts_.clock.now(), parts_.certificate_warning);
}

Json StatusDesk::certificates_ending() const {
  Json ending = Json::array();
  for (Json& item : certificates()) {
    if (item.at("state") != "good") ending.push_back(std::move(item));
  }
  return ending;
}

Json StatusDesk::proofs() {
  const auto count = parts_.database.read([&](Transaction& tx) { return proofs_.count(tx); });
  Json json = {{"awaited", count.awaited}, {"overdue", count.overdue}};
  if (count.oldest) json["oldest"] = count.oldest->text();
  return json;
}

Json StatusDesk::boxes() {
  return parts_.database.read([&](Transaction& tx) {
    const auto sendings = outbox_.count_by_state(tx);
    const auto mails = inbox_.count_by_state(tx);
    Json json = {{"outbox", describe_counts(sendings)},
                 {"packages", describe_counts(outbox_.count_packages(tx))},
                 {"inbox", describe_counts(mails)}};
    std::optional<Time> oldest;
    const auto look = [&](const auto& count) {
      if (waits(count.state) && (!oldest || count.oldest < *oldest)) oldest = count.oldest;
    };
    std::for_each(sendings.begin(), sendings.end(), look);
    std::for_each(mails.begin(), mails.end(), look);
    if (oldest) json["oldest_waiting"] = oldest->text();
    return json;
  });
}

Json StatusDesk::describe_keyholder() const {
  const Result<void> ready = check_modules(parts_.keyholder);
  if (ready) return {{"ready", true}};
  return {{"ready", false}, {"reason", yizhan::describe(ready.refusal())}};
}

Json StatusDesk::describe_engine() const {
  const Result<EngineVersion> version = parts_.engine.ready();
  if (!version) return {{"ready", false}, {"reason", yizhan::describe(version.refusal())}};
  Json json = {{"ready", true},
               {"engine", version->engine},
               {"signatures_version", version->signatures_version}};
  if (version->signatures_time) json["signatures_time"] = version->signatures_time->text();
  return json;
}

Json StatusDesk::describe_directory(const Directory& directory) const {
  return {{"version", directory.version()},
          {"issued", directory.issued().text()},
          {"expires", directory.expires().text()},
          {"expired", directory.expires() <= parts_.clock.now()}};
}

}  // namespace yizhan
