#pragma once

// The face of model/evidence: statements, verdicts, officers' decisions, and where they are kept.

#include "model/evidence/batch.h"
#include "model/evidence/decision.h"
#include "model/evidence/evidence_desk.h"
#include "model/evidence/evidence_log.h"
#include "model/evidence/evidence_store.h"
#include "model/evidence/log_proof.h"
#include "model/evidence/passes.h"
#include "model/evidence/proof_store.h"
#include "model/evidence/retold.h"
#include "model/evidence/statement.h"
#include "model/evidence/stored_evidence.h"
