#include "ground/keys/pkcs11_token.h"

#include <p11-kit/pkcs11.h>

#include <algorithm>

#include "ground/control/control.h"
#include "ground/keys/secret_file.h"

namespace yizhan {

namespace {

constexpr auto kLoginPause = std::chrono::seconds(2);  // between automatic attempts

// A fixed field of PKCS#11: padded with blanks, not terminated, of any content.
template <std::size_t N>
std::string field(const unsigned char (&raw)[N]) {
  std::string text;
  for (const unsigned char c : raw) {
    const bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
    text.push_back(plain ? static_cast<char>(c) : '?');
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

struct MechanismName {
  CK_MECHANISM_TYPE type;
  std::string_view name;
};

constexpr MechanismName kMechanisms[] = {
    {CKM_ECDSA, "ECDSA"},
    {CKM_ECDH1_DERIVE, "ECDH1_DERIVE"},
    {CKM_RSA_PKCS_PSS, "RSA_PKCS_PSS"},
    {CKM_RSA_PKCS, "RSA_PKCS"},
    {CKM_RSA_PKCS_OAEP, "RSA_PKCS_OAEP"},
    {CKM_RSA_X_509, "RSA_X_509"},
};

}  // namespace

Pkcs11Token::Pkcs11Token(std::shared_ptr<Pkcs11Library> library, Pkcs11Settings settings)
    : library_(std::move(library)), call_(library_->functions()), settings_(std::move(settings)) {
  auto state = std::make_shared<Pkcs11State>();
  state->description.kind = ModuleKind::kHardware;
  state->description.label = settings_.token;
  state_ = state;
}

Pkcs11Token::~Pkcs11Token() { close_session(); }

Result<void> Pkcs11Token::login() {
  close_session();
  next_login_ = std::chrono::steady_clock::now() + kLoginPause;
  const auto slot = find_slot();
  if (!slot) {
    return wait(Waiting::kRemoved, "找不到憑證卡或模組「" + settings_.token + "」，請插入。");
  }
  const CK_RV opened = call_.C_OpenSession(*slot, CKF_SERIAL_SESSION, nullptr, nullptr, &session_);
  if (opened != CKR_OK) {
    session_ = CK_INVALID_HANDLE;
    return wait(Waiting::kRemoved, "憑證卡或模組「" + settings_.token + "」無法連線，代碼 " +
                                       std::to_string(opened) + "，請檢查讀卡機。");
  }
  auto state = std::make_shared<Pkcs11State>();
  state->description = describe(*slot);
  state_ = state;
  YZ_TRY(enter_pin(*slot));
  load_keys(state->description.serial);
  state->waiting = Waiting::kNothing;
  for (const auto& [name, key] : keys_) state->keys.emplace(name, key.description);
  return {};
}

Result<void> Pkcs11Token::be_ready() {
  if (session_ != CK_INVALID_HANDLE) return {};
  if (std::chrono::steady_clock::now() < next_login_) {
    return Refusal{Reason::kTokenLocked, "憑證卡或模組「" + settings_.token + "」待處理（" +
                                             std::string(code_of(state_->waiting)) +
                                             "），請以 yizhan status 查看。"};
  }
  return login();
}

std::optional<Pkcs11Token::Handle> Pkcs11Token::find_slot() const {
  CK_ULONG count = 0;
  if (call_.C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK) return std::nullopt;
  std::vector<CK_SLOT_ID> slots(count);
  if (call_.C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) return std::nullopt;
  slots.resize(std::min<std::size_t>(count, slots.size()));
  for (const CK_SLOT_ID slot : slots) {
    CK_TOKEN_INFO token{};
    const bool read = call_.C_GetTokenInfo(slot, &token) == CKR_OK;
    if (read && field(token.label) == settings_.token) return slot;
  }
  return std::nullopt;
}

ModuleDescription Pkcs11Token::describe(Handle slot) {
  CK_TOKEN_INFO token{};
  call_.C_GetTokenInfo(slot, &token);
  CK_ULONG count = 0;
  call_.C_GetMechanismList(slot, nullptr, &count);
  std::vector<CK_MECHANISM_TYPE> mechanisms(count);
  const bool listed = call_.C_GetMechanismList(slot, mechanisms.data(), &count) == CKR_OK;
  mechanisms.resize(listed ? std::min<std::size_t>(count, mechanisms.size()) : 0);
  mechanisms_ = {mechanisms.begin(), mechanisms.end()};
  ModuleDescription description{.kind = ModuleKind::kHardware,
                                .label = field(token.label),
                                .serial = field(token.serialNumber),
                                .model = field(token.manufacturerID) + " " + field(token.model),
                                .mechanisms = {}};
  for (const MechanismName& known : kMechanisms) {
    if (has_mechanism(known.type)) description.mechanisms.emplace_back(known.name);
  }
  return description;
}

bool Pkcs11Token::has_mechanism(unsigned long mechanism) const {
  return mechanisms_.contains(mechanism);
}

Result<void> Pkcs11Token::enter_pin(Handle slot) {
  CK_TOKEN_INFO token{};
  if (call_.C_GetTokenInfo(slot, &token) != CKR_OK) {
    return wait(Waiting::kRemoved, "憑證卡或模組「" + settings_.token + "」已移除，請插入。");
  }
  if ((token.flags & CKF_LOGIN_REQUIRED) == 0) return {};
  if ((token.flags & CKF_USER_PIN_LOCKED) != 0) {
    // It will say when it is unlocked, so what it refused for being locked is not counted any more.
    if (refused_as_ == Waiting::kLocked) refused_pin_.reset();
    return wait_locked();
  }
  if ((token.flags & CKF_USER_PIN_FINAL_TRY) != 0) {
    return wait(Waiting::kLocked, "憑證卡「" + settings_.token +
                                      "」只剩一次 PIN 機會，不自動嘗試；請由保管人確認 PIN。");
  }
  return offer_pin();
}

Result<void> Pkcs11Token::offer_pin() {
  std::error_code missing;
  const auto written = std::filesystem::last_write_time(settings_.pin_file, missing);
  if (!upheld("pin_once", missing || refused_pin_ != written)) {
    if (refused_as_ == Waiting::kLocked) return wait_locked();
    return wait(Waiting::kPin,
                "憑證卡「" + settings_.token + "」之 PIN 錯誤，為免鎖卡不再嘗試；請更正 PIN 檔。");
  }
  auto pin = read_secret(settings_.pin_file);
  if (!pin) return wait(Waiting::kPin, pin.refusal().detail);
  const CK_RV rv =
      call_.C_Login(session_, CKU_USER, pin->writable().data(), pin->writable().size());
  if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN) {
    refused_pin_.reset();
    return {};
  }
  if (rv == CKR_PIN_LOCKED) {
    // Not every token shows this in its flags: the PIN is not offered to such a one again.
    refused_pin_ = written;
    refused_as_ = Waiting::kLocked;
    return wait_locked();
  }
  if (rv == CKR_DEVICE_REMOVED || rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_DEVICE_ERROR) {
    return wait(Waiting::kRemoved, "憑證卡或模組「" + settings_.token + "」已移除，請插入。");
  }
  // Whatever else the token says of this PIN, saying it again might lock it.
  refused_pin_ = written;
  refused_as_ = Waiting::kPin;
  return wait(Waiting::kPin, "憑證卡「" + settings_.token + "」不接受 PIN（代碼 " +
                                 std::to_string(rv) + "），請更正 PIN 檔。");
}

Refusal Pkcs11Token::wait_locked() {
  return wait(Waiting::kLocked, "憑證卡「" + settings_.token + "」已鎖卡，請依程序解鎖。");
}

Refusal Pkcs11Token::wait(Waiting waiting, const std::string& sentence) {
  close_session();
  auto state = std::make_shared<Pkcs11State>(*state_);
  state->waiting = waiting;
  state->keys.clear();
  state_ = state;
  return Refusal{Reason::kTokenLocked, sentence};
}

void Pkcs11Token::close_session() {
  keys_.clear();
  if (session_ == CK_INVALID_HANDLE) return;
  call_.C_CloseSession(session_);
  session_ = CK_INVALID_HANDLE;
}

}  // namespace yizhan
