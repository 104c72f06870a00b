#pragma once

// The face of model/mailbox: the terminal's 發文匣 and 收文匣, and what it asks of others.

#include "model/mailbox/follow_up.h"
#include "model/mailbox/follow_up_store.h"
#include "model/mailbox/history.h"
#include "model/mailbox/inbox_store.h"
#include "model/mailbox/judge.h"
#include "model/mailbox/mail.h"
#include "model/mailbox/outbox_store.h"
#include "model/mailbox/paper_recipient.h"
#include "model/mailbox/paper_store.h"
#include "model/mailbox/recipient_group.h"
#include "model/mailbox/recipient_group_store.h"
#include "model/mailbox/recipient_state.h"
#include "model/mailbox/rejection.h"
#include "model/mailbox/sending.h"
#include "model/mailbox/statistics.h"
#include "model/mailbox/terminal.h"
