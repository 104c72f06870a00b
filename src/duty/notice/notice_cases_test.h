#pragma once

#include "duty/notice/notice.h"
#include "tests/support/clause.h"
#include "tests/support/followed_repository.h"
#include "tests/support/small_exchange.h"
#include "tests/support/temporary_folder.h"

// Notices. kTestNow is Sunday 2026-11-22; a week later is no working day either, so a plan may
// still come on Monday 2026-11-30.

namespace yizhan {

inline Day day(std::string_view text) { return find_day(text).value(); }

inline UpdateNotice openssl_notice(std::int64_t number = 7) {
  return {number,
          "OpenSSL 修補",
          "CVE-2026-0001",
          "無",
          "全部通過",
          day("2026-11-22"),
          {"https://www.debian.org/security/"}};
}

inline void put(FollowedRepository& repository, const UpdateNotice& notice) {
  repository.put(notice.path(), text_of(notice.json()));
}

}  // namespace yizhan
