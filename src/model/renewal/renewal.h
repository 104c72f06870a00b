#pragma once

#include <memory>
#include <span>

#include "model/agency/agency.h"

// Certificates of one holder that follow each other: which key to use, when to ask for the next.

namespace yizhan {

// shared_ptr: the keyholder's client hands its keys out so; connections hold one too.
using KeyGenerations = std::vector<std::shared_ptr<SigningKey>>;

// Of the generations of a key (at least one, oldest first) the one to use now: registered for that
// purpose and in force, within its own validity, registered last. The oldest where there is none:
// what it makes is then refused for the true reason.
std::shared_ptr<SigningKey> choose_key(const KeyGenerations& generations,
                                       const Certificates& registered, Purpose purpose, Time now);

// How long a holder is registered for one purpose: until the last of its certificates ends, by
// itself or by the directory.
struct Coverage {
  Purpose purpose;
  std::string holder;  // of an officer's; else empty
  Time until;
};
std::vector<Coverage> coverage_of(const Certificates& registered);

// [{use, holder?, until, state}] by purpose. `state`: "good", "soon" within `warning` of its end,
// "expired".
Json describe_coverage(const Certificates& registered, Time now, Milliseconds warning);

}  // namespace yizhan
