#include <algorithm>
#include <array>

#include "ground/control/control.h"

#include "ground/xml/prolog.h"

// libxml2 compares every attribute of an element with every other before it looks at anything
// else, and goes 256 levels deep: both are bounded here, in one pass over the text. What is not
// well-formed is left to libxml2 to name, unless this scanner would lose its way.

namespace yizhan {
namespace {

class BodyScanner {
 public:
  BodyScanner(XmlCursor cursor, const XmlLimits& limits, std::vector<XmlError>& errors)
      : cursor_(cursor), limits_(limits), errors_(errors) {}

  bool scan() {
    while (!cursor_.at_end()) {
      if (!step()) return false;
    }
    return true;
  }

 private:
  bool refuse(XmlFault fault, std::string_view found) {
    errors_.push_back({fault, cursor_.line(), std::string(name_), std::string(found), {}});
    return false;
  }

  bool step() {
    const std::string_view rest = cursor_.rest();
    if (rest.front() == '&') return reference();
    if (rest.front() != '<') {
      cursor_.skip(std::min(rest.find_first_of("<&"), rest.size()));
      return true;
    }
    if (rest.starts_with("<!--"))
      return cursor_.skip_comment() || refuse(XmlFault::kMalformed, "<!--");
    if (cursor_.take("<![CDATA[")) {
      return cursor_.take_until("]]>").has_value() || refuse(XmlFault::kMalformed, "<![CDATA[");
    }
    if (rest.starts_with("<?")) return refuse(XmlFault::kProcessingInstruction, "<?");
    if (rest.starts_with("<!")) return refuse(XmlFault::kMalformed, "<!");
    if (cursor_.take("</")) {
      --depth_;
      return cursor_.take_until(">").has_value() || refuse(XmlFault::kMalformed, "</");
    }
    cursor_.skip(1);
    return tag();
  }

  // &amp; &#20013; and their like; every other entity is refused.
  bool reference() {
    const std::string_view rest = cursor_.rest();
    constexpr std::array<std::string_view, 6> kKnown = {"&amp;",  "&lt;",   "&gt;",
                                                        "&apos;", "&quot;", "&#"};
    if (std::none_of(kKnown.begin(), kKnown.end(),
                     [&](std::string_view known) { return rest.starts_with(known); })) {
      return refuse(XmlFault::kEntityReference, rest.substr(0, rest.find_first_of("; \t\r\n<\"'")));
    }
    cursor_.skip(1);
    return true;
  }

  bool tag() {
    name_ = cursor_.take_name();
    const bool flat = ++depth_ <= limits_.depth_max;
    if (!upheld("xml_depth", flat)) return refuse(XmlFault::kTooDeep, name_);
    int attributes = 0;
    while (!cursor_.take(">")) {
      if (cursor_.at_end()) return refuse(XmlFault::kMalformed, "<");
      if (cursor_.take("/>")) {
        --depth_;
        return true;
      }
      const char c = cursor_.peek();
      if (c == '<') return refuse(XmlFault::kMalformed, "<");
      if (c == '=' && ++attributes > limits_.attributes_max) {
        return refuse(XmlFault::kTooManyAttributes, name_);
      }
      if (c != '"' && c != '\'') {
        cursor_.skip(1);
      } else if (!value()) {
        return false;
      }
    }
    return true;
  }

  bool value() {
    const XmlCursor start = cursor_;
    const auto text = cursor_.take_quoted();
    if (!text) return refuse(XmlFault::kMalformed, "\"");
    if (text->find('<') != std::string_view::npos) return refuse(XmlFault::kMalformed, "<");
    const XmlCursor end = cursor_;
    cursor_ = start;
    while (cursor_.at() < end.at()) {
      const std::string_view left = cursor_.rest().substr(0, end.at() - cursor_.at());
      cursor_.skip(std::min(left.find('&'), left.size()));
      if (cursor_.at() < end.at() && !reference()) return false;
    }
    return true;
  }

  XmlCursor cursor_;
  const XmlLimits& limits_;
  std::vector<XmlError>& errors_;
  int depth_ = 0;
  std::string_view name_;
};

}  // namespace

bool scan_body(XmlCursor cursor, const XmlLimits& limits, std::vector<XmlError>& errors) {
  return BodyScanner(cursor, limits, errors).scan();
}

}  // namespace yizhan
