#pragma once

// The face of way/attest: a centre has its log's checkpoints co-signed by witnesses and stamped by
// authorities, and witnesses the logs of others; a terminal has its evidence proven.

#include "way/attest/alarm.h"
#include "way/attest/cosigning.h"
#include "way/attest/log_standing.h"
#include "way/attest/proof_awaiting.h"
#include "way/attest/proving.h"
#include "way/attest/stamping.h"
#include "way/attest/witness_desk.h"
#include "way/attest/witness_line.h"
