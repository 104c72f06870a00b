#pragma once

// The face of duty/addresses: the lists of addresses that a centre lets in.

#include "duty/addresses/address_list.h"
#include "duty/addresses/address_table.h"
#include "duty/addresses/deriving.h"
#include "duty/addresses/firewall.h"
#include "duty/addresses/nft.h"
#include "duty/addresses/nft_rules.h"
