#pragma once

#include "model/agency/agency.h"

namespace yizhan {

// Whichever comes first: the directory's end, or the certificate's own.
Time end_of(const RegisteredCertificate& one);

// An expired certificate leaves the address book three months after its end, on that day of the
// month in Taipei.
bool is_listed(Time ends, Time now);

// Whether whoever writes a letter is still shown that agency: by the keys to which it would be
// sealed, those of its representative where it has one. One that never had any is listed: it is
// only about to begin.
bool is_listed(const Directory& directory, const Agency& agency, Time now);

}  // namespace yizhan
