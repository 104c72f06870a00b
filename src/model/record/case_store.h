#pragma once

#include "ground/store/store.h"
#include "model/record/cases.h"

// Inside model/record.

namespace yizhan {

// The tables cases, case_steps, case_attachments. Steps and attachments are added, nothing else.
class CaseStore {
 public:
  explicit CaseStore(Transaction& tx) : tx_(tx) {}

  void insert(const Case& opened);
  std::optional<Case> find(const CaseId& id);
  std::optional<Case> find_about(const std::string& kind, const std::string& subject);
  std::vector<Case> list(const Cases::Page& page);
  // State, version and time. False: its version is not the one before any more.
  bool save_step(const Case& after);
  void insert_step(const CaseId& id, const CaseStep& step);
  // False: it has a file of that digest already.
  bool insert_attachment(const Case& after, const CaseAttachment& attachment);
  std::vector<CaseStep> history(const CaseId& id);

 private:
  void add_attachments(const CaseId& id, std::vector<CaseStep>& steps);

  Transaction& tx_;
};

}  // namespace yizhan
