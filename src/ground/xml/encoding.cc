#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#include <memory>
#include <stdexcept>

#include "ground/xml/xml.h"

namespace yizhan {
namespace {

// What documents call Big5 is Microsoft's code page 950 in practice.
constexpr const char* kBig5Converter = "windows-950-2000";

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

void require_success(UErrorCode status, const char* what) {
  if (U_FAILURE(status)) throw std::runtime_error(std::string(what) + ": " + u_errorName(status));
}

Converter open_big5() {
  UErrorCode status = U_ZERO_ERROR;
  Converter converter(ucnv_open(kBig5Converter, &status));
  require_success(status, "ICU has no converter for code page 950");
  return converter;
}

bool is_strict_utf8(ByteView bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    UChar32 c = 0;
    U8_NEXT(bytes.data(), i, bytes.size(), c);
    if (c < 0) return false;
  }
  return true;
}

std::optional<std::string> decode_big5(ByteView bytes) {
  const Converter converter = open_big5();
  UErrorCode status = U_ZERO_ERROR;
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  std::u16string wide(bytes.size() + 1, u'\0');
  const auto length = ucnv_toUChars(converter.get(), wide.data(), static_cast<int32_t>(wide.size()),
                                    reinterpret_cast<const char*>(bytes.data()),
                                    static_cast<int32_t>(bytes.size()), &status);
  if (U_FAILURE(status)) return std::nullopt;
  wide.resize(static_cast<std::size_t>(length));
  // ICU lets the bytes 80 and FF pass, which code page 950 does not define.
  if (wide.find_first_of(u"\u0080\uF8F8") != std::u16string::npos) return std::nullopt;
  std::string text(static_cast<std::size_t>(length) * 3 + 1, '\0');
  int32_t text_length = 0;
  u_strToUTF8(text.data(), static_cast<int32_t>(text.size()), &text_length, wide.data(), length,
              &status);
  if (U_FAILURE(status)) return std::nullopt;
  text.resize(static_cast<std::size_t>(text_length));
  return text;
}

std::u16string to_utf16(std::string_view utf8) {
  UErrorCode status = U_ZERO_ERROR;
  std::u16string wide(utf8.size() + 1, u'\0');
  int32_t length = 0;
  u_strFromUTF8(wide.data(), static_cast<int32_t>(wide.size()), &length, utf8.data(),
                static_cast<int32_t>(utf8.size()), &status);
  if (U_FAILURE(status)) throw std::invalid_argument("text is not valid UTF-8");
  wide.resize(static_cast<std::size_t>(length));
  return wide;
}

// nullopt only if `on_missing` stops.
std::optional<Bytes> encode_big5(std::string_view utf8, UConverterFromUCallback on_missing) {
  const std::u16string wide = to_utf16(utf8);
  const Converter converter = open_big5();
  UErrorCode status = U_ZERO_ERROR;
  // Decimal references; no mapping that would not come back.
  ucnv_setFallback(converter.get(), 0);
  ucnv_setFromUCallBack(converter.get(), on_missing, UCNV_ESCAPE_XML_DEC, nullptr, nullptr,
                        &status);
  require_success(status, "cannot prepare the converter");
  Bytes bytes(wide.size() * 10 + 1);
  const auto length = ucnv_fromUChars(converter.get(), reinterpret_cast<char*>(bytes.data()),
                                      static_cast<int32_t>(bytes.size()), wide.data(),
                                      static_cast<int32_t>(wide.size()), &status);
  if (status == U_INVALID_CHAR_FOUND) return std::nullopt;
  require_success(status, "cannot encode");
  bytes.resize(static_cast<std::size_t>(length));
  return bytes;
}

}  // namespace

std::optional<std::string> decode(ByteView bytes, XmlEncoding encoding) {
  if (encoding == XmlEncoding::kBig5) return decode_big5(bytes);
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  std::string_view text = text_of(bytes);
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  if (!is_strict_utf8(bytes)) return std::nullopt;
  return std::string(text);
}

Bytes encode(std::string_view utf8, XmlEncoding encoding) {
  if (encoding == XmlEncoding::kBig5) return *encode_big5(utf8, UCNV_FROM_U_CALLBACK_ESCAPE);
  if (!is_strict_utf8(bytes_of(utf8))) throw std::invalid_argument("text is not valid UTF-8");
  return copy_of(bytes_of(utf8));
}

bool can_express(std::string_view utf8, XmlEncoding encoding) {
  return encoding == XmlEncoding::kUtf8 || encode_big5(utf8, UCNV_FROM_U_CALLBACK_STOP).has_value();
}

}  // namespace yizhan
