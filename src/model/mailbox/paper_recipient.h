#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ground/json/json.h"
#include "model/package/package.h"

// 紙本受文者: whoever of a document gets it on paper, and why. 機關公文電子交換作業辦法 7(4) wants them listed
// apart from those whom the exchange reaches. docs/decisions/0030

namespace yizhan {

enum class PaperCause {
  kUnlisted,       // named in the document, and not in its roster
  kChosen,         // in the roster; whoever sends wants it on paper
  kUnknown,        // in the roster, but not in the address book
  kClosed,         // dissolved, or it exchanges no more
  kCannotReceive,  // without a certificate to seal for
  kWithdrawn,      // exchanged, and withdrawn for paper before anybody fetched it
  kUnconfirmed,    // exchanged, never confirmed, and posted after all
};

std::string_view text_of(PaperCause cause);   // "unlisted", "chosen" …
std::string_view title_of(PaperCause cause);  // for people
std::string_view mark_of(PaperCause cause);   // what is to stand on the paper; often nothing
std::optional<PaperCause> find_paper_cause(std::string_view text);

// Who of a roster is not to be reached electronically.
struct PaperChoice {
  std::vector<Addressee> chosen = {};
  bool unreachable = false;  // nor whoever can not be: unknown, closed, without a certificate

  [[nodiscard]] bool is_none() const { return chosen.empty() && !unreachable; }
  // {"recipients": [{org_code, unit_code}], "unreachable": bool}, both optional.
  [[nodiscard]] Json describe() const;
  static Result<PaperChoice> parse(const Json& json);
};

// One that was never sealed for: kUnlisted to kCannotReceive.
struct PaperRecipient {
  std::int64_t pair;
  std::string org_code;  // or empty: 正本 and 副本 name, they give no codes
  std::string unit_code;
  std::string name;
  CopyKind copy_kind;
  PaperCause cause;

  [[nodiscard]] Json describe() const;
};

}  // namespace yizhan
