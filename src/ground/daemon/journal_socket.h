#pragma once

#include <string>
#include <utility>
#include <vector>

// The native protocol of systemd's journal (systemd.io/JOURNAL_NATIVE_PROTOCOL): each field of a
// line is a field there, so `journalctl YIZHAN_MESSAGE=…` finds all that was said of one document.

namespace yizhan {

using JournalFields = std::vector<std::pair<std::string, std::string>>;

inline constexpr const char* kJournalSocket = "/run/systemd/journal/socket";

// Whether standard error goes to the journal (JOURNAL_STREAM of systemd.exec(5)).
bool stderr_is_journal();
// One datagram. False: nobody listens, or it is too long; say it elsewhere.
bool send_to_journal(const std::string& socket, const JournalFields& fields);

}  // namespace yizhan
