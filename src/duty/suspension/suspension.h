#pragma once

// The face of duty/suspension: orders that suspend, resume and revoke, signed and in force.

#include "duty/suspension/follow.h"
#include "duty/suspension/follow_journal.h"
#include "duty/suspension/order.h"
#include "duty/suspension/order_book.h"
#include "duty/suspension/order_name.h"
