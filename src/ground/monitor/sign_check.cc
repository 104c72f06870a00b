#include "ground/monitor/sign_check.h"

namespace yizhan {

namespace {

Result<void> sign_and_verify(SigningKey& key, KeyUse use, Time now) {
  const std::string text = "yizhan-readiness-1\n" + now.text();
  const Bytes input = signing_input(key.scheme(), bytes_of(text));
  const Bytes signature = YZ_TRY(key.sign(input, use));
  return verify_signature(key.certificate(), key.scheme(), input, signature);
}

}  // namespace

Readiness::Check sign_check(std::shared_ptr<SigningKey> key, KeyUse use, const Clock& clock) {
  return {"sign", [key = std::move(key), use, &clock] {
            return sign_and_verify(*key, use, clock.now());
          }};
}

}  // namespace yizhan
