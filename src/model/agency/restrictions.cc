#include "model/agency/restrictions.h"

#include <algorithm>

#include "ground/control/control.h"
#include "model/agency/directory.h"

namespace yizhan {

namespace {

using Revoked = std::map<Sha256, std::vector<const Restriction*>>;

bool is_theirs(const Restriction& restriction, const Agency& agency) {
  return !restriction.by ||
         upheld("centre_orders_own", agency.is_served_by(*restriction.by, restriction.since));
}

bool has(const Certificates& certificates, const Sha256& sha256) {
  return std::ranges::any_of(certificates, [&](const RegisteredCertificate& item) {
    return item.certificate.sha256() == sha256;
  });
}

void add_text(std::string& to, const std::string& more) { to += (to.empty() ? "" : "；") + more; }

template <class Party>
void suspend(Party& party, const Restriction& restriction) {
  if (party.standing != Standing::kActive && party.suspended_by.empty()) return;
  party.standing = Standing::kSuspended;
  add_text(party.suspended_by, restriction.why);
}

// What was signed and accepted before stays what it was then.
template <class Counts>
void revoke(Certificates& certificates, const Revoked& revoked, Counts counts) {
  for (RegisteredCertificate& item : certificates) {
    const auto found = revoked.find(item.certificate.sha256());
    if (found == revoked.end()) continue;
    for (const Restriction* one : found->second) {
      if (counts(*one)) item.until = std::min(item.until, one->since);
    }
  }
}

std::string with_order(const std::string& name, const std::string& order) {
  return order.empty() ? name : name + "（" + order + "）";
}

}  // namespace

std::string Agency::suspended_text() const { return with_order(name, suspended_by); }

std::string Centre::suspended_text() const { return with_order(name, suspended_by); }

bool Directory::concerns(const Restriction& restriction) const {
  if (const auto* centre = std::get_if<CentreCode>(&restriction.subject)) {
    return !restriction.by && find(*centre) != nullptr;
  }
  if (const auto* org = std::get_if<OrgCode>(&restriction.subject)) {
    const Agency* agency = find(*org);
    return agency != nullptr && is_theirs(restriction, *agency);
  }
  const auto& sha256 = std::get<Sha256>(restriction.subject);
  const bool of_agency = std::ranges::any_of(agencies_, [&](const auto& one) {
    return has(one.second.certificates, sha256) && is_theirs(restriction, one.second);
  });
  return of_agency || (!restriction.by && std::ranges::any_of(centres_, [&](const auto& one) {
                         return has(one.second.certificates, sha256);
                       }));
}

Directory Directory::restricted(const Restrictions& restrictions) const {
  Directory over = *this;
  Revoked revoked;
  for (const Restriction& one : restrictions) {
    if (const auto* sha256 = std::get_if<Sha256>(&one.subject)) {
      revoked[*sha256].push_back(&one);
    } else if (!concerns(one)) {
      continue;
    } else if (const auto* org = std::get_if<OrgCode>(&one.subject)) {
      suspend(over.agencies_.at(*org), one);
    } else {
      suspend(over.centres_.at(std::get<CentreCode>(one.subject)), one);
    }
  }
  if (revoked.empty()) return over;
  for (auto& [code, agency] : over.agencies_) {
    revoke(agency.certificates, revoked,
           [&](const Restriction& one) { return is_theirs(one, agency); });
  }
  for (auto& [code, centre] : over.centres_) {
    revoke(centre.certificates, revoked, [](const Restriction& one) { return !one.by; });
  }
  return over;
}

}  // namespace yizhan
