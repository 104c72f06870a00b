#include "model/renewal/renewal.h"

#include <algorithm>

namespace yizhan {

std::shared_ptr<SigningKey> choose_key(const KeyGenerations& generations,
                                       const Certificates& registered, Purpose purpose, Time now) {
  YZ_ASSERT(!generations.empty());
  std::shared_ptr<SigningKey> chosen = generations.front();
  std::optional<Time> since;
  for (const RegisteredCertificate& item : registered) {
    const bool usable = item.purpose == purpose && item.in_force(now) &&
                        item.certificate.not_before() <= now && now < item.certificate.not_after();
    if (!usable || (since && item.from <= *since)) continue;
    const auto own = std::find_if(generations.begin(), generations.end(), [&](const auto& key) {
      return key->certificate() == item.certificate;
    });
    if (own == generations.end()) continue;
    chosen = *own;
    since = item.from;
  }
  return chosen;
}

std::vector<Coverage> coverage_of(const Certificates& registered) {
  std::vector<Coverage> all;
  for (const RegisteredCertificate& item : registered) {
    // Each officer signs for himself; a machine's name may change with its key.
    const std::string holder = item.purpose == Purpose::kOfficer ? item.holder : std::string();
    const Time until = std::min(item.until, item.certificate.not_after());
    const auto known = std::find_if(all.begin(), all.end(), [&](const Coverage& one) {
      return one.purpose == item.purpose && one.holder == holder;
    });
    if (known == all.end()) {
      all.push_back({item.purpose, holder, until});
    } else {
      known->until = std::max(known->until, until);
    }
  }
  return all;
}

Json describe_coverage(const Certificates& registered, Time now, Milliseconds warning) {
  Json items = Json::array();
  for (const Coverage& one : coverage_of(registered)) {
    const char* const ahead = one.until - now <= warning ? "soon" : "good";
    Json item = {{"use", text_of(one.purpose)},
                 {"until", one.until.text()},
                 {"state", one.until <= now ? "expired" : ahead}};
    if (!one.holder.empty()) item["holder"] = one.holder;
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace yizhan
