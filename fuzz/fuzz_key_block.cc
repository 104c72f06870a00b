#include <algorithm>

#include "fuzz/fuzzing.h"
#include "ground/crypto/crypto.h"
#include "tests/support/pki.h"

// A key block opens if it was wrapped for the key, and no other bytes do: neither the input itself
// nor a real block in which the input replaces what stands from its first byte on. Every refusal
// is the same one.

namespace {

using namespace yizhan;

struct Recipient {
  SoftwareKey key;
  Bytes block;
};

Recipient make_recipient(TestAuthority& authority, KeyKind kind) {
  SoftwareKey key = authority.issue(
      {.subject = "recipient", .kind = kind, .usage = CertificateUsage::kEncrypt});
  Bytes block = wrap_key(bytes_of("content"), key.certificate()).value();
  return {std::move(key), std::move(block)};
}

void require_unopenable(ByteView block, SoftwareKey& key) {
  const auto content = unwrap_key(block, key);
  require(!content.ok() && content.reason() == Reason::kUnopenable);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static TestAuthority authority;
  static Recipient recipients[] = {make_recipient(authority, KeyKind::kRsa),
                                   make_recipient(authority, KeyKind::kEcP256)};
  if (size < 3) return 0;
  const ByteView patch = ByteView(data, size).subspan(2);
  for (Recipient& recipient : recipients) {
    require_unopenable(ByteView(data, size), recipient.key);
    Bytes forged = recipient.block;
    const std::size_t at = (std::size_t{data[0]} << 8 | data[1]) % forged.size();
    const std::size_t length = std::min(patch.size(), forged.size() - at);
    std::copy_n(patch.begin(), length, forged.begin() + static_cast<std::ptrdiff_t>(at));
    if (forged != recipient.block) require_unopenable(forged, recipient.key);
  }
  return 0;
}
