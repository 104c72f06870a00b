#pragma once

#include "role/cli/management_line.h"

namespace yizhan {

using SharedLineOptions = std::shared_ptr<ManagementLineOptions>;  // shared by every command below

// `management …`, in files by what they are about.
void add_person_commands(CLI::App& management, Session& session, const SharedLineOptions& shared);
void add_management_notice_commands(CLI::App& management, Session& session,
                                    const SharedLineOptions& shared);
void add_management_certificate_commands(CLI::App& management, Session& session,
                                         const SharedLineOptions& shared);
void add_management_change_commands(CLI::App& management, Session& session,
                                    const SharedLineOptions& shared);
void add_management_incident_commands(CLI::App& management, Session& session,
                                      const SharedLineOptions& shared);
void add_management_supervision_commands(CLI::App& management, Session& session,
                                         const SharedLineOptions& shared);
void add_management_ground_commands(CLI::App& management, Session& session,
                                    const SharedLineOptions& shared);
void add_keeping_commands(CLI::App& management, Session& session, const SharedLineOptions& shared);

}  // namespace yizhan
