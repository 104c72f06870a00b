#include "role/cli/fetching.h"

#include "ground/crypto/crypto.h"

namespace yizhan {

namespace {

constexpr std::size_t kPieceBytes = 1U << 20;
// A name that no part and no file of an export can have: it begins with a dot.
constexpr const char* kPartialName = ".yizhan-partial";

Result<void> fetch_into(Session& session, const RemoteFile& remote, FileHandle& file,
                        Progress& progress) {
  Sha256Stream digest;
  std::uint64_t offset = 0;
  while (offset < remote.size) {
    const std::string path = remote.path + "?offset=" + std::to_string(offset);
    const Bytes piece =
        YZ_TRY(patiently<Bytes>([&] { return session.terminal().get_bytes(path); }));
    if (piece.empty() || offset + piece.size() > remote.size) {
      return Refusal{Reason::kLengthMismatch, remote.name};
    }
    digest.update(piece);
    file.append(piece);
    progress.add(piece.size());
    offset += piece.size();
  }
  if (digest.finish() != remote.sha256) return Refusal{Reason::kGroupMismatch, remote.name};
  file.sync();
  return {};
}

}  // namespace

Sha256 digest_of(const FileHandle& file) {
  Sha256Stream digest;
  for (std::uint64_t offset = 0;;) {
    const Bytes piece = file.read_at(offset, kPieceBytes);
    if (piece.empty()) return digest.finish();
    digest.update(piece);
    offset += piece.size();
  }
}

Result<void> fetch_file(Session& session, const RemoteFile& remote, const Folder& folder,
                        Progress& progress) {
  if (const auto there = folder.find(remote.name)) {
    if (there->size() != remote.size || digest_of(*there) != remote.sha256) {
      return Refusal{Reason::kConflict,
                     (folder.path() / remote.name).string() + " 已存在而內容不同，請換一個資料夾"};
    }
    progress.add(remote.size);
    return {};
  }
  FileHandle file = folder.open_for_writing(kPartialName);
  file.truncate(0);
  YZ_TRY(fetch_into(session, remote, file, progress));
  folder.rename(kPartialName, remote.name);
  return {};
}

}  // namespace yizhan
