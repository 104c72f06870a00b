#pragma once

#include "ground/trust/repository.h"

// Changes to a repository. Each is staged without a signature; officers sign it one by one,
// wherever they are (SignedMetadata::sign), and what enough of them have signed is published.

namespace yizhan {

struct DelegatedRole {
  std::string role;
  std::vector<std::string> paths;
  std::int64_t threshold = 2;
};

struct Founding {
  std::vector<Certificate> officers;
  std::int64_t threshold = 2;
  Certificate online;                // signs snapshot and timestamp
  std::vector<DelegatedRole> roles;  // by the same officers
};

// Root and targets, version 1. Refuses kConflict (there is a repository), kBadRequest (fewer
// officers than the threshold, or one twice), kAlgorithmRefused.
Result<void> stage_founding(const Repository& repository, const Founding& founding,
                            const Validity& validity, Time now);

// The role that is in charge of a path: the first that covers it among those of targets, and on
// among those of that one; else targets itself.
Result<std::string> role_for(const Repository& repository, const std::string& path);

struct TargetChange {
  std::string path;
  std::optional<Bytes> bytes;  // nullopt: it is withdrawn
};

// The next version of the role in charge of the path, with the change; more changes before it is
// published go into the same version and drop the signatures that it had. Answers the role.
// Refuses kBadRequest, kNotFound (nothing to withdraw).
Result<std::string> stage_target(const Repository& repository, const TargetChange& change,
                                 const Validity& validity, Time now);

// A part of a role's paths, given to officers of its own: "orders/CENTRE-1" below "orders".
struct RolePart {
  DelegatedRole role;
  std::vector<Certificate> officers;
};

// The next version of the role above with that delegation, in place of one of the same name; and
// of the role itself where its new officers have not signed what is published of it. Answers the
// staged roles. Refuses kBadRequest (no part of a role; fewer officers than the threshold, or one
// twice), kNotFound (no such role above), kAlgorithmRefused.
Result<std::vector<std::string>> stage_part(const Repository& repository, const RolePart& part,
                                            const Validity& validity, Time now);

struct Rotation {
  std::optional<Certificate> removed;
  std::optional<Certificate> added;
  std::optional<Certificate> online;  // takes the place of the one before
};

// The next root, and where officers change the next targets, and the next version of every role
// that would lack signatures without the one who leaves. Answers the staged roles.
// Refuses kBadRequest, kNotFound (removed: none of the officers), kAlgorithmRefused.
Result<std::vector<std::string>> stage_rotation(const Repository& repository,
                                                const Rotation& rotation, const Validity& validity,
                                                Time now);

// Another version of the same content, before it expires.
Result<void> stage_renewal(const Repository& repository, const std::string& role,
                           const Validity& validity, Time now);

// Publishes what is staged (of `roles`; empty: all of it) with a new snapshot and timestamp.
// Nothing is written unless all of it holds: versions that follow, each role's threshold under the
// root and the delegations that come into force with it, nothing expired. Answers what was
// published. Refuses kThresholdNotMet (detail names the role and who is missing), kConflict,
// kMetadataExpired, kForbidden (`online` is not the online key), kBadRequest (nothing is staged).
Result<std::vector<std::string>> publish(const Repository& repository,
                                         const std::vector<std::string>& roles, SigningKey& online,
                                         Time now);

// What publish() would publish now, judged as it does; nothing is written. Refuses as publish(),
// but for what concerns the online key.
Result<std::vector<std::string>> check_publishable(const Repository& repository,
                                                   const std::vector<std::string>& roles,
                                                   Time now);

// A new timestamp over the same snapshot, so that everybody knows that nothing is withheld; a new
// snapshot too once half its time is over. Refuses kNotFound, kForbidden.
Result<void> publish_timestamp(const Repository& repository, SigningKey& online,
                               const Validity& validity, Time now);

}  // namespace yizhan
