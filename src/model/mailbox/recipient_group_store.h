#pragma once

#include <optional>
#include <vector>

#include "ground/store/store.h"
#include "model/mailbox/recipient_group.h"

namespace yizhan {

class RecipientGroupStore {
 public:
  // The last versions of those that are shared and of this owner's own, by name.
  std::vector<RecipientGroup> list(Transaction& tx, const std::string& owner);
  // That version, 0 for the last one; nullopt: there is none, or it was removed.
  std::optional<RecipientGroup> find(Transaction& tx, const GroupName& name,
                                     std::int64_t version = 0);
  // The next version; without members the group is removed, and its versions can still be found.
  // Gives it its number. Refuses kConflict: the last one is not `after` (0: there is none).
  Result<void> add(Transaction& tx, RecipientGroup& group, std::int64_t after);
};

}  // namespace yizhan
