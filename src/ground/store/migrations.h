#pragma once

#include <span>

#include "ground/store/database.h"

namespace yizhan {

// schema/migrate/NNNN_name.sql in order, 0001 first, without gaps (YZ_ASSERT); carried in the
// program by cmake/embed.cmake.
using Migrations = std::span<const EmbeddedFile>;

// Brings the schema to the present: each file that is not yet in schema_migrations, in a
// transaction of its own. Several programs may do so at once. Throws SchemaError: a file changed
// after it was applied, or the database is newer than the program.
void migrate(Database& database, Migrations migrations, Time now);

// Runs a text of several statements, as in a migration. For schema.sql in tests.
void run_script(Transaction& tx, std::string_view script);

}  // namespace yizhan
