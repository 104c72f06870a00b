#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "model/document/document.h"

// Any bytes: refused with words that can be shown, or read such that they can be written and read
// again. Seeds: tests/fixtures/documents.

namespace {

using namespace yizhan;

void require(bool holds) {
  if (!holds) std::abort();
}

template <class T>
void require_presentable(const Checked<T>& checked) {
  require(checked.ok() == checked.issues.empty());
  for (const Issue& issue : checked.issues) static_cast<void>(describe(issue).dump());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const auto document = parse_document(bytes);
  require_presentable(document);
  if (document.ok()) {
    static_cast<void>(describe(*document.value).dump());
    static_cast<void>(render_text(*document.value));
    static_cast<void>(cross_check(*document.value, nullptr, {}));
    const auto again = parse_document(write_document(*document.value));
    require(again.ok() && *again.value == *document.value);
  }
  const auto roster = parse_roster(bytes);
  require_presentable(roster);
  if (roster.ok()) {
    const auto again = parse_roster(write_roster(*roster.value));
    require(again.ok() && *again.value == *roster.value);
  }
  return 0;
}
