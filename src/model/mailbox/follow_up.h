#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ground/json/json.h"
#include "model/package/package.h"

// What the sender did about a recipient who has not confirmed. The rules for exchanging documents
// (機關公文電子交換作業辦法) want it to look at the results by the next day.

namespace yizhan {

class FollowUpNoun;
using FollowUpId = Id<FollowUpNoun>;

enum class FollowUpKind {
  kPhoned,   // asked; looked at again on the next working day
  kPaper,    // printed and posted, marked 已電子交換未確認
  kResent,   // sent again
  kStopped,  // nothing more is done
};

std::string_view text_of(FollowUpKind kind);  // "phoned", "paper", "resent", "stopped"
std::string_view title_of(FollowUpKind kind);
std::optional<FollowUpKind> find_follow_up_kind(std::string_view text);

struct FollowUp {
  FollowUpId id;
  MessageId message;
  Addressee recipient;
  FollowUpKind kind;
  std::string person;
  std::string note;
  Time done;

  [[nodiscard]] Json describe() const;
};

}  // namespace yizhan
