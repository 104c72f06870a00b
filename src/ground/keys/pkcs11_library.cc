#include "ground/keys/pkcs11_library.h"

#include <p11-kit/p11-kit.h>

#include <stdexcept>

namespace yizhan {

std::shared_ptr<Pkcs11Library> Pkcs11Library::load(const std::filesystem::path& file) {
  CK_FUNCTION_LIST* functions =
      p11_kit_module_load(file.c_str(), P11_KIT_MODULE_UNMANAGED | P11_KIT_MODULE_CRITICAL);
  if (functions == nullptr) {
    const char* why = p11_kit_message();
    throw std::runtime_error("PKCS#11 程式庫 " + file.string() + " 無法載入：" +
                             (why != nullptr ? why : "格式不符"));
  }
  // Tokens of one library are served by one thread each.
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const CK_RV rv = functions->C_Initialize(&arguments);
  if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
    p11_kit_module_release(functions);
    throw std::runtime_error("PKCS#11 程式庫 " + file.string() + " 無法啟動，代碼 " +
                             std::to_string(rv));
  }
  auto library = std::make_shared<Pkcs11Library>(*functions);
  library->loaded_here_ = true;
  return library;
}

Pkcs11Library::~Pkcs11Library() {
  if (!loaded_here_) return;
  functions_->C_Finalize(nullptr);
  p11_kit_module_release(functions_);
}

}  // namespace yizhan
