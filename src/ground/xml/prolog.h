#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ground/xml/xml.h"

// Our own look at a document before libxml2 sees it: encoding, prolog grammar, limits.

namespace yizhan {

// A place in a text, knowing its line.
class XmlCursor {
 public:
  explicit XmlCursor(std::string_view text, int line = 1) : text_(text), line_(line) {}

  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  [[nodiscard]] int line() const { return line_; }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

  void skip(std::size_t count);
  bool take(std::string_view word);  // steps over it, if it stands here
  bool skip_space();                 // false if there was none
  bool skip_comment();               // false if none stands here or it does not end
  // Up to `end`, which is stepped over; nullopt if it never comes.
  std::optional<std::string_view> take_until(std::string_view end);
  std::string_view take_name();  // up to white space or a delimiter
  std::optional<std::string_view> take_quoted();

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  int line_;
};

// A document in UTF-8 without its XML declaration, which leaves its line breaks behind so that
// lines keep their numbers.
struct DecodedXml {
  XmlEncoding encoding = XmlEncoding::kUtf8;
  std::string text;
};

// Adds to `errors` and returns nullopt when the encoding is not one of ours or is broken.
std::optional<DecodedXml> decode_xml(ByteView bytes, std::vector<XmlError>& errors);

struct PrologScan {
  XmlProlog prolog;
  std::size_t body_at = 0;
  int body_line = 1;
};
std::optional<PrologScan> scan_prolog(const DecodedXml& xml, const XmlLimits& limits,
                                      std::vector<XmlError>& errors);

// Depth, attributes, entity references and processing instructions of the body.
bool scan_body(XmlCursor cursor, const XmlLimits& limits, std::vector<XmlError>& errors);

}  // namespace yizhan
