#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ground/json/json.h"
#include "model/mailbox/judge.h"
#include "model/mailbox/paper_recipient.h"
#include "model/mailbox/recipient_state.h"
#include "model/package/package.h"

// 發文匣: what a clerk or a document-management system hands in, and the packages made of it.

namespace yizhan {

// One DI with its SW and files, each an immutable object under its SHA-256.
struct Pair {
  std::vector<Part> files;  // exactly one DI, at most one SW; in the order they are to travel
};

// 一文多發: one pair. 分繕: one pair for each recipient. All of it is one document.
struct SendingOrder {
  std::string key;     // the caller's idempotency key: 1–128 printable ASCII
  std::string person;  // who sends, as logged on
  UnitCode unit;       // of the sender
  std::vector<Pair> pairs;
  std::optional<Resend> resend;
  PaperChoice paper = {};

  // Keys, counts, kinds, names and lengths within the limits. Refuses kBadRequest, kTooLarge,
  // kAttachmentName.
  [[nodiscard]] Result<void> check() const;
  [[nodiscard]] Bytes json() const;     // the person apart: what makes two orders the same
  static Result<SendingOrder> parse(ByteView json);
};

enum class SendingState {
  kDrafted,    // handed in, durable
  kValidated,  // the document is right and its recipients are known
  kScanned,    // no malware found here
  kSealed,     // its packages exist; how each stands see OutgoingPackage
  kRefused,    // to be mended by the clerk: see `why` and `issues`
  kCancelled,  // by the clerk, before it was sealed
};

std::string_view text_of(SendingState state);
std::string_view title_of(SendingState state);
std::optional<SendingState> find_sending_state(std::string_view text);

struct Sending {
  DocumentId id;
  SendingOrder order;
  SendingState state;
  std::optional<Refusal> why;  // why it was refused, or what it waits for
  std::vector<InspectionIssue> issues;
  std::string subject;  // these three once validated
  std::string number;
  std::string type;
  std::int64_t attempts;
  Time created;
  Time due;  // when it is tried again

  [[nodiscard]] Json describe() const;
};

enum class PackageState {
  kSealed,      // to be submitted
  kSubmitting,  // the centre has begun to take it
  kSubmitted,   // the centre has answered "accepted"; its A.1 is on the way
  kAccepted,    // A.1
  kRejected,    // A.2, or refused so that trying again is no use
  kDiscarded,   // its signature grew too old before the centre took it: sealed anew
};

std::string_view text_of(PackageState state);
std::string_view title_of(PackageState state);
std::optional<PackageState> find_package_state(std::string_view text);

struct OutgoingPackage {
  MessageId id;  // also its application_id
  DocumentId document;
  std::int64_t pair;
  bool with_attachments;
  Bytes envelope;      // JSON without the body
  Sha256 header_sha256;
  Sha256 cipher_root;  // the body's object
  PackageState state;
  std::optional<Refusal> why;  // why it waits, or was rejected
  std::string submission;      // the centre's name for the upload; empty before
  std::int64_t attempts;
  Time sealed;
  Time due;
  Time expires;
  std::optional<Urgency> urgency = {};

  [[nodiscard]] Json describe() const;
};

struct OutgoingRecipient {
  MessageId message;
  Addressee addressee;
  CopyKind copy_kind;
  std::string name;
  RecipientState state;
  std::optional<Refusal> why;
  Time since;

  [[nodiscard]] Json describe() const;
};

Json describe(const InspectionIssue& issue);
Json describe(const Part& part);
// {code, title, detail, remedy}
Json describe(const Refusal& refusal);

}  // namespace yizhan
