#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ground/json/json.h"
#include "model/evidence/evidence.h"
#include "model/journey/journey.h"

// 收文匣: what was consigned to this agency.

namespace yizhan {

enum class MailState {
  kConsigned,  // D.1; to be fetched
  kLeased,     // being fetched and opened
  kReceived,   // E.1: its parts are here
  kConfirmed,  // F.1 收文確認
  kReturned,   // F.2 退文
  kRefused,    // E.2: not handed over, see `why`
  kElsewhere,  // received by another terminal of this agency
  kEnded,      // the centre ended it before it was received (withdrawn, expired …)
};

std::string_view text_of(MailState state);
std::string_view title_of(MailState state);
std::optional<MailState> find_mail_state(std::string_view text);

struct Mail {
  DeliveryId id;
  MessageKey message;
  Addressee recipient;
  MailState state;
  std::optional<Refusal> why;  // why it waits, was refused or ended
  Time since;                  // of the state
  std::int64_t attempts;
  Time due;

  std::string lease_key;           // ours, made once
  std::optional<LeaseMark> lease;  // the last one given to us
  Time consigned;                  // 收文 time: D.1's

  // Once received.
  std::optional<DocumentId> document = {};
  std::optional<Time> accepted = {};  // 發文 time: A.1's
  std::optional<Time> received = {};
  std::optional<Urgency> urgency = {};  // before that as the centre tells it
  std::string subject = {};
  std::string number = {};
  std::string type = {};
  std::string secrecy = {};
  std::string person = {};  // who confirmed or returned it
  std::string note = {};
  std::optional<Sha256> consignment = {};  // the object with what came beside the body, for export
  std::string centre = {};                 // that has it in its inbox for us

  [[nodiscard]] Json describe() const;
};

}  // namespace yizhan
