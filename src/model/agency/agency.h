#pragma once

// The face of model/agency: codes, and the directory that says who is who.

#include "model/agency/codes.h"
#include "model/agency/directory.h"
#include "model/agency/directory_source.h"
#include "model/agency/party.h"
#include "model/agency/restrictions.h"
#include "model/agency/supervisors.h"
#include "model/agency/trust_source.h"
