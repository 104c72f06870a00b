#pragma once

#include <functional>

#include "ground/journal/journal.h"
#include "model/mailbox/mailbox.h"

// acknowledge: 收文確認 or 退文 by a person, after the document was handed over.

namespace yizhan {

enum class ReturnKind { kMisdirected, kDefective, kOther };  // 誤送, 疏漏, 其他

std::string_view text_of(ReturnKind kind);  // "misdirected", "defective", "other"
std::string_view title_of(ReturnKind kind);
std::optional<ReturnKind> find_return_kind(std::string_view text);

struct ReturnWish {
  ReturnKind kind;
  std::string note;  // for the sender; must say something where the kind is kOther
};

class Acknowledgement {
 public:
  struct Parts {
    Database& database;
    const TerminalIdentity& terminal;
    Journal& journal;
    const Clock& clock;
    std::function<void()> wake_signing;
  };

  explicit Acknowledgement(Parts parts);

  // Doing the same again is the same. Refuse kNotFound, kStepNotAllowed (before E.1, or after the
  // other of the two), kBadRequest.
  Result<Mail> confirm(const DeliveryId& id, const std::string& person);
  Result<Mail> return_document(const DeliveryId& id, const std::string& person,
                               const ReturnWish& wish);

 private:
  Result<Mail> find_for(Transaction& tx, const DeliveryId& id, const std::string& person,
                        MailState wanted);
  void enter(Transaction& tx, Mail& mail, EvidenceType type, const std::string& note);

  Parts parts_;
  InboxStore inbox_;
  EvidenceStore evidence_;
};

}  // namespace yizhan
