#pragma once

#include <span>

#include "duty/connection/change_request.h"

namespace yizhan {

// For so long after its end an agency that is merged, dissolved or goes by another code still
// fetches what was sealed for its own key. Then it is closed.
constexpr Milliseconds kWindingUp = kFormerCentreServes;

Time effective_time(const ChangeRequest& request);
Time closing_time(const ChangeRequest& request);  // of one that ends_code()

// Whether it fits who is there. Refuses kUnknownAgency, kUnknownCentre, kAgencyClosed (agency,
// centre, successor or supervisor), kConflict: the new code is another's, the successor is itself
// represented, others still receive through the agency that goes, or the supervisor is below it.
Result<void> check_change(const ChangeRequest& request, const Directory& directory);

// The directory that approved requests make of this one from edition.issued on, in the order in
// which they take effect; done again, each changes nothing. `issued`: certificates for keys that
// came with a certificate request only. Entries are never taken out: certificates get an end,
// agencies that go are closed, and earlier editions stay signed.
//
//  new: stands in it.  name, addresses: replaced.  certificates: registered from then on until they
//  end; those before them stay for kWindingUp.  code: the new one is a new agency with units and
//  name of the old one, which receives for the old one.  merge, dissolve: nothing is sealed to its
//  key any more; a successor receives for it, and takes it to its own centre.  Whom it supervised,
//  and the centres that it ran, are its heir's: the new code's or the successor's.
//
// Refuses kStepNotAllowed: one is not in effect by then; kCertificateUnregistered: an issued
// certificate is missing; kUnknownAgency; kConflict: its new code is another's by now; and as
// Directory::parse(): what no node would take.
struct DirectoryChange {
  std::vector<ChangeRequest> requests;
  std::vector<Certificate> issued;
  DirectoryEdition edition;
};
Result<Directory> changed_directory(const Directory& directory, const DirectoryChange& change);

// Whether the directory says already what the request makes of it at that time. False before.
bool is_in_effect(const ChangeRequest& request, const Directory& directory, Time at);

// What an officer who is to sign the second sees: a line for each centre and agency that came or is
// another.
std::vector<std::string> changes_between(const Directory& before, const Directory& after);

}  // namespace yizhan
