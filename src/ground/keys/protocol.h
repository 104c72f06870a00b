#pragma once

#include <variant>

#include "ground/keys/module.h"

// What is said over the keyholder's Unix socket. A frame is a 32-bit big-endian length (1 to
// 65,536) and that many octets. A request is one operation octet and its fields, each a 32-bit
// length and its octets. An answer is octet 0 and the result, or octet 1 and a refusal. Strict:
// what does not parse to its last octet closes the connection. One request at a time on a
// connection.

namespace yizhan {

constexpr std::size_t kKeyFrameMax = 65536;

struct ListRequest {};
struct StatusRequest {};
struct SignRequest {
  std::string key;
  KeyUse use;
  Bytes input;
};
struct DecryptRequest {
  std::string key;
  Bytes ciphertext;
};
struct AgreeRequest {
  std::string key;
  Bytes peer_point;
};
struct PrepareRequest {
  std::string key;
  std::string signer;  // of the keys here, who vouches for the request
};
struct InstallRequest {
  std::string key;
  Bytes certificate;  // DER
};
using KeyRequest = std::variant<ListRequest, StatusRequest, SignRequest, DecryptRequest,
                                AgreeRequest, PrepareRequest, InstallRequest>;

struct ModuleStatus {
  ModuleDescription description;
  Waiting waiting = Waiting::kNothing;
};

// Uses of one key by one caller since the keyholder started.
struct KeyUseCount {
  std::string caller;
  std::string key;
  std::uint64_t done = 0;
  std::uint64_t refused = 0;
};

struct KeyholderStatus {
  std::vector<ModuleStatus> modules;
  std::uint64_t uses_total = 0;  // lines ever written to the use journal
  std::vector<KeyUseCount> uses;
};

Bytes encode(const KeyRequest& request);
Result<KeyRequest> parse_request(ByteView frame);  // kMalformed

SecretBytes encode_answer(ByteView result);
SecretBytes encode_refusal(const Refusal& refusal);
// The result, or the refusal that the keyholder sent; kKeyholderUnavailable if it is neither.
Result<SecretBytes> parse_answer(ByteView frame);

Bytes encode_keys(const std::vector<KeyDescription>& keys);
Result<std::vector<KeyDescription>> parse_keys(ByteView result);
Bytes encode_next(const NextKey& next);
Result<NextKey> parse_next(ByteView result);
Bytes encode_status(const KeyholderStatus& status);
Result<KeyholderStatus> parse_status(ByteView result);

}  // namespace yizhan
