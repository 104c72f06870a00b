#include "ground/keys/pkcs11_module.h"

namespace yizhan {

Pkcs11Module::Pkcs11Module(std::shared_ptr<Pkcs11Library> library, const Pkcs11Settings& settings)
    : token_(std::move(library), settings), state_(token_.state()), worker_(settings.deadline) {}

ModuleDescription Pkcs11Module::description() const { return state()->description; }

Waiting Pkcs11Module::waiting() const {
  return worker_.silent() ? Waiting::kSilent : state()->waiting;
}

std::vector<KeyDescription> Pkcs11Module::keys() const {
  std::vector<KeyDescription> keys;
  for (const auto& [name, key] : state()->keys) keys.push_back(key);
  return keys;
}

std::optional<KeyDescription> Pkcs11Module::find(const std::string& key) const {
  const State now = state();
  const auto found = now->keys.find(key);
  return found == now->keys.end() ? std::nullopt : std::optional(found->second);
}

Result<Bytes> Pkcs11Module::sign(const std::string& key, ByteView input) {
  return run<Bytes>(
      [key, data = copy_of(input)](Pkcs11Token& token) { return token.sign(key, data); });
}

Result<SecretBytes> Pkcs11Module::decrypt_oaep(const std::string& key, ByteView ciphertext) {
  return run<SecretBytes>([key, data = copy_of(ciphertext)](Pkcs11Token& token) {
    return token.decrypt_oaep(key, data);
  });
}

Result<SecretBytes> Pkcs11Module::agree(const std::string& key, ByteView peer_point) {
  return run<SecretBytes>(
      [key, data = copy_of(peer_point)](Pkcs11Token& token) { return token.agree(key, data); });
}

Result<void> Pkcs11Module::login() {
  return run<void>([](Pkcs11Token& token) { return token.login(); });
}

Pkcs11Module::State Pkcs11Module::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

// The work takes copies of its input: it may still run when the caller has given up.
template <class Value, class Work>
Result<Value> Pkcs11Module::run(Work work) {
  return worker_.run<Value>([this, work = std::move(work)] {
    Result<Value> result = work(token_);
    const std::lock_guard lock(mutex_);
    state_ = token_.state();
    return result;
  });
}

}  // namespace yizhan
