#pragma once

// The face of duty/notice: update notices of management, and what centres plan and have done.

#include "duty/notice/notice_answer.h"
#include "duty/notice/notice_book.h"
#include "duty/notice/notice_journal.h"
#include "duty/notice/received_notices.h"
#include "duty/notice/update_notice.h"
