#pragma once

#include "duty/distribution/publishing.h"
#include "ground/journal/journal.h"
#include "ground/monitor/monitor.h"
#include "ground/store/store.h"

namespace yizhan {

// What people must know about publishing: in the journal, and for the operator.
class PublishJournal final : public PublishRecord {
 public:
  struct Parts {
    Database& database;
    const Journal& journal;
    const Clock& clock;
  };

  explicit PublishJournal(Parts parts) : parts_(parts) {}
  void publishing(const std::vector<StagedRole>& roles) override;
  void refused(const std::string& role, const Refusal& why) override;
  // `by`: the account that brought the signatures.
  void signed_by(const StagedRole& role, const std::string& by);

 private:
  const Parts parts_;
};

std::vector<Metric> metrics_of(const PublishStanding& standing);

}  // namespace yizhan
