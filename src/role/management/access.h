#pragma once

#include <optional>

#include "ground/net/net.h"
#include "ground/session/session.h"
#include "model/agency/agency.h"
#include "model/person/person.h"

// Who may do what over the routes for people: docs/protocol/management.md.

namespace yizhan {

// Who asks, as found before the route is entered.
struct Caller {
  std::string who;              // for the journal: an account's name, or "host:UID"
  std::set<std::string> roles;  // as on the account
  std::string scope;            // as on the account; "": everywhere
  std::string token;            // of the session, or empty
  std::string address;
};

enum class Door {
  kAnybody,   // who is not logged in yet
  kLoggedIn,  // whatever their roles
  kAct,       // whose roles may the route's act
};

// A line of the table of routes.
struct Access {
  Method method;
  std::string_view pattern;
  Door door;
  Act act = Act::kSeeBoard;  // kAct only
  // Also whoever opens the operators' socket on this host without a session: so the first account
  // is opened, and lost ones are recovered. Journalled as the host's user.
  bool host = false;
};

// Every route for people, once.
std::span<const Access> access_table();

// The caller, if the line lets them in. Refuses kNotLoggedIn, kRoleMissing.
Result<Caller> admit(const Access& access, const Request& request, Sessions& sessions);

// Roles on an account that some caller opens, changes or recovers.
struct Reach {
  std::set<std::string> roles;
  std::string scope;
};
// Who keeps accounts reaches no further than their own: officers of management everywhere; who
// keeps a centre's accounts, those of its people and of its agencies' in their scope; who keeps an
// agency's, its own. Refuses kRoleMissing, kBadRequest (a role that is none).
Result<void> check_reach(const Caller& caller, const Reach& reach, const Directory& directory);

}  // namespace yizhan
