#pragma once

#include "duty/notice/received_notices.h"
#include "ground/journal/journal.h"
#include "ground/monitor/monitor.h"
#include "ground/store/store.h"

namespace yizhan {

// What a centre's people must know about notices: in the journal, and for its operator.
class NoticeJournal final : public NoticeAlarm {
 public:
  struct Parts {
    Database& database;
    const Journal& journal;
    const Clock& clock;
  };

  explicit NoticeJournal(Parts parts) : parts_(parts) {}
  void received(const UpdateNotice& notice, const Sha256& sha256) override;
  void answered(const NoticeAnswer& answer) override;
  void refused(const std::string& path, const Refusal& why) override;

 private:
  void record(Event event, const Fields& fields);

  const Parts parts_;
};

std::vector<Metric> metrics_of(const std::map<NoticeState, int>& counts);

}  // namespace yizhan
