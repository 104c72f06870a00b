#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/document/instance.h"
#include "model/document/roster.h"

// What no type definition can check: document, roster and files against each other, the calendar,
// the address book and policy.

namespace yizhan {

// What a file beside the document is sent as.
enum class FileRole {
  kAttachment,
  kMessage,    // 文書訊息 (DM): why a document is sent again
  kRendition,  // 內含本文與附件之可攜式文件, for the recipients that name it
};

// A file that stands beside the document. Neither the DI nor the SW itself.
struct AttachmentFact {
  std::string name;
  std::uint64_t size = 0;
  FileRole role = FileRole::kAttachment;
};

// What the checks need to know of the directory.
struct AddressBookView {
  virtual ~AddressBookView() = default;
  // The formal name of an active agency, or of its unit if unit_code is not empty.
  [[nodiscard]] virtual std::optional<std::string> find_name(
      const std::string& org_code, const std::string& unit_code) const = 0;
};

struct CheckPolicy {
  const AddressBookView* address_book = nullptr;  // nullptr: names and codes are not compared
  std::optional<RocDate> today;                   // empty: the date is not compared
  std::chrono::days future_max{1};
  std::chrono::days past_max{366};
  bool classified_allowed = false;  // 密等: only where an approved channel exists
};

// Empty when all agrees. `roster` may be nullptr.
std::vector<Issue> cross_check(const Document& document, const Roster* roster,
                               const std::vector<AttachmentFact>& files,
                               const CheckPolicy& policy = {});

}  // namespace yizhan
