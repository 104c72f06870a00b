#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ground/store/store.h"

namespace yizhan {

struct DraftNoun;
using DraftId = Id<DraftNoun>;

struct DraftFile {
  std::string name;
  std::string partial;           // where its bytes arrive
  std::optional<Sha256> sha256;  // once it is an object: it was handed in
};

class DraftStore {
 public:
  void add(Transaction& tx, const DraftId& id, Time now);
  std::optional<Time> find_created(Transaction& tx, const DraftId& id);
  std::vector<DraftId> created_before(Transaction& tx, Time time);
  void remove(Transaction& tx, const DraftId& id);  // with its files

  void save(Transaction& tx, const DraftId& id, const DraftFile& file);
  std::vector<DraftFile> files_of(Transaction& tx, const DraftId& id);  // by name
  void remove(Transaction& tx, const DraftId& id, const std::string& name);
};

}  // namespace yizhan
