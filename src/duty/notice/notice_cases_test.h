#pragma once

#include "duty/notice/notice.h"
#include "duty/notice/notice.h"
#include "tests/support/clause.h"
#include "tests/support/small_exchange.h"
#include "tests/support/small_repository.h"
#include "tests/support/temporary_folder.h"

// Notices of a SmallRepository, and a client that looks for them. kTestNow is Sunday 2026-11-22; a
// week later is no working day either, so a plan may still come on Monday 2026-11-30.

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

class NoticeRepository {
 public:
  explicit NoticeRepository(std::filesystem::path folder)
      : repository_(folder, kTestNow), source_(folder) {
    repository_.found();
    TrustedState::Content content;
    content.root = repository_.bytes_at(metadata_location(kRootRole, 1));
    state_.save(std::move(content));
  }
  void put(const UpdateNotice& notice) {
    repository_.put(notice.path(), text_of(notice.json()));
  }
  void put(const std::string& path, std::string_view text) { repository_.put(path, text); }
  void withdraw(const std::string& path) {
    ASSERT_TRUE(stage_target(repository_.repository, {path, std::nullopt}, {}, kTestNow));
    repository_.publish_signed(repository_.two());
  }
  // What `take` does with a client that has looked.
  Result<void> look(Time now, const std::function<Result<void>(TrustClient&)>& take) {
    TrustClient client(state_, source_);
    YZ_TRY(client.refresh(now));
    return take(client);
  }

 private:
  SmallRepository repository_;
  FolderSource source_;
  TrustedState state_{{}, Bytes()};
};

}  // namespace yizhan
