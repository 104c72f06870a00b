// Signed messages, certificates and revocation lists of strangers.

#include <cstddef>
#include <cstdint>

#include "ground/crypto/crypto.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView input(data, size);
  const auto first = cms_verify(input, 64 * 1024);
  const auto again = cms_verify(input, 64 * 1024);
  YZ_ASSERT(first.ok() == again.ok());
  if (first.ok()) YZ_ASSERT(first->content == again->content && first->signer == again->signer);
  const auto certificate = Certificate::parse(input);
  if (certificate.ok()) YZ_ASSERT(Certificate::parse_pem(certificate->pem()).ok());
  if (const auto bundle = parse_pem_bundle(text_of(input))) {
    for (const Certificate& one : *bundle) YZ_ASSERT(Certificate::parse(one.der()).ok());
  }
  RevocationLists lists;
  YZ_ASSERT(!lists.add(input, {}).ok());
  return 0;
}
