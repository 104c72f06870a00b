#include "duty/notice/notice_journal.h"

#include "ground/daemon/daemon.h"

namespace yizhan {

void NoticeJournal::record(Event event, const Fields& fields) {
  parts_.database.transact(
      [&](Transaction& tx) { parts_.journal.record(tx, event, fields, parts_.clock.now()); });
}

void NoticeJournal::received(const UpdateNotice& notice, const Sha256& sha256) {
  const std::string number = std::to_string(notice.number);
  record(Event::kNoticeReceived,
         {{"notice", number}, {"title", notice.title}, {"sha256", sha256.hex()}});
  log(LogLevel::kAct, "notice_received", {{"notice", number}, {"title", notice.title}});
}

void NoticeJournal::answered(const NoticeAnswer& answer) {
  record(Event::kNoticeAnswered, {{"notice", std::to_string(answer.notice)},
                                  {"kind", std::string(text_of(answer.kind))},
                                  {"day", text_of(answer.day)},
                                  {"person", answer.person}});
}

void NoticeJournal::refused(const std::string& path, const Refusal& why) {
  const std::string reason(code_of(why.reason));
  record(Event::kNoticeRefused, {{"notice", path}, {"reason", reason}});
  log(LogLevel::kAct, "notice_refused",
      {{"notice", path}, {"reason", reason}, {"detail", why.detail}});
}

std::vector<Metric> metrics_of(const std::map<NoticeState, int>& counts) {
  Metric notices{"yizhan_update_notices", "update notices in force, by how this centre stands", {}};
  for (const auto& [state, count] : counts) {
    notices.samples.push_back(
        {{{"state", std::string(text_of(state))}}, static_cast<double>(count)});
  }
  return {std::move(notices)};
}

}  // namespace yizhan
