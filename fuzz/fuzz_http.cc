#include <algorithm>

#include "fuzz/fuzzing.h"
#include "ground/net/http1.h"
#include "ground/net/net.h"

// Requests, whole and in pieces: however the bytes are cut, they mean the same or nothing.

namespace {

using namespace yizhan;

struct Meaning {
  bool complete = false;
  std::string path;
  Bytes body;

  bool operator==(const Meaning&) const = default;
};

Meaning read(ByteView bytes, std::size_t piece) {
  RequestReader reader(HeaderLimits{});
  Bytes unread;
  bool has_head = false;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    append(unread, bytes.subspan(at, std::min(piece, bytes.size() - at)));
    if (!has_head) {
      const Result<bool> head = reader.read_head(unread);
      if (!head) return {};
      if (!*head) continue;
      has_head = true;
      if (!reader.allow_body(1U << 16)) return {};
    }
    const Result<bool> whole = reader.read_body(unread);
    if (!whole) return {};
    if (*whole) return {true, reader.head().path, reader.take_body()};
  }
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  if (size == 0) return 0;
  const Meaning whole = read(bytes, size);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    require(read(bytes, piece) == whole);
  }
  return 0;
}
