#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ground/crypto/crypto.h"

// The port behind which private keys live: a folder of encrypted files (software_module.h) or a
// card or HSM spoken to by PKCS#11 (pkcs11_module.h). Only yizhan-keyholder has one.

namespace yizhan {

enum class ModuleKind { kSoftware, kHardware };
// kPrepare and kInstall make and take a key's next generation; no key "can" them.
enum class KeyOperation { kSign, kDecryptOaep, kAgree, kPrepare, kInstall };

// What a module waits for before it works again.
enum class Waiting {
  kNothing,
  kPin,      // no PIN or passphrase, or a wrong one: it is not tried twice
  kLocked,   // the token has locked itself, or its next wrong PIN would
  kRemoved,  // card or reader gone
  kSilent,   // the last call has not come back
};

std::string_view code_of(ModuleKind kind);
std::string_view code_of(KeyOperation operation);
std::string_view code_of(Waiting waiting);
std::string_view code_of(KeyUse use);
std::string_view code_of(SignatureScheme scheme);
std::optional<KeyUse> find_key_use(std::string_view code);

struct ModuleDescription {
  ModuleKind kind = ModuleKind::kSoftware;
  std::string label;
  std::string serial;  // as registered with management
  std::string model;
  std::vector<std::string> mechanisms;  // as probed at start

  bool operator==(const ModuleDescription&) const = default;
};

// One private key, as its callers see it.
struct KeyDescription {
  std::string name;
  Certificate certificate;
  SignatureScheme scheme;  // of this key, if it may sign
  std::set<KeyOperation> operations;
  ModuleKind module_kind = ModuleKind::kSoftware;
  std::string module_serial;
};

// 1 to 64 of a–z, 0–9, "-", "_", ".": safe in file names, frames and journal lines. Behind it may
// stand the generation of a key that was renewed: "encrypt@2", "encrypt@3" (2 to 999).
bool is_key_name(std::string_view text);
// "encrypt" of "encrypt" and of "encrypt@2": the name that grants and settings know.
std::string_view base_name(std::string_view key);
int generation_of(std::string_view key);  // 1 of "encrypt", 2 of "encrypt@2"

// The next generation of a key: made, but without its certificate not in use yet.
struct NextKey {
  std::string name;  // "encrypt@2"
  Bytes request;     // DER of PKCS#10, for the authority
  Bytes vouched;     // CMS of it by a key that is known already, for management; the desk's part
};

// What a key of this kind may be asked, by its certificate's key usage. RSA signs with PSS.
SignatureScheme scheme_of(KeyKind kind);
std::set<KeyOperation> operations_of(const Certificate& certificate);
// kMalformed unless `input` has the length that the scheme signs.
Result<void> check_input(SignatureScheme scheme, ByteView input);

// Every member may be called from any thread. Operations refuse: kKeyUnknown, kTokenLocked,
// kKeyholderUnavailable (the module answered nonsense or nothing), kUnopenable (this key does not
// open that ciphertext or point: one answer for every cause).
class CryptoModule {
 public:
  virtual ~CryptoModule() = default;
  [[nodiscard]] virtual ModuleDescription description() const = 0;
  [[nodiscard]] virtual Waiting waiting() const = 0;
  [[nodiscard]] virtual std::vector<KeyDescription> keys() const = 0;
  [[nodiscard]] virtual std::optional<KeyDescription> find(const std::string& key) const = 0;
  virtual Result<Bytes> sign(const std::string& key, ByteView input) = 0;
  virtual Result<SecretBytes> decrypt_oaep(const std::string& key, ByteView ciphertext) = 0;
  virtual Result<SecretBytes> agree(const std::string& key, ByteView peer_point) = 0;
  // Reads keys and certificates again; asks for the PIN only if its file changed since a refusal.
  // Refuses kTokenLocked with the sentence that `yizhan status` shows.
  virtual Result<void> login() = 0;
  // Makes a key of the kind and with the subject of the newest generation of `key`, durably, or
  // finds the one that waits for its certificate already: asked twice, it is the same. Refuses
  // kKeyUnknown, kTokenLocked, kConflict (all generations used up), kForbidden (a card or HSM:
  // its keys are made with its maker's tools).
  virtual Result<NextKey> prepare(const std::string& key);
  // Takes the certificate for it; answers its name. The generations before it stay in use. Refuses
  // besides kCertificateUnregistered: it is not for the key that waits, or none does.
  virtual Result<std::string> install(const std::string& key, const Certificate& certificate);
};

}  // namespace yizhan
