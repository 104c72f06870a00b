#pragma once

#include <functional>

#include "way/retell/holdings.h"

// retell: a centre whose store came back from an older copy is told again what it has forgotten,
// and gets again what it has lost (docs/protocol/terminal-centre.md, "After a store came back").

namespace yizhan {

class Retelling {
 public:
  struct Parts {
    Database& database;
    std::string centre;
    std::function<Result<bool>(const Retold&)> tell;  // the line to it
    Holdings& holdings;
    const Clock& clock;
  };

  explicit Retelling(Parts parts) : parts_(std::move(parts)), tellings_(parts_.centre) {}

  // Tells of the next message. false: there is none to tell of. One thread only.
  bool work();

 private:
  Result<bool> tell(const Retold& all) const;
  void settle(Telling telling, const Result<bool>& known);

  Parts parts_;
  TellingStore tellings_;
};

}  // namespace yizhan
