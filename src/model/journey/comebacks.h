#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "ground/json/json.h"
#include "ground/store/store.h"
#include "model/evidence/evidence.h"

// A store that comes back from an older copy has forgotten what happened since. Those who dealt
// with it are told so by its news, and tell it again what they hold:
// docs/protocol/terminal-centre.md, "After a store came back".

namespace yizhan {

Json describe(const Comeback& comeback);

class ComebackStore {
 public:
  Comeback last(Transaction& tx);
  void add(Transaction& tx, const Comeback& comeback);
};

// Of this store. Several threads.
class Comebacks {
 public:
  // Nobody who is honest knows of more than a few that a copy does not.
  static constexpr std::int64_t kForgottenMax = 1000;

  // When the program begins, before anybody is answered: what is newest now was in the copy.
  void begin(Transaction& tx);
  [[nodiscard]] Comeback current() const;
  // It came back: who found it went by `known`. A store is exchanged while the program is down:
  // what is found while it runs is one, whoever finds it and however often. true: it is new.
  bool note(Transaction& tx, std::int64_t known);

 private:
  mutable std::mutex mutex_;
  ComebackStore store_;
  Comeback current_;
  Time newest_at_start_;
  bool found_ = false;  // in this run
};

// A message of which that centre is to be told again.
struct Telling {
  std::string centre;
  MessageKey message;
  std::int64_t attempts = 0;
  Time due;
};

class TellingStore {
 public:
  explicit TellingStore(std::string centre) : centre_(std::move(centre)) {}

  void plan(Transaction& tx, const MessageKey& message, Time now);
  std::optional<Telling> next(Transaction& tx, Time now);
  void postpone(Transaction& tx, const Telling& telling);
  void close(Transaction& tx, const Telling& telling);

 private:
  std::string centre_;
};

}  // namespace yizhan
