#pragma once

#include "role/cli/session.h"

namespace yizhan {

struct CentreOptions {
  std::string socket = "/run/yizhan-exchange/operator.sock";
};
using SharedCentreOptions = std::shared_ptr<CentreOptions>;  // shared by every command below

// `centre notices`, `centre notice …`
void add_centre_notice_commands(CLI::App& centre, Session& session,
                                const SharedCentreOptions& shared);
// `centre review`
void add_centre_change_commands(CLI::App& centre, Session& session);
// `centre incidents`, `centre incident …`
void add_centre_incident_commands(CLI::App& centre, Session& session,
                                  const SharedCentreOptions& shared);

}  // namespace yizhan
