#pragma once

#include <filesystem>

#include "role/terminal/bell.h"
#include "role/terminal/document_check.h"
#include "role/terminal/export_desk.h"
#include "role/terminal/status.h"
#include "way/acknowledge/acknowledge.h"
#include "way/draft/draft.h"

namespace yizhan {

// What the routes of api/openapi.yaml call.
struct TerminalDesk {
  Database& database;
  ObjectStore& objects;
  const DirectorySource& directory;
  const Clock& clock;
  Drafting& drafting;
  const DocumentCheck& check;
  Acknowledgement& acknowledgement;
  Withdrawing& withdrawing;
  FollowingUp& following_up;
  ExportDesk& exports;
  StatusDesk& status;
  Bell& bell;
  OrgCode own;
  std::string person;                  // where a request names none
  std::filesystem::path working_days;  // the agency's own tables; empty: none
};

// "機關 單位", or the code where the directory does not know it.
std::string name_in(const Directory& directory, const Addressee& addressee);
// What was done about the recipients of a package.
Json describe_follow_ups(Transaction& tx, const MessageId& message);
Json describe_entry(const HistoryEntry& entry, const MessageId& message,
                    const Directory& directory);

void add_terminal_routes(Router& router, const TerminalDesk& desk);

// Each in its own file.
void add_draft_routes(Router& router, const TerminalDesk& desk);
void add_document_routes(Router& router, const TerminalDesk& desk);
void add_worklist_routes(Router& router, const TerminalDesk& desk);
void add_statistics_routes(Router& router, const TerminalDesk& desk);
void add_inbox_routes(Router& router, const TerminalDesk& desk);
void add_export_routes(Router& router, const TerminalDesk& desk);
void add_address_routes(Router& router, const TerminalDesk& desk);
void add_group_routes(Router& router, const TerminalDesk& desk);
void add_status_routes(Router& router, const TerminalDesk& desk);

}  // namespace yizhan
