#pragma once

// The face of ground/merkle: trees and proofs (RFC 9162 §2.1), the append-only log (C2SP
// tlog-tiles), its signed checkpoints (C2SP signed-note, tlog-checkpoint) and their witnesses.

#include "ground/merkle/checkpoint.h"
#include "ground/merkle/log.h"
#include "ground/merkle/log_survey.h"
#include "ground/merkle/note.h"
#include "ground/merkle/proof.h"
#include "ground/merkle/tree.h"
#include "ground/merkle/witness.h"
