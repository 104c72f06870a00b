#pragma once

// The face of duty/certificate: whose certificates end, who was told, and who renewed.

#include "duty/certificate/certificate_book.h"
#include "duty/certificate/listing.h"
