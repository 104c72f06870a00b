#pragma once

// The face of ground/journal: the trail for auditors. Not the log for operators.

#include "ground/journal/entry.h"
#include "ground/journal/events.h"
#include "ground/journal/journal_store.h"
#include "ground/journal/process_record.h"
#include "ground/journal/recording.h"
#include "ground/journal/refused_connections.h"
