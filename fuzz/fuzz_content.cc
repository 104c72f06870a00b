#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzzing.h"
#include "model/content/content.h"

// An attachment of any type that Yizhan knows: the first byte says what its name ends with. And
// what the confined child that judges it may answer.

namespace {

using namespace yizhan;

ContentPolicy small_policy() {
  ContentPolicy policy;
  policy.archive = {.members_max = 100, .depth_max = 4, .unpacked_bytes_max = 4U << 20,
                    .member_bytes_max = 1U << 20, .nested_bytes_max = 1U << 20};
  return policy;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ContentPolicy policy = small_policy();
  const ByteView bytes(data, size);
  static_cast<void>(parse_part_answer(bytes).ok());
  if (size == 0) return 0;
  const auto types = known_content_types();
  const ContentType& type = types[data[0] % types.size()];
  const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
  require(::write(file, data + 1, size - 1) == static_cast<ssize_t>(size - 1));
  const auto facts = judge_part("附件." + std::string(type.extension), file, policy);
  ::close(file);
  if (!facts) return 0;
  require(facts->kind == type.kind && facts->preferred == type.preferred);
  require(facts->inventory.members <= 100 && facts->inventory.bytes <= 4U << 20);
  return 0;
}
