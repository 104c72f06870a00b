#pragma once

#include <cstdint>

#include "ground/crypto/crypto.h"

// Limits of format 1: policy values, the defaults of docs/protocol/package.md.

namespace yizhan {

// A group of 64 chunks: what is uploaded, verified and resumed as one.
inline constexpr std::uint64_t kGroupBytes = 64 * kChunkCipher;  // 1,049,600

// Limits, algorithms and deadlines as this program has them. Until policies are handed down as the
// directory is, a policy has no age: only one that this program does not know yet is refused.
inline constexpr std::int64_t kPolicyVersion = 1;

struct PackageLimits {
  std::uint64_t package_bytes_max = 1ULL << 30;
  std::uint64_t part_bytes_max = 1ULL << 30;
  std::size_t parts_max = 1000;
  std::size_t document_bytes_max = 4U << 20;  // one DI or SW
  std::int64_t recipients_max = 10000;
  std::size_t header_bytes_max = 64U << 10;
  std::size_t manifest_bytes_max = 1U << 20;
  std::size_t part_name_bytes_max = 200;
  std::size_t key_blocks_per_leaf_max = 8;
  std::size_t key_block_bytes_max = 8U << 10;
};

inline constexpr PackageLimits kPackageLimits{};
inline constexpr Milliseconds kPackageLifeMax = std::chrono::hours{24 * 30};
inline constexpr Milliseconds kSigningTimeSkewMax = std::chrono::minutes{5};
inline constexpr Milliseconds kUploadTimeMax = std::chrono::hours{24};  // first byte to A.1
inline constexpr Milliseconds kDirectoryAgeMax = std::chrono::hours{24};

}  // namespace yizhan
