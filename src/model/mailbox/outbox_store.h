#pragma once

#include <optional>
#include <vector>

#include "ground/store/store.h"
#include "model/mailbox/sending.h"

namespace yizhan {

// 發文字號 of one sender and year belongs to one document.
struct NumberClaim {
  OrgCode sender;
  std::string year;
  std::string number;
  DocumentId document;
};

struct OutgoingBody {
  MessageId message;
  Sha256 cipher_root;
};

class OutboxStore {
 public:
  // The sending of this order: the one that is there when the same key came with the same content
  // before. Refuses kIdempotencyMismatch (the same key, other content), and what order.check()
  // refuses.
  Result<Sending> add(Transaction& tx, const SendingOrder& order, Time now);
  std::optional<Sending> find(Transaction& tx, const DocumentId& id);
  // The oldest that is to be validated, scanned or sealed.
  std::optional<DocumentId> next_to_seal(Transaction& tx, Time now);
  void save(Transaction& tx, const Sending& sending);
  // Only before it is sealed. kNotFound, kStepNotAllowed.
  Result<void> cancel(Transaction& tx, const DocumentId& id);

  struct Page {
    std::optional<SendingState> state = {};
    std::string before = {};  // an id: only older ones
    std::int64_t count_max = 50;
  };
  std::vector<Sending> list(Transaction& tx, const Page& page);  // the newest first

  void add(Transaction& tx, const OutgoingPackage& package);
  std::optional<OutgoingPackage> find(Transaction& tx, const MessageId& id);
  std::vector<OutgoingPackage> packages_of(Transaction& tx, const DocumentId& document);
  // 最速件 first, then 速件, then the others; each by its turn. Those too whose A.1 has not come.
  std::optional<MessageId> next_to_submit(Transaction& tx, Time now);
  // The centre may have them, and no evidence of it is here.
  std::vector<MessageId> handed_in_without_evidence(Transaction& tx);
  void save(Transaction& tx, const OutgoingPackage& package);
  // Its A.1 is here.
  bool is_accepted(Transaction& tx, const MessageId& id);
  // Whether a package still needs that body: until it is accepted and all recipients are at their
  // end, its centre may come back from an older copy without it.
  bool needs_body(Transaction& tx, const Sha256& cipher_root);
  // Packages that need theirs no more, while it is noted as kept.
  std::vector<OutgoingBody> bodies_to_clear(Transaction& tx, int count_max);
  void set_body_cleared(Transaction& tx, const MessageId& id);

  void add(Transaction& tx, const OutgoingRecipient& recipient);
  std::vector<OutgoingRecipient> recipients_of(Transaction& tx, const MessageId& message);
  void save(Transaction& tx, const OutgoingRecipient& recipient);

  std::optional<DocumentId> find_number(Transaction& tx, const NumberClaim& claim);  // its owner
  // kNumberReused; the same document may claim again.
  Result<void> claim_number(Transaction& tx, const NumberClaim& claim);
  // A resend keeps the number: it passes from the earlier document to this one.
  void pass_number(Transaction& tx, const NumberClaim& claim);

  struct StateCount {
    std::string state;
    std::int64_t count;
    Time oldest;
  };
  std::vector<StateCount> count_by_state(Transaction& tx);  // of sendings
  std::vector<StateCount> count_packages(Transaction& tx);
  // Of the recipients of one document, all its packages together.
  std::vector<StateCount> count_recipients(Transaction& tx, const DocumentId& document);
};

}  // namespace yizhan
