#pragma once

#include <chrono>
#include <filesystem>
#include <map>

#include "ground/keys/module.h"
#include "ground/keys/pkcs11_library.h"

namespace yizhan {

struct Pkcs11Settings {
  std::string token;  // its label
  std::filesystem::path pin_file;
  std::filesystem::path certificates;  // NAME.crt for keys whose certificate is not on the token
  std::map<std::string, std::string> names = {};  // label on the token → name here; else the label
  Milliseconds deadline = std::chrono::seconds(10);  // of one operation
};

// What a token showed when it was last logged in to; replaced as a whole.
struct Pkcs11State {
  ModuleDescription description;
  Waiting waiting = Waiting::kPin;
  std::map<std::string, KeyDescription> keys;
};

// One token, spoken to by one thread (pkcs11_module.h): session, PIN, keys and operations.
// A lost session is renewed once within an operation; a card that is put back is found again.
// A PIN that was refused, as wrong or because the token is locked, is never tried again until its
// file changes (or the token, which showed that it is locked, no more does), nor is any PIN when
// the token says that one more failure locks it.
class Pkcs11Token {
 public:
  Pkcs11Token(std::shared_ptr<Pkcs11Library> library, Pkcs11Settings settings);
  ~Pkcs11Token();
  Pkcs11Token(const Pkcs11Token&) = delete;
  Pkcs11Token& operator=(const Pkcs11Token&) = delete;

  Result<void> login();
  Result<Bytes> sign(const std::string& key, ByteView input);
  Result<SecretBytes> decrypt_oaep(const std::string& key, ByteView ciphertext);
  Result<SecretBytes> agree(const std::string& key, ByteView peer_point);
  // shared_ptr: readers in other threads keep the state they took.
  [[nodiscard]] std::shared_ptr<const Pkcs11State> state() const { return state_; }

 private:
  using Code = unsigned long;    // CK_RV
  using Handle = unsigned long;  // of a slot, session or object
  enum class OaepBy { kNothing, kToken, kRawRsa };
  struct Key {
    Handle object;
    KeyDescription description;
    OaepBy oaep;
  };

  // Session and PIN (pkcs11_token.cc)
  Result<void> be_ready();
  std::optional<Handle> find_slot() const;
  ModuleDescription describe(Handle slot);
  Result<void> enter_pin(Handle slot);
  Result<void> offer_pin();
  Refusal wait(Waiting waiting, const std::string& sentence);
  Refusal wait_locked();
  void close_session();
  [[nodiscard]] bool has_mechanism(unsigned long mechanism) const;

  // Keys (pkcs11_keys.cc)
  void load_keys(const std::string& serial);
  std::optional<Key> load_key(Handle object) const;
  std::vector<Handle> find_objects(unsigned long object_class, ByteView id) const;
  [[nodiscard]] Bytes attribute(Handle object, unsigned long type) const;
  [[nodiscard]] bool permits(Handle object, unsigned long type) const;
  Result<Certificate> certificate_of(Handle object, const std::string& name) const;
  [[nodiscard]] std::set<KeyOperation> operations_on(Handle object, const Certificate& certificate,
                                                     OaepBy oaep) const;
  [[nodiscard]] OaepBy probe_oaep(Handle object) const;

  // Operations (pkcs11_operations.cc)
  template <class Value, class Work>
  Result<Value> attempt(const std::string& key, Work work);
  Refusal refuse(Code code);
  Code sign_on_token(const Key& key, ByteView input, Bytes& signature) const;
  Code decrypt_on_token(const Key& key, ByteView ciphertext, SecretBytes& plain) const;
  Code derive_on_token(const Key& key, ByteView peer_point, SecretBytes& shared) const;

  const std::shared_ptr<Pkcs11Library> library_;
  _CK_FUNCTION_LIST& call_;
  const Pkcs11Settings settings_;
  std::shared_ptr<const Pkcs11State> state_ = std::make_shared<Pkcs11State>();
  std::map<std::string, Key> keys_;
  std::set<unsigned long> mechanisms_;
  Handle session_ = 0;                                          // CK_INVALID_HANDLE
  std::optional<std::filesystem::file_time_type> refused_pin_;  // when its file was written
  Waiting refused_as_ = Waiting::kPin;                          // and why: wrong, or locked
  std::chrono::steady_clock::time_point next_login_{};
};

}  // namespace yizhan
