#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "model/evidence/evidence.h"
#include "model/package/package.h"
#include "role/load/figures.h"

namespace yizhan {

struct SentDocument {
  MessageId message;
  Sha256 header;
  std::vector<Sha256> parts;
  std::vector<OrgCode> recipients;
  std::uint64_t bytes;
  Stamp intended;  // when it should have gone; all times are measured from here
};

// A document that a receiver has opened and its centre has taken E.1 for.
struct Receipt {
  MessageId message;
  OrgCode recipient;
  std::vector<Sha256> parts;
};

// What was sent, what came of it, and what of that is wrong. Thread-safe.
class Ledger {
 public:
  // What was sent before it is no concern of this run.
  explicit Ledger(MessageId first) : first_(first) {}

  // Waits until fewer than `window` are under way; then one more is. false: stopped.
  bool enter(std::int64_t window, const std::stop_token& stop);
  void leave();  // there is nothing to send
  void unsealed(Reason reason);  // could not be sent

  void sent(SentDocument document);
  // The centre's answer to the submission. Who it goes to will receive it.
  void accepted(const MessageId& message, Stamp at);
  void refused(const MessageId& message, const Refusal& why);
  void unanswered(const MessageId& message);

  // D.1 in the news of a recipient.
  void consigned(const MessageId& message, const OrgCode& recipient);
  // true: it was waited for, and this is the first time.
  bool received(const Receipt& receipt);
  // Evidence in the news of the sender. true: with it everything about the document is decided.
  bool stated(const Statement& statement, Stamp at);

  // Something that was tried again, or will show as a fault.
  void trouble(const std::string& where, Reason reason);

  [[nodiscard]] std::int64_t under_way() const;
  [[nodiscard]] Progress progress() const;
  [[nodiscard]] Report report(const Span& span) const;

 private:
  struct Destination {
    int consigned = 0;
    int received = 0;
    int finals = 0;
    bool handed_over = false;  // its final is E.1
    bool confirmed = false;
    bool altered = false;

    // Something is to come: the final, or the confirmation after E.1.
    [[nodiscard]] bool is_open() const { return finals == 0 || (handed_over && !confirmed); }
  };
  struct Entry {
    SentDocument document;
    std::map<OrgCode, Destination> destinations;
    std::size_t open = 0;  // recipients of whom something is to come
    int acceptances = 0;   // A.1
    bool accepted = false;
    bool closed = false;   // no more under way
    std::optional<Fault> fault = {};
  };

  Entry* find(const MessageId& message);
  void stranger(const MessageId& message, const std::string& what);
  void close(Entry& entry);
  static void enter_statement(Entry& entry, Destination& destination, EvidenceType type);
  void measure_statement(const Entry& entry, EvidenceType type, Stamp at);
  void measure(const Entry& entry, Stage stage, Stamp at);
  void judge(const Entry& entry, Report& report) const;
  static void judge_destination(const Entry& entry, const OrgCode& code, Report& report);

  const MessageId first_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<MessageId, Entry> entries_;
  std::int64_t under_way_ = 0;
  Progress progress_;
  std::map<std::string, std::int64_t> troubles_;
  std::vector<std::string> strangers_, unsealed_;
  std::array<std::vector<std::uint32_t>, kStages> latencies_;  // microseconds
  std::vector<std::pair<Stamp, std::uint64_t>> closings_;      // when, bytes
};

}  // namespace yizhan
