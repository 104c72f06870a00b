#pragma once

// The face of duty/connection: 連線異動申請表, from what an agency signs to the directory that comes
// of it.

#include "duty/connection/change_book.h"
#include "duty/connection/change_form.h"
#include "duty/connection/change_of_directory.h"
#include "duty/connection/change_request.h"
#include "duty/connection/change_review.h"
