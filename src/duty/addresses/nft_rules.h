#pragma once

#include "duty/addresses/address_list.h"

namespace yizhan {

// A port of ours, and who may come to it.
struct Gate {
  PeerKind kind;
  int port;
};

// One transaction of nft that makes the table `inet TABLE` say: to these ports come the listed
// addresses and nobody else; other ports are left to other tables. nullptr: nobody may come. Single
// addresses stand in sets with the agency's code and name as comment, ranges in sets of intervals.
// The whole of it comes into force or nothing does (libnftables-json(5)).
Json nft_transaction(const std::string& table, const AddressList* list,
                     std::span<const Gate> gates, Time at);

// What `nft -j list table` said, without what changes by itself (handles, counters): two of them
// are alike as long as nobody has touched the table.
std::string nft_standing(const Json& listing);

// How many addresses and ranges the transaction lets in.
std::int64_t count_elements(const Json& transaction);

}  // namespace yizhan
