#pragma once

// The face of ground/net: it owns every socket of the machine-to-machine and console API. Requests
// and answers are plain values; handlers are plain functions on a fixed pool of threads.

#include "ground/net/client.h"
#include "ground/net/client_crowd.h"
#include "ground/net/message.h"
#include "ground/net/router.h"
#include "ground/net/server.h"
#include "ground/net/tls_key.h"
