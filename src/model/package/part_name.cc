#include "model/package/part_name.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "model/package/limits.h"
#include "model/package/manifest.h"

namespace yizhan {

namespace {

icu::UnicodeString decoded(std::string_view text) {
  return icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
}

const icu::Normalizer2& nfc() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFCInstance(status);
  YZ_ASSERT(U_SUCCESS(status) != 0);
  return *normalizer;
}

// Controls, format characters (bidi, zero width), surrogates, private use, separators of lines.
bool is_hidden(UChar32 c) {
  constexpr std::uint32_t kHidden =
      U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CS_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK | U_GC_CN_MASK;
  return (U_GET_GC_MASK(c) & kHidden) != 0;
}

bool is_separator(UChar32 c) {
  constexpr std::u32string_view kSeparators = U"/\\:*?\"<>|";
  return kSeparators.find(static_cast<char32_t>(c)) != std::u32string_view::npos;
}

Refusal bad_name(std::string_view what) {
  return Refusal{Reason::kAttachmentName, std::string(what)};
}

}  // namespace

std::string folded_name(std::string_view name) {
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString folded = nfc().normalize(decoded(name).foldCase(), status);
  YZ_ASSERT(U_SUCCESS(status) != 0);
  std::string text;
  return folded.toUTF8String(text);
}

Result<void> check_part_name(std::string_view name) {
  if (name.empty() || name.size() > kPackageLimits.part_name_bytes_max) {
    return bad_name("檔名須為 1 至 200 位元組");
  }
  const icu::UnicodeString text = decoded(name);
  std::string again;
  if (text.toUTF8String(again) != name) return bad_name("檔名不是正確之 UTF-8");
  UErrorCode status = U_ZERO_ERROR;
  if (nfc().isNormalized(text, status) == 0) return bad_name("檔名須為 NFC 正規化形式");
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    if (is_separator(c)) return bad_name("檔名含有路徑或保留符號");
    if (is_hidden(c)) return bad_name("檔名含有控制或隱藏字元");
  }
  const bool edges = name.front() == '.' || name.back() == '.' || name.front() == ' ' ||
                     name.back() == ' ';
  if (edges) return bad_name("檔名不得以點或空白開頭或結尾");
  return {};
}

}  // namespace yizhan
