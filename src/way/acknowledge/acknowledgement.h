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

  // What was confirmed may still be returned: 誤送 is often seen only when the officer reads it.
  // The request is its own idempotency key: the same again (person, kind and note) has the same
  // answer, another is kConflict. Refuse also kNotFound, kBadRequest, kStepNotAllowed (before E.1;
  // confirming what was returned).
  Result<Mail> confirm(const DeliveryId& id, const std::string& person);
  Result<Mail> return_document(const DeliveryId& id, const std::string& person,
                               const ReturnWish& wish);

 private:
  // What is to become of a mail.
  struct Wish {
    MailState state;
    std::string person;
    std::string note;  // as F states it
  };
  static Result<bool> is_repeated(const Mail& mail, const Wish& wish);
  Result<Mail> require(Transaction& tx, const DeliveryId& id);
  void enter(Transaction& tx, Mail& mail, const Wish& wish);

  Parts parts_;
  InboxStore inbox_;
  EvidenceStore evidence_;
};

}  // namespace yizhan
