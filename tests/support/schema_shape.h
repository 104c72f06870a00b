#pragma once

#include <string>
#include <vector>

#include "ground/store/store.h"

namespace yizhan {

// What a database's tables look like, one sorted line for each table's column, key, index and
// reference, in the same words for both engines; without schema_migrations. CHECK is not in it.
std::vector<std::string> schema_shape(Database& database);

// What only one engine can tell: the full text of indexes, and on PostgreSQL of constraints.
std::vector<std::string> schema_particulars(Database& database);

}  // namespace yizhan
