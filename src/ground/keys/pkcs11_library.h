#pragma once

#include <filesystem>
#include <memory>

struct _CK_FUNCTION_LIST;  // CK_FUNCTION_LIST of <p11-kit/pkcs11.h>

namespace yizhan {

// A vendor's PKCS#11 library, loaded and initialised once in the process, finalised at the end.
class Pkcs11Library {
 public:
  // shared_ptr: several tokens of one vendor share the library. Throws std::runtime_error.
  static std::shared_ptr<Pkcs11Library> load(const std::filesystem::path& file);
  // Functions that somebody else loads and initialises: how tests put a faulty module in between.
  explicit Pkcs11Library(_CK_FUNCTION_LIST& functions) : functions_(&functions) {}
  Pkcs11Library(const Pkcs11Library&) = delete;
  Pkcs11Library& operator=(const Pkcs11Library&) = delete;
  ~Pkcs11Library();

  [[nodiscard]] _CK_FUNCTION_LIST& functions() const { return *functions_; }

 private:
  _CK_FUNCTION_LIST* functions_;
  bool loaded_here_ = false;
};

}  // namespace yizhan
