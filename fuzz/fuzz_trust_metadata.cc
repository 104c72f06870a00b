#include "fuzz/fuzzing.h"
#include "ground/trust/trust.h"

// Metadata of a repository, out of a stranger's folder or over the network.

namespace yizhan {
namespace {

// What is read can be written, and what is written reads as the same.
template <class Kind>
void try_kind(const Json& content) {
  const auto first = Kind::parse(content);
  if (!first) return;
  const Json written = first->describe();
  const auto again = Kind::parse(written);
  require(again.ok() && again->describe() == written);
}

}  // namespace
}  // namespace yizhan

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const auto metadata = SignedMetadata::parse(ByteView(data, size));
  if (!metadata) return 0;
  const auto again = SignedMetadata::parse(metadata->bytes());
  require(again.ok() && again->content() == metadata->content());
  const Json& content = metadata->content();
  try_kind<RootMetadata>(content);
  try_kind<TimestampMetadata>(content);
  try_kind<SnapshotMetadata>(content);
  try_kind<TargetsMetadata>(content);
  if (const auto root = RootMetadata::parse(content)) {
    // Nobody who makes up bytes has signed them.
    const auto signers = metadata->signers(root->root, root->keys);
    require(signers.size() <= root->root.key_ids.size());
  }
  return 0;
}
