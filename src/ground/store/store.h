#pragma once

// The face of ground/store: SQL on SQLite and PostgreSQL, one text for both.

#include "ground/store/cell.h"
#include "ground/store/database.h"
#include "ground/store/migrations.h"
#include "ground/store/store_error.h"
#include "ground/store/transaction.h"
