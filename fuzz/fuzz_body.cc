#include "fuzz/fuzzing.h"
#include "ground/merkle/merkle.h"
#include "model/package/package.h"

// The inside of a body: whatever a sender who holds the key sealed, the reader ends with the parts
// that its manifest names, or refuses. The first byte chooses how much of the input is manifest.

namespace {

using namespace yizhan;

Header header_of(const Bytes& salt) {
  const std::string id = "0192f0c1-2b3c-7def-8abc-0123456789ab";
  const auto sender = OrgCode::parse("T01000000A").value();
  Header header{MessageId::parse(id).value(),
                DocumentId::parse(id).value(),
                sender,
                UnitCode::parse("").value(),
                {},
                CentreCode::parse("CENTRE-1").value(),
                {}, 1, true, {}, {}, {}, {}, {}, 0, salt, {}, {}, {}, 1, 1};
  return header;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 9) return 0;
  const ByteView plain(data, size);
  const SecretBytes content_key(Bytes(kContentKeySize, 7));
  Header header = header_of(Bytes(kChunkSaltSize, 9));
  ChunkedKey key =
      ChunkedKey::derive(content_key, header.salt, header.context().view()).value();
  header.commitment = Sha256{key.commitment()};
  header.plain_length = size;
  // The signed root is that of the manifest, if the length before it is true.
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) length = length << 8 | plain[i];
  if (length <= size - 8) header.plaintext_root = sha256(plain.subspan(8, length));
  Bytes cipher;
  ChunkedSealer sealer(std::move(key));
  const auto sink = [&](ByteView bytes) { append(cipher, bytes); };
  sealer.update(plain, sink);
  sealer.finish(sink);
  std::vector<Sha256> groups;
  for (std::uint64_t i = 0; i < group_count_of(size); ++i) {
    const auto at = static_cast<std::size_t>(i * kGroupBytes);
    groups.push_back(leaf_hash(
        ByteView(cipher).subspan(at, static_cast<std::size_t>(group_length_of(size, i)))));
  }
  header.cipher_root = merkle_root(groups);
  const BodySource source{header, groups, [&](std::uint64_t offset, std::size_t wanted) {
                            return copy_of(ByteView(cipher).subspan(
                                static_cast<std::size_t>(offset), wanted));
                          }};
  const auto opened = open_body(source, content_key, [] { return memory_file("fuzz"); });
  if (opened) {
    for (std::size_t i = 0; i < opened->parts.size(); ++i) {
      require(opened->parts[i].size() == opened->manifest.parts[i].length);
    }
  } else {
    require(opened.reason() == Reason::kUnopenable);
  }
  return 0;
}
