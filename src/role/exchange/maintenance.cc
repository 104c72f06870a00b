#include "role/exchange/maintenance.h"

#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kTextBytesMax = 500;
constexpr std::size_t kFileBytesMax = 16U << 10;

std::string until_text(const Maintenance& maintenance) {
  return maintenance.until ? maintenance.until->text() : "";
}

std::optional<Maintenance> left_in(const std::filesystem::path& file) {
  const auto bytes = find_file(file, kFileBytesMax);
  if (!bytes) return std::nullopt;
  auto maintenance = Maintenance::parse(*bytes);
  if (!maintenance) {
    throw std::runtime_error(file.string() + " 無法解讀：" + maintenance.refusal().detail +
                             "；確認中心可受理後請移除此檔");
  }
  return std::move(*maintenance);
}

}  // namespace

Result<Maintenance> Maintenance::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kFileBytesMax, .depth_max = 2}));
  Members members(json, "maintenance");
  Maintenance maintenance{members.text("person"), members.text("reason"), members.time("since"),
                          {}};
  if (members.has("until")) maintenance.until = members.time("until");
  YZ_TRY(members.check());
  return maintenance;
}

Json Maintenance::describe() const {
  Json json = {{"person", person}, {"reason", reason}, {"since", since.text()}};
  if (until) json["until"] = until->text();
  return json;
}

MaintenanceDesk::MaintenanceDesk(Parts parts)
    : parts_(std::move(parts)), current_(left_in(parts_.file)) {}

std::optional<Maintenance> MaintenanceDesk::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Result<void> MaintenanceDesk::check_open() const {
  const auto maintenance = current();
  if (!maintenance) return {};
  std::string detail = "交換中心維護中，暫不受理新件：" + maintenance->reason;
  if (maintenance->until) detail += "（預計 " + maintenance->until->text() + " 恢復）";
  return Refusal{Reason::kUnavailable, detail + "；公文於恢復後自動送出"};
}

Result<Maintenance> MaintenanceDesk::begin(Maintenance wish) {
  for (const std::string* text : {&wish.person, &wish.reason}) {
    if (text->empty() || text->size() > kTextBytesMax) {
      return Refusal{Reason::kBadRequest, "請載明辦理人員（person）與原因（reason），各至多 500 位元組"};
    }
  }
  const std::lock_guard lock(mutex_);
  wish.since = current_ ? current_->since : parts_.clock.now();
  parts_.database.transact([&](Transaction& tx) {
    parts_.journal.record(tx, Event::kMaintenanceBegun,
                          {{"person", wish.person},
                           {"reason", wish.reason},
                           {"until", until_text(wish)}},
                          parts_.clock.now());
  });
  write_durably(parts_.file, canonical_json(wish.describe()));
  current_ = wish;
  return wish;
}

void MaintenanceDesk::end(const std::string& person) {
  const std::lock_guard lock(mutex_);
  if (!current_) return;
  parts_.database.transact([&](Transaction& tx) {
    parts_.journal.record(tx, Event::kMaintenanceEnded,
                          {{"person", person}, {"reason", current_->reason},
                           {"until", until_text(*current_)}},
                          parts_.clock.now());
  });
  remove_file_durably(parts_.file);
  current_.reset();
}

}  // namespace yizhan
