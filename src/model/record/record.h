#pragma once

// The face of model/record: the four things that every duty is made of (facts, obligations, cases,
// the board), and decisions that take two persons.

#include "model/record/board.h"
#include "model/record/case_kind.h"
#include "model/record/cases.h"
#include "model/record/decisions.h"
#include "model/record/fact.h"
#include "model/record/facts.h"
#include "model/record/obligation_kind.h"
#include "model/record/obligations.h"
#include "model/record/supervision.h"
