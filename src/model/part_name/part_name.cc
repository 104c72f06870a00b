#include "model/part_name/part_name.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr std::size_t kNameBytesMax = 200;

Refusal wrong_name(const char* what) {
  return {Reason::kAttachmentName, std::string("檔名") + what + "。"};
}

// Controls, format characters (bidi, zero width, byte order mark), line and paragraph separators,
// surrogates, what is shown as nothing (joiners, fillers, variation selectors), and what is no
// character at all. Private use stays: names of persons are written with it.
bool is_invisible(UChar32 c) {
  constexpr std::uint32_t kInvisible =
      U_GC_CC_MASK | U_GC_CF_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK | U_GC_CS_MASK;
  return (U_GET_GC_MASK(c) & kInvisible) != 0 ||
         u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0 || U_IS_UNICODE_NONCHAR(c);
}

Result<void> check_characters(const icu::UnicodeString& name) {
  for (int32_t place = 0; place < name.length(); place = name.moveIndex32(place, 1)) {
    const UChar32 c = name.char32At(place);
    if (is_invisible(c)) return wrong_name("含控制字元或隱形字元");
    if (c == '/' || c == '\\') return wrong_name("含路徑分隔符號");
    // XML 1.0, 4.2.2: a system identifier has no fragment, so no DI could name such a file.
    if (c == '#') return wrong_name("含 #");
    if (c < 0x80 && std::string_view("<>:\"|?*").find(static_cast<char>(c)) != std::string::npos) {
      return wrong_name("含 Windows 不允許之符號（< > : \" | ? *）");
    }
  }
  return {};
}

icu::UnicodeString decoded(std::string_view text) {
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

const icu::Normalizer2& nfc() {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFCInstance(error);
  if (U_FAILURE(error)) throw std::runtime_error("ICU has no NFC");
  return *normalizer;
}

bool is_white(UChar32 c) { return u_isUWhiteSpace(c) != 0; }

Result<void> check_ends(const icu::UnicodeString& name) {
  const UChar32 first = name.char32At(0);
  const UChar32 last = name.char32At(name.length() - 1);
  if (is_white(first) || is_white(last)) return wrong_name("之首尾不得為空白");
  if (first == '.' || last == '.') return wrong_name("之首尾不得為句點");
  return {};
}

// CON, PRN, AUX, NUL, COM1, LPT1 … mean devices to Windows whatever the extension.
bool is_device(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  while (stem.ends_with(' ')) stem.pop_back();
  std::transform(stem.begin(), stem.end(), stem.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  constexpr std::array<std::string_view, 7> kDevices{"CON",    "PRN",    "AUX",    "NUL",
                                                     "CLOCK$", "CONIN$", "CONOUT$"};
  if (std::find(kDevices.begin(), kDevices.end(), stem) != kDevices.end()) return true;
  if (!stem.starts_with("COM") && !stem.starts_with("LPT")) return false;
  const std::string_view number = std::string_view(stem).substr(3);
  return (number.size() == 1 && number[0] >= '0' && number[0] <= '9') || number == "\u00b9" ||
         number == "\u00b2" || number == "\u00b3";
}

}  // namespace

Result<void> check_part_name(std::string_view name) {
  if (name.empty()) return wrong_name("為空");
  if (name.size() > kNameBytesMax) return wrong_name("超過 200 位元組（約 66 個中文字）");
  const icu::UnicodeString text = decoded(name);
  std::string back;
  if (text.toUTF8String(back) != name) return wrong_name("不是有效之 UTF-8");
  YZ_TRY(upheld("part_name_characters", check_characters(text)));
  UErrorCode error = U_ZERO_ERROR;
  if (nfc().isNormalized(text, error) == 0 || U_FAILURE(error)) {
    return wrong_name("未採 Unicode 正規化形式 C（NFC），請重新命名");
  }
  YZ_TRY(check_ends(text));
  if (is_device(name)) return wrong_name("為 Windows 保留之裝置名稱");
  return {};
}

std::string folded_name(std::string_view name) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::UnicodeString folded = nfc().normalize(decoded(name).foldCase(), error);
  if (U_FAILURE(error)) throw std::runtime_error("ICU cannot normalise");
  std::string text;
  return folded.toUTF8String(text);
}

}  // namespace yizhan
