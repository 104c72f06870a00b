#include "duty/addresses/firewall.h"

#include <algorithm>

#include "ground/control/control.h"
#include "ground/files/files.h"

namespace yizhan {

namespace {

// By the time of effect, in milliseconds: the order of the names is that of time.
std::filesystem::path list_file(const std::filesystem::path& folder, const AddressList& list) {
  return folder / "lists" / (std::to_string(list.effective().ms()) + ".json");
}

}  // namespace

Json FirewallStanding::describe(const CentreCode& centre) const {
  Json json = {{"centre", centre.text()},
               {"looked", looked.text()},
               {"elements", elements},
               {"restored", restored}};
  if (applied) json["applied"] = applied->text();
  if (effective) json["effective"] = effective->text();
  if (why) json["why"] = {{"code", code_of(why->reason)}, {"detail", why->detail}};
  return json;
}

Result<std::vector<AddressList>> kept_lists(const std::filesystem::path& folder) {
  std::vector<AddressList> lists;
  if (!std::filesystem::exists(folder / "lists")) return lists;
  for (const auto& file : std::filesystem::directory_iterator(folder / "lists")) {
    if (file.path().extension() != ".json") continue;
    lists.push_back(YZ_TRY(AddressList::parse(read_file(file.path(), AddressList::kBytesMax))));
  }
  std::ranges::sort(lists, {}, &AddressList::effective);
  return lists;
}

Firewall::Firewall(Parts parts)
    : parts_(std::move(parts)), state_(parts_.folder / "trusted.json", parts_.first_root) {
  make_directory(parts_.folder / "lists");
  Result<std::vector<AddressList>> lists = kept_lists(parts_.folder);
  if (!lists) {
    throw std::runtime_error("位址清單檔損壞（" + parts_.folder.string() +
                             "/lists）：" + lists.refusal().detail);
  }
  if (!lists->empty()) list_ = std::move(lists->back());
}

Result<FirewallStanding> Firewall::work() {
  const Time now = parts_.clock.now();
  standing_.looked = now;
  standing_.why.reset();
  if (const Result<void> followed = follow(now); !followed) standing_.why = followed.refusal();
  if (coming_ && coming_->effective() <= now) {
    list_ = std::exchange(coming_, std::nullopt);
    write_durably(list_file(parts_.folder, *list_), list_->json());
  }
  if (list_) standing_.effective = list_->effective();
  YZ_TRY(apply(now));
  return standing_;
}

// Only a list that management's officers have signed.
Result<void> Firewall::follow(Time now) {
  TrustClient client(state_, parts_.source);
  YZ_TRY(client.refresh(now));
  const std::int64_t version = client.timestamp().head.version;
  if (whole_ == version) return {};
  const Bytes target = YZ_TRY(client.fetch_target(address_target(parts_.centre)));
  AddressList list = YZ_TRY(AddressList::parse(target));
  YZ_TRY(keep(std::move(list)));
  whole_ = version;
  return {};
}

Result<void> Firewall::keep(AddressList list) {
  if (!upheld("own_address_list", list.centre() == parts_.centre)) {
    return Refusal{Reason::kUnknownCentre, "位址清單屬於 " + list.centre().text()};
  }
  coming_.reset();  // what was to come may have been taken back
  const bool later = !list_ || list.effective() > list_->effective();
  if (later) coming_ = std::move(list);
  return {};
}

Result<void> Firewall::apply(Time now) {
  const Json wanted =
      nft_transaction(parts_.table, list_ ? &*list_ : nullptr, parts_.gates, now);
  const std::string transaction = wanted.dump();
  const Result<Json> before = parts_.nft.list(parts_.table);
  const bool stands = before && nft_standing(*before) == listed_;
  if (stands && transaction == transaction_) return {};
  const bool changed_by_others = !stands && transaction == transaction_;
  YZ_TRY(parts_.nft.apply(wanted));
  listed_ = nft_standing(YZ_TRY(parts_.nft.list(parts_.table)));
  transaction_ = transaction;
  standing_.applied = now;
  standing_.elements = count_elements(wanted);
  standing_.restored += changed_by_others ? 1 : 0;
  return {};
}

}  // namespace yizhan
