#pragma once

#include <set>

#include "model/agency/agency.h"
#include "model/mailbox/mailbox.h"

// Who gets what: the recipients of one pair, held against the directory and put into groups.

namespace yizhan {

struct AddressedRecipient {
  Addressee addressee;
  CopyKind copy_kind;
  std::string name;
};

// All recipients of one package get the same parts.
struct AddressedGroup {
  std::int64_t pair;
  bool with_attachments;
  std::vector<AddressedRecipient> recipients;  // ascending, each once
  std::set<std::string> renditions = {};       // 內含本文與附件之可攜式文件, by name
};

// The recipients of one pair, those whom the exchange reaches and those who get it on paper apart.
struct ApartRecipients {
  DocumentFacts electronic;  // with these recipients alone
  std::vector<PaperRecipient> paper;
};

// What a sending says about its recipients, for set_apart.
struct PaperPlan {
  const PaperChoice& choice;
  bool with_unlisted;  // not of a resend: its roster names those alone who get it again
  std::int64_t pair = 0;
};

// On paper: whom the document names and its roster does not; whom the choice names; and, where it
// says so, whoever of the roster can not be reached. Everybody else stays, reachable or not.
ApartRecipients set_apart(const Directory& directory, DocumentFacts document,
                          const PaperPlan& plan, Time now);

// Whom the choice names and no roster does: a wrong code, and somebody would get nothing.
std::vector<InspectionIssue> check_choice(const PaperChoice& choice,
                                          std::span<const PaperRecipient> paper);

// What is wrong for the clerk; empty when the document may be sent as it stands: the sender is
// this agency, every recipient is an active agency or unit of that name, stands once and can
// receive; and nobody gets the attachments in another's rendition.
std::vector<InspectionIssue> check_against(const Directory& directory, const OrgCode& own,
                                         const DocumentFacts& document, Time now);

// With and without attachments apart; one group where the pair has none.
std::vector<AddressedGroup> group_recipients(const DocumentFacts& document, std::int64_t pair,
                                             bool has_attachments);

}  // namespace yizhan
