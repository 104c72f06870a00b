#pragma once

#include <memory>

#include "ground/base/base.h"

struct evp_md_ctx_st;

// Digests and key expansion. The only hash functions that Yizhan computes are SHA-256, SHA-384 and
// SHA-512: SHA-1 and MD5 have no door here.

namespace yizhan {

Sha256 sha256(ByteView bytes);
Bytes sha384(ByteView bytes);

// HKDF-Expand (RFC 5869 §2.3) with SHA-512. `length` is at most 255 * 64.
SecretBytes hkdf_expand_sha512(ByteView prk, ByteView info, std::size_t length);

// SHA-256 of what arrives piece by piece. One thread at a time.
class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  ~Sha256Stream();

  void update(ByteView bytes);
  // Of everything since construction or the last finish(); starts anew.
  Sha256 finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace yizhan
