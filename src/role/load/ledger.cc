#include "role/load/ledger.h"

#include <algorithm>

namespace yizhan {

bool Ledger::enter(std::int64_t window, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait(lock, stop, [&] { return under_way_ < window; })) return false;
  ++under_way_;
  return true;
}

void Ledger::leave() {
  const std::scoped_lock lock(mutex_);
  --under_way_;
  changed_.notify_all();
}

void Ledger::unsealed(Reason reason) {
  const std::scoped_lock lock(mutex_);
  unsealed_.emplace_back(code_of(reason));
  --under_way_;
  changed_.notify_all();
}

void Ledger::sent(SentDocument document) {
  const std::scoped_lock lock(mutex_);
  Entry entry{.document = std::move(document), .destinations = {}};
  for (const OrgCode& recipient : entry.document.recipients) entry.destinations[recipient];
  entry.open = entry.destinations.size();
  const MessageId message = entry.document.message;
  entries_.emplace(message, std::move(entry));
  ++progress_.sent;
}

Ledger::Entry* Ledger::find(const MessageId& message) {
  const auto found = entries_.find(message);
  return found == entries_.end() ? nullptr : &found->second;
}

void Ledger::accepted(const MessageId& message, Stamp at) {
  const std::scoped_lock lock(mutex_);
  Entry& entry = entries_.at(message);
  entry.accepted = true;
  ++progress_.accepted;
  measure(entry, Stage::kAccepted, at);
}

void Ledger::refused(const MessageId& message, const Refusal& why) {
  const std::scoped_lock lock(mutex_);
  Entry& entry = entries_.at(message);
  entry.fault = Fault::kRefused;
  ++troubles_["submit/" + std::string(code_of(why.reason))];
  ++progress_.troubles;
  close(entry);
}

void Ledger::unanswered(const MessageId& message) {
  const std::scoped_lock lock(mutex_);
  Entry& entry = entries_.at(message);
  entry.fault = Fault::kUnanswered;
  close(entry);
}

void Ledger::close(Entry& entry) {
  if (entry.closed) return;
  entry.closed = true;
  --under_way_;
  changed_.notify_all();
}

void Ledger::consigned(const MessageId& message, const OrgCode& recipient) {
  const std::scoped_lock lock(mutex_);
  Entry* entry = find(message);
  if (entry == nullptr || !entry->destinations.contains(recipient)) {
    return stranger(message, "D.1 " + recipient.text());
  }
  ++entry->destinations.at(recipient).consigned;
}

bool Ledger::received(const Receipt& receipt) {
  const std::scoped_lock lock(mutex_);
  Entry* entry = find(receipt.message);
  if (entry == nullptr || !entry->destinations.contains(receipt.recipient)) {
    stranger(receipt.message, receipt.recipient.text());
    return false;
  }
  Destination& destination = entry->destinations.at(receipt.recipient);
  ++destination.received;
  ++progress_.received;
  if (receipt.parts != entry->document.parts) destination.altered = true;
  return destination.received == 1;
}

void Ledger::stranger(const MessageId& message, const std::string& what) {
  // A run before this one may have left something behind.
  if (message < first_) return;
  strangers_.push_back(message.text() + " " + what);
}

bool Ledger::stated(const Statement& statement, Stamp at) {
  const std::scoped_lock lock(mutex_);
  const MessageId& message = statement.message.message;
  Entry* entry = find(message);
  if (entry == nullptr) {
    stranger(message, std::string(text_of(statement.type)));
    return false;
  }
  // Whoever states that has another document in hand.
  if (statement.header_sha256 != entry->document.header) {
    stranger(message, std::string(text_of(statement.type)) + " 標頭不同");
    return false;
  }
  const bool was_open = entry->open > 0;
  if (statement.type == EvidenceType::kSubmissionAcceptance) ++entry->acceptances;
  measure_statement(*entry, statement.type, at);
  for (auto& [code, destination] : entry->destinations) {
    if (statement.recipient) break;
    enter_statement(*entry, destination, statement.type);
  }
  if (statement.recipient) {
    const auto destination = entry->destinations.find(statement.recipient->org);
    if (destination == entry->destinations.end()) {
      stranger(message, statement.recipient->text());
      return false;
    }
    enter_statement(*entry, destination->second, statement.type);
  }
  if (entry->open > 0 || !was_open) return false;
  closings_.emplace_back(at, entry->document.bytes);
  ++progress_.closed;
  close(*entry);
  return true;
}

void Ledger::enter_statement(Entry& entry, Destination& destination, EvidenceType type) {
  const bool was_open = destination.is_open();
  if (is_final(type)) {
    ++destination.finals;
    destination.handed_over = type == EvidenceType::kHandover;
  }
  if (type == EvidenceType::kConfirmed) destination.confirmed = true;
  if (was_open && !destination.is_open()) --entry.open;
}

void Ledger::measure_statement(const Entry& entry, EvidenceType type, Stamp at) {
  if (type == EvidenceType::kConsignment) measure(entry, Stage::kConsigned, at);
  if (type == EvidenceType::kHandover) measure(entry, Stage::kHandedOver, at);
  if (type == EvidenceType::kConfirmed) measure(entry, Stage::kConfirmed, at);
}

void Ledger::measure(const Entry& entry, Stage stage, Stamp at) {
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(
      at - entry.document.intended);
  latencies_.at(static_cast<std::size_t>(stage))
      .push_back(static_cast<std::uint32_t>(std::max<std::int64_t>(time.count(), 0)));
}

void Ledger::trouble(const std::string& where, Reason reason) {
  const std::scoped_lock lock(mutex_);
  ++troubles_[where + "/" + std::string(code_of(reason))];
  ++progress_.troubles;
}

std::int64_t Ledger::under_way() const {
  const std::scoped_lock lock(mutex_);
  return under_way_;
}

Progress Ledger::progress() const {
  const std::scoped_lock lock(mutex_);
  return progress_;
}

Report Ledger::report(const Span& span) const {
  const std::scoped_lock lock(mutex_);
  Report report;
  report.counts = progress_;
  report.troubles = troubles_;
  report.seconds = std::chrono::duration<double>(span.end - span.begin).count();
  report.rates = Rates::of(closings_, span);
  for (std::size_t i = 0; i < kStages; ++i) report.latencies.at(i) = Latency::of(latencies_.at(i));
  for (const auto& [message, entry] : entries_) judge(entry, report);
  for (const std::string& what : unsealed_) report.add(Fault::kUnsealed, what);
  for (const std::string& what : strangers_) report.add(Fault::kStranger, what);
  return report;
}

void Ledger::judge(const Entry& entry, Report& report) const {
  const std::string message = entry.document.message.text();
  if (entry.fault) report.add(*entry.fault, message);
  if (!entry.accepted) {
    // Nothing of it may have gone on, unless nobody knows.
    for (const auto& [code, destination] : entry.destinations) {
      if (destination.received > 0 && entry.fault == Fault::kRefused) {
        report.add(Fault::kStranger, message + " " + code.text());
      }
    }
    return;
  }
  if (entry.acceptances != 1) report.add(Fault::kNoAcceptance, message);
  for (const auto& [code, destination] : entry.destinations) {
    judge_destination(entry, code, report);
  }
}

void Ledger::judge_destination(const Entry& entry, const OrgCode& code, Report& report) {
  const Destination& destination = entry.destinations.at(code);
  const std::string what = entry.document.message.text() + " " + code.text();
  const auto add_if = [&](bool wrong, Fault fault) {
    if (wrong) report.add(fault, what);
  };
  ++report.recipients;
  report.finals += destination.finals;
  report.confirmed += destination.confirmed ? 1 : 0;
  add_if(destination.received == 0, Fault::kLost);
  add_if(destination.received > 1 || destination.consigned > 1, Fault::kTwice);
  add_if(destination.altered, Fault::kAltered);
  add_if(destination.finals == 0, Fault::kNoFinal);
  add_if(destination.finals > 1, Fault::kSeveralFinals);
  add_if(destination.finals > 0 && !destination.handed_over, Fault::kNotHandedOver);
  add_if(destination.handed_over && !destination.confirmed, Fault::kUnconfirmed);
}

}  // namespace yizhan
