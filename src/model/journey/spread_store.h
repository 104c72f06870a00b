#pragma once

#include "ground/store/store.h"
#include "model/journey/journey_store.h"

namespace yizhan {

// Where one recipient of a document stands, in one of its packages.
struct SpreadPlace {
  MessageId message;
  Addressee recipient;
  State state;
  Time since;
  std::optional<CentreCode> next_centre;  // to which it is or was relayed
};

// How far a document has spread: for who has to stop it, or to call it back.
class SpreadStore {
 public:
  explicit SpreadStore(Transaction& tx) : tx_(tx) {}

  // Every recipient of every package of that document that this centre knows, by package and place
  // in its tree; whatever has become of them.
  std::vector<SpreadPlace> of_document(const OrgCode& sender, const DocumentId& document);

 private:
  Transaction& tx_;
};

}  // namespace yizhan
