#pragma once

#include "duty/supervision/parties.h"
#include "ground/json/json.h"
#include "ground/store/store.h"

namespace yizhan {

// Management's book of who answers for what others owe, by the directory in force. Any thread.
class SupervisionBook {
 public:
  struct Parts {
    Database& database;
    const DirectorySource& directory;
    const Obligations& obligations;
    const Clock& clock;
  };

  explicit SupervisionBook(Parts parts) : parts_(parts) {}

  // Reminds, makes late, tells supervisors: Obligations::tend().
  std::vector<ObligationNotice> tend() const;

  struct View {
    std::string scope;  // of who looks: "" everybody; a code: that party, who is below it, and the
                        // agencies that this centre serves
    std::string under;  // "" everybody; a code: that party and who is below it
    Time since;         // what was due before is not counted
  };
  // {time, directory, total, items: [{party, code, name, layers, supervisor?, all, own}], late:
  // [{obligation, kind, subject, owner, due, escalated_to?}]}: each count as BoardCount; `all` with
  // those below. Who owes nothing and has nobody below who does is left out. Refuses kNotFound:
  // nobody of the code `under`.
  [[nodiscard]] Result<Json> board(const View& view) const;

 private:
  const Parts parts_;
};

}  // namespace yizhan
