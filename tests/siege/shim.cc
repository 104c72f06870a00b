#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <tuple>

// A PKCS#11 module that forwards to another and lies as it is told: what the keyholder loads
// instead of SoftHSM2. YIZHAN_SHIM_REAL names the other; YIZHAN_SHIM_CONTROL a file of words
// "fault number", read at every call:
//
//   sign N     C_Sign does nothing and answers N, after C_SignInit went well: in mid-operation
//   open N     C_Decrypt and C_DeriveKey do nothing and answer N
//   login N    C_Login does not offer the PIN and answers N
//   info N     C_GetTokenInfo answers N: no card
//   spoil 1    what C_Sign, C_Decrypt and C_DeriveKey give is wrong in one bit
//   cut 1      what C_Sign gives is one octet short
//   slow N     C_Sign, C_Decrypt and C_DeriveKey take N milliseconds more
//
// Every use of a key and every PIN leaves a line in YIZHAN_SHIM_CALLS: "sign 0" is a signature that
// was made, "login 0" a PIN that was taken.

namespace {

CK_FUNCTION_LIST* real() {
  static CK_FUNCTION_LIST* const list = [] {
    CK_FUNCTION_LIST* found = nullptr;
    void* const library = ::dlopen(std::getenv("YIZHAN_SHIM_REAL"), RTLD_NOW | RTLD_LOCAL);
    void* const symbol = library == nullptr ? nullptr : ::dlsym(library, "C_GetFunctionList");
    if (symbol == nullptr) std::abort();
    reinterpret_cast<CK_C_GetFunctionList>(symbol)(&found);
    return found;
  }();
  return list;
}

std::map<std::string, unsigned long> faults() {
  std::map<std::string, unsigned long> faults;
  std::ifstream control(std::getenv("YIZHAN_SHIM_CONTROL"));
  std::string fault;
  unsigned long number = 0;
  while (control >> fault >> number) faults[fault] = number;
  return faults;
}

CK_RV told(const std::string& call, CK_RV answer) {
  const std::string line = call + " " + std::to_string(answer) + "\n";
  const int file =
      ::open(std::getenv("YIZHAN_SHIM_CALLS"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0 || ::write(file, line.data(), line.size()) < 0) std::abort();
  ::close(file);
  return answer;
}

CK_RV shim_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG size) {
  const auto now = faults();
  if (now.contains("login")) return told("login", now.at("login"));
  return told("login", real()->C_Login(session, user, pin, size));
}

CK_RV shim_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  const auto now = faults();
  return now.contains("info") ? now.at("info") : real()->C_GetTokenInfo(slot, info);
}

// Signing and decrypting: session, input and its size, then where the result goes and its size.
template <class... Arguments>
void spoil(Arguments... all) {
  const auto given = std::tuple(all...);
  std::get<3>(given)[*std::get<4>(given) / 2] ^= 1;
}

void dawdle(const std::map<std::string, unsigned long>& now) {
  if (now.contains("slow")) std::this_thread::sleep_for(std::chrono::milliseconds(now.at("slow")));
}

template <class... Arguments>
CK_RV shim_sign(Arguments... all) {
  const auto now = faults();
  dawdle(now);
  if (now.contains("sign")) return told("sign", now.at("sign"));
  const CK_RV answer = real()->C_Sign(all...);
  if (answer == CKR_OK && now.contains("spoil")) spoil(all...);
  if (answer == CKR_OK && now.contains("cut")) --*std::get<4>(std::tuple(all...));
  return told("sign", answer);
}

template <class... Arguments>
CK_RV shim_decrypt(Arguments... all) {
  const auto now = faults();
  dawdle(now);
  if (now.contains("open")) return told("decrypt", now.at("open"));
  const CK_RV answer = real()->C_Decrypt(all...);
  if (answer == CKR_OK && now.contains("spoil")) spoil(all...);
  return told("decrypt", answer);
}

template <class... Arguments>
CK_RV shim_derive(Arguments... all) {
  const auto now = faults();
  dawdle(now);
  if (now.contains("open")) return told("derive", now.at("open"));
  return told("derive", real()->C_DeriveKey(all...));
}

// The derived secret is read as an attribute.
CK_RV shim_attribute(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* wish,
                     CK_ULONG count) {
  const CK_RV answer = real()->C_GetAttributeValue(session, object, wish, count);
  const bool secret = answer == CKR_OK && count == 1 && wish->type == CKA_VALUE &&
                      wish->pValue != nullptr && wish->ulValueLen == 32;
  if (secret && faults().contains("spoil")) static_cast<CK_BYTE*>(wish->pValue)[7] ^= 1;
  return answer;
}

}  // namespace

extern "C" CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  static CK_FUNCTION_LIST shim = [] {
    CK_FUNCTION_LIST copy = *real();
    copy.C_GetFunctionList = C_GetFunctionList;
    copy.C_Login = shim_login;
    copy.C_GetTokenInfo = shim_token_info;
    copy.C_Sign = shim_sign;
    copy.C_Decrypt = shim_decrypt;
    copy.C_DeriveKey = shim_derive;
    copy.C_GetAttributeValue = shim_attribute;
    return copy;
  }();
  *list = &shim;
  return CKR_OK;
}
