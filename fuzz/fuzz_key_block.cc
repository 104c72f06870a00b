// libFuzzer: nothing that was not wrapped for the key opens, and every refusal is the same one.

#include <cstddef>
#include <cstdint>

#include "ground/crypto/crypto.h"
#include "tests/support/pki.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  static TestAuthority authority;
  static SoftwareKey keys[] = {
      authority.issue({.subject = "rsa", .kind = KeyKind::kRsa}),
      authority.issue({.subject = "p-256", .kind = KeyKind::kEcP256}),
  };
  for (SoftwareKey& key : keys) {
    const auto content = unwrap_key(ByteView(data, size), key);
    YZ_ASSERT(!content.ok() && content.reason() == Reason::kUnopenable);
  }
  return 0;
}
