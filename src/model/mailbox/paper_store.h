#pragma once

#include <span>
#include <vector>

#include "ground/store/store.h"
#include "model/mailbox/paper_recipient.h"

namespace yizhan {

class PaperStore {
 public:
  // In place of those that were there.
  void replace(Transaction& tx, const DocumentId& document,
               std::span<const PaperRecipient> recipients, Time now);
  // As the document has them.
  std::vector<PaperRecipient> of_document(Transaction& tx, const DocumentId& document);

  struct Listed {
    DocumentId document;
    std::string subject;
    std::string number;
    Time sealed;
    PaperRecipient recipient;
  };
  // Set apart since then; the oldest first.
  std::vector<Listed> since(Transaction& tx, Time since, std::int64_t count_max);
};

}  // namespace yizhan
