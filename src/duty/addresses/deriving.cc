#include "duty/addresses/deriving.h"

#include <algorithm>

namespace yizhan {

namespace {

constexpr std::size_t kExceptionsBytesMax = 4U << 20;

Result<ApprovedException> parse_approved(const Json& json) {
  Members members(json, "exception");
  const auto network = members.parsed<Network>("address", Network::parse);
  const std::string code = members.text("code");
  const AddressException exception{members.text("case"), members.text("ground"),
                                   members.time("until")};
  YZ_TRY(members.check());
  return ApprovedException{*network, code, exception};
}

// Collects entries; an address for which there is an exception stands under it.
class Entries {
 public:
  Entries(std::span<const ApprovedException> exceptions, Time at)
      : exceptions_(exceptions), used_(exceptions.size()), at_(at) {}

  Result<void> add(PeerKind kind, const std::string& code, const std::string& name,
                   std::span<const std::string> addresses) {
    bool any = false;
    for (const std::string& address : addresses) {
      const Network network = YZ_TRY(Network::parse(address));
      entries_.push_back({network, kind, code, name, exception_for(network, code)});
      any = true;
    }
    // Ranges stand in no directory: they come by their exception alone.
    for (std::size_t i = 0; i < exceptions_.size(); ++i) {
      const ApprovedException& approved = exceptions_[i];
      if (used_[i] || approved.code != code) continue;
      used_[i] = true;
      entries_.push_back({approved.network, kind, code, name, approved.exception});
      any = true;
    }
    if (any) return {};
    return Refusal{Reason::kUnlistedAddress, name + "（" + code + "）於通訊目錄未登錄位址"};
  }

  Result<std::vector<AddressEntry>> take() {
    for (std::size_t i = 0; i < exceptions_.size(); ++i) {
      const ApprovedException& approved = exceptions_[i];
      const std::string what = approved.exception.case_id + "（" + approved.code + "）";
      if (!used_[i]) return Refusal{Reason::kNotFound, "例外 " + what + " 不屬本中心之任何連線者"};
      if (approved.exception.until <= at_) {
        return Refusal{Reason::kNotFound, "例外 " + what + " 已於 " +
                                              approved.exception.until.text() + " 到期；請刪除或重新核備"};
      }
    }
    return std::move(entries_);
  }

 private:
  std::optional<AddressException> exception_for(const Network& network, const std::string& code) {
    for (std::size_t i = 0; i < exceptions_.size(); ++i) {
      if (exceptions_[i].network != network || exceptions_[i].code != code) continue;
      used_[i] = true;
      return exceptions_[i].exception;
    }
    return std::nullopt;
  }

  std::span<const ApprovedException> exceptions_;
  std::vector<bool> used_;
  Time at_;
  std::vector<AddressEntry> entries_;
};

}  // namespace

Result<std::vector<ApprovedException>> parse_exceptions(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kExceptionsBytesMax}));
  if (!json.is_array()) return Refusal{Reason::kMalformed, "例外清單須為陣列"};
  std::vector<ApprovedException> exceptions;
  for (const Json& item : json) exceptions.push_back(YZ_TRY(parse_approved(item)));
  return exceptions;
}

Result<AddressList> derive_addresses(const Directory& directory, const CentreCode& centre,
                                     std::span<const ApprovedException> exceptions, Time at) {
  if (directory.find(centre) == nullptr) return Refusal{Reason::kUnknownCentre, centre.text()};
  Entries entries(exceptions, at);
  for (const auto& [code, agency] : directory.agencies()) {
    const bool serves = agency.standing == Standing::kActive && agency.is_served_by(centre, at);
    // Who has a representative needs no terminal. Where there is one, it comes for what was sealed
    // to its own key before.
    const bool needs_none = agency.representative && agency.representative->in_force(at) &&
                            agency.addresses.empty();
    if (!serves || needs_none) continue;
    YZ_TRY(entries.add(PeerKind::kTerminal, code.text(), agency.name, agency.addresses));
  }
  for (const auto& [code, other] : directory.centres()) {
    const bool comes =
        code != centre && other.standing == Standing::kActive && other.centre_port > 0;
    if (!comes) continue;
    YZ_TRY(entries.add(PeerKind::kCentre, code.text(), other.name, other.addresses));
  }
  return AddressList::make(centre, at, YZ_TRY(entries.take()));
}

}  // namespace yizhan
