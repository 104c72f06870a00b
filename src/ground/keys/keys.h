#pragma once

// The face of ground/keys: private keys, asked for from outside (keyholder.h) and held inside
// yizhan-keyholder (service.h, with its modules and its journal of uses).

#include "ground/keys/certificate_request.h"
#include "ground/keys/first_key.h"
#include "ground/keys/keyholder.h"
#include "ground/keys/module.h"
#include "ground/keys/pkcs11_module.h"
#include "ground/keys/service.h"
#include "ground/keys/software_module.h"
#include "ground/keys/use_journal.h"
