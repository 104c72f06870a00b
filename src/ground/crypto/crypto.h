#pragma once

// The face of ground/crypto: digests, chunked encryption, certificates and their paths, CMS,
// time-stamps.
// Everything that speaks to OpenSSL about documents is in this folder.

#include "ground/crypto/certificate.h"
#include "ground/crypto/chunked.h"
#include "ground/crypto/cms_signed.h"
#include "ground/crypto/digest.h"
#include "ground/crypto/key_block.h"
#include "ground/crypto/path.h"
#include "ground/crypto/policy.h"
#include "ground/crypto/private_key.h"
#include "ground/crypto/signature.h"
#include "ground/crypto/software_key.h"
#include "ground/crypto/timestamp.h"
