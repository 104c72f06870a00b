#include "model/package/body.h"

#include <algorithm>

#include "ground/control/control.h"
#include "ground/merkle/merkle.h"
#include "model/package/limits.h"

namespace yizhan {

namespace {

constexpr std::size_t kReadBytes = 256U << 10;

Refusal unopenable(std::string_view step) {
  return Refusal{Reason::kUnopenable, std::string(step)};
}

// Hashes ciphertext by groups while it passes.
class GroupHasher {
 public:
  void update(ByteView bytes) {
    while (!bytes.empty()) {
      const std::size_t room = static_cast<std::size_t>(kGroupBytes) - filled_;
      const ByteView taken = bytes.first(std::min(room, bytes.size()));
      if (filled_ == 0) start();
      hash_.update(taken);
      filled_ += taken.size();
      bytes = bytes.subspan(taken.size());
      if (filled_ == kGroupBytes) finish_group();
    }
  }
  std::vector<Sha256> finish() {
    if (filled_ > 0) finish_group();
    return std::move(groups_);
  }

 private:
  void start() {
    constexpr std::uint8_t kLeafPrefix[] = {0};  // RFC 9162 §2.1.1
    hash_ = Sha256Stream();
    hash_.update(kLeafPrefix);
  }
  void finish_group() {
    groups_.push_back(hash_.finish());
    filled_ = 0;
  }

  Sha256Stream hash_;
  std::size_t filled_ = 0;
  std::vector<Sha256> groups_;
};

// Takes the plaintext stream apart: length, manifest (its root checked before it is read), parts.
class PlaintextSplitter {
 public:
  PlaintextSplitter(const Header& header, const NewQuarantineFile& new_file)
      : header_(header), new_file_(new_file) {}

  Result<void> take(ByteView plain) {
    while (!plain.empty()) {
      if (!manifest_) {
        YZ_TRY(take_front(plain));
      } else {
        YZ_TRY(take_part(plain));
      }
    }
    return {};
  }

  Result<OpenedBody> finish() {
    if (!manifest_) return unopenable("步驟 11：清單不完整");
    YZ_TRY(close_full_parts());
    if (index_ != manifest_->parts.size()) return unopenable("步驟 11：檔案不完整");
    return OpenedBody{std::move(*manifest_), std::move(files_)};
  }

 private:
  Result<void> take_front(ByteView& plain) {
    const std::size_t wanted = front_wanted_ - front_.size();
    const ByteView taken = plain.first(std::min(wanted, plain.size()));
    append(front_, taken);
    plain = plain.subspan(taken.size());
    if (front_.size() < front_wanted_) return {};
    if (front_wanted_ == 8) return read_length();
    return read_manifest();
  }

  Result<void> read_length() {
    const std::uint64_t length = read_u64_be(front_);
    if (length < 2 || length > kPackageLimits.manifest_bytes_max) {
      return unopenable("步驟 11：清單長度不符");
    }
    front_wanted_ = static_cast<std::size_t>(8 + length);
    return {};
  }

  Result<void> read_manifest() {
    const ByteView json = ByteView(front_).subspan(8);
    if (!upheld("plaintext_root", sha256(json) == header_.plaintext_root)) {
      return unopenable("步驟 11：清單雜湊不符");
    }
    Result<Manifest> manifest = Manifest::parse(json);
    if (!manifest) return unopenable("步驟 11：" + manifest.refusal().detail);
    std::uint64_t total = front_.size();
    for (const Part& part : manifest->parts) total += part.length;
    if (total != header_.plain_length) return unopenable("步驟 11：總長度不符");
    manifest_ = std::move(*manifest);
    return {};
  }

  Result<void> take_part(ByteView& plain) {
    YZ_TRY(close_full_parts());
    if (index_ == manifest_->parts.size()) return unopenable("步驟 11：多餘內容");
    open_part();
    const std::uint64_t room = manifest_->parts[index_].length - part_bytes_;
    const ByteView taken =
        plain.first(static_cast<std::size_t>(std::min<std::uint64_t>(room, plain.size())));
    files_.back().write_at(part_bytes_, taken);
    hash_.update(taken);
    part_bytes_ += taken.size();
    plain = plain.subspan(taken.size());
    return {};
  }

  // Also steps over parts of length zero, which receive no bytes.
  Result<void> close_full_parts() {
    while (index_ < manifest_->parts.size() && part_bytes_ == manifest_->parts[index_].length) {
      open_part();
      if (!upheld("part_hash", hash_.finish() == manifest_->parts[index_].sha256)) {
        return unopenable("步驟 11：檔案雜湊不符");
      }
      ++index_;
      part_bytes_ = 0;
    }
    return {};
  }

  void open_part() {
    if (files_.size() > index_) return;
    files_.push_back(new_file_());
    hash_ = Sha256Stream();
  }

  const Header& header_;
  const NewQuarantineFile& new_file_;
  Bytes front_;
  std::size_t front_wanted_ = 8;
  std::optional<Manifest> manifest_;
  std::vector<FileHandle> files_;
  std::size_t index_ = 0;
  std::uint64_t part_bytes_ = 0;
  Sha256Stream hash_;
};

}  // namespace

std::uint64_t group_count_of(std::uint64_t plain_length) {
  return (cipher_length(plain_length) + kGroupBytes - 1) / kGroupBytes;
}

std::uint64_t group_length_of(std::uint64_t plain_length, std::uint64_t index) {
  const std::uint64_t whole = cipher_length(plain_length), start = index * kGroupBytes;
  return start >= whole ? 0 : std::min(kGroupBytes, whole - start);
}

Result<void> check_groups(const Header& header, std::span<const Sha256> groups) {
  if (groups.size() != group_count_of(header.plain_length)) {
    return Refusal{Reason::kLengthMismatch, "內容段數不符"};
  }
  if (!upheld("cipher_root", merkle_root(groups) == header.cipher_root)) {
    return Refusal{Reason::kGroupMismatch, "內容段雜湊清單與標頭不符"};
  }
  return {};
}

ReadBody read_body_from(const FileHandle& file) {
  return [&file](std::uint64_t offset, std::size_t length) { return file.read_at(offset, length); };
}

BodyFacts write_body(const BodyPlan& plan, std::span<const FileHandle> parts, FileHandle& cipher) {
  YZ_ASSERT(parts.size() == plan.manifest.parts.size());
  ChunkedKey key = ChunkedKey::derive(plan.content_key, plan.salt, plan.context.view()).value();
  const Sha256 commitment{key.commitment()};
  ChunkedSealer sealer(std::move(key));
  GroupHasher hasher;
  std::uint64_t offset = 0;
  const auto sink = [&](ByteView bytes) {
    cipher.write_at(offset, bytes);
    offset += bytes.size();
    hasher.update(bytes);
  };
  const Bytes manifest = plan.manifest.json();
  Bytes front;
  append_u64_be(front, manifest.size());
  append(front, manifest);
  sealer.update(front, sink);
  std::uint64_t plain_length = front.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Part& part = plan.manifest.parts[i];
    Sha256Stream hash;
    for (std::uint64_t at = 0; at < part.length;) {
      const auto wanted = static_cast<std::size_t>(
          std::min<std::uint64_t>(kReadBytes, part.length - at));
      const Bytes bytes = parts[i].read_at(at, wanted);
      if (bytes.size() != wanted) throw std::runtime_error("檔案於封裝期間變短：" + part.name);
      hash.update(bytes);
      sealer.update(bytes, sink);
      at += bytes.size();
    }
    if (hash.finish() != part.sha256) throw std::runtime_error("檔案於封裝期間變動：" + part.name);
    plain_length += part.length;
  }
  sealer.finish(sink);
  std::vector<Sha256> groups = hasher.finish();
  const Sha256 root = merkle_root(groups);
  return {commitment, root, sha256(manifest), plain_length,
          std::move(groups)};
}

Result<OpenedBody> open_body(const BodySource& source, const SecretBytes& content_key,
                             const NewQuarantineFile& new_file) {
  const Header& header = source.header;
  const ChunkedKey key =
      YZ_TRY(ChunkedKey::derive(content_key, header.salt, header.context().view()));
  // Before any chunk: a sender who shows two readers two texts fails here.
  if (!upheld("commitment", equal_in_constant_time(key.commitment(), header.commitment.view()))) {
    return unopenable("步驟 8：金鑰承諾不符");
  }
  if (!check_groups(header, source.groups)) return unopenable("步驟 9：段雜湊清單不符");
  ChunkedOpener opener(key);
  PlaintextSplitter splitter(header, new_file);
  Result<void> taken;
  const auto sink = [&](ByteView plain) {
    if (taken.ok()) taken = splitter.take(plain);
  };
  for (std::uint64_t i = 0; i < source.groups.size(); ++i) {
    const Bytes group = source.read(
        i * kGroupBytes, static_cast<std::size_t>(group_length_of(header.plain_length, i)));
    if (leaf_hash(group) != source.groups[i]) return unopenable("步驟 9：段雜湊不符");
    if (!opener.update(group, sink)) return unopenable("步驟 9：驗證標籤不符");
    YZ_TRY(taken);
  }
  if (!opener.finish(sink)) return unopenable("步驟 10：結尾不完整");
  YZ_TRY(taken);
  return splitter.finish();
}

}  // namespace yizhan
