#pragma once

#include "model/line/line.h"
#include "model/mailbox/mailbox.h"

namespace yizhan {

// Signed E and F evidence goes to the centre: completion or acknowledgement. It is handed in again
// until the centre has taken or refused it.
class HandingIn {
 public:
  struct Parts {
    Database& database;
    CentreLine& centre;
    const Clock& clock;
    std::string centre_code = {};
  };

  explicit HandingIn(Parts parts);

  // Hands in the next evidence that is due. false when none is. One thread only.
  bool work();

 private:
  void settle(HandIn hand_in, const Sha256& evidence, const Result<State>& answer);

  Parts parts_;
  InboxStore inbox_;
  EvidenceStore evidence_;
};

}  // namespace yizhan
