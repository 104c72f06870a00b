#include "way/draft/drafting.h"

#include <algorithm>
#include <array>

#include "ground/crypto/crypto.h"

namespace yizhan {

namespace {

constexpr std::size_t kReadBytes = 1U << 20;
constexpr std::size_t kFilesMax = 4000;

// Deterministic, so that a file is found again whatever its name is made of.
std::string partial_of(const DraftId& id, const std::string& name) {
  return "draft-" + id.text() + "-" + sha256(bytes_of(name)).hex().substr(0, 32);
}

DraftFile* find_in(std::vector<DraftFile>& files, const std::string& name) {
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const auto& f) { return f.name == name; });
  return found == files.end() ? nullptr : &*found;
}

Refusal in_use() { return {Reason::kConflict, "檔案正由另一個請求使用，請稍後再試"}; }

std::vector<std::string> names_in(const SendingWish& wish) {
  std::set<std::string> names;
  for (const SendingWish::NamedPair& pair : wish.pairs) {
    names.insert(pair.di);
    if (!pair.sw.empty()) names.insert(pair.sw);
    if (!pair.dm.empty()) names.insert(pair.dm);
    names.insert(pair.files.begin(), pair.files.end());
    names.insert(pair.renditions.begin(), pair.renditions.end());
  }
  return {names.begin(), names.end()};
}

// What every opener reads, however large the package is.
bool is_document(PartKind kind) {
  return kind == PartKind::kDi || kind == PartKind::kSw || kind == PartKind::kDm;
}

Pair pair_of(const SendingWish::NamedPair& named, const std::map<std::string, Part>& parts) {
  const auto as = [&](const std::string& name, PartKind kind) {
    Part part = parts.at(name);
    part.kind = kind;
    if (is_document(kind)) part.media_type = "application/xml";
    return part;
  };
  Pair pair;
  pair.files.push_back(as(named.di, PartKind::kDi));
  if (!named.sw.empty()) pair.files.push_back(as(named.sw, PartKind::kSw));
  if (!named.dm.empty()) pair.files.push_back(as(named.dm, PartKind::kDm));
  for (const std::string& name : named.files) {
    pair.files.push_back(as(name, PartKind::kAttachment));
  }
  for (const std::string& name : named.renditions) {
    pair.files.push_back(as(name, PartKind::kRendition));
  }
  return pair;
}

}  // namespace

std::string media_type_of(std::string_view name) {
  using NamedType = std::pair<std::string_view, std::string_view>;
  constexpr auto kTypes = std::to_array<NamedType>({
      {".pdf", "application/pdf"},
      {".odt", "application/vnd.oasis.opendocument.text"},
      {".ods", "application/vnd.oasis.opendocument.spreadsheet"},
      {".odp", "application/vnd.oasis.opendocument.presentation"},
      {".odg", "application/vnd.oasis.opendocument.graphics"},
      {".txt", "text/plain"},
      {".csv", "text/csv"},
      {".xml", "application/xml"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".png", "image/png"},
      {".tif", "image/tiff"},
      {".tiff", "image/tiff"},
      {".zip", "application/zip"},
  });
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const auto& [extension, type] : kTypes) {
    if (lower.ends_with(extension)) return std::string(type);
  }
  return "application/octet-stream";
}

Json Draft::describe() const {
  Json items = Json::array();
  for (const File& file : files) items.push_back({{"name", file.name}, {"size", file.size}});
  return {{"draft", id.text()}, {"created", created.text()}, {"files", std::move(items)}};
}

Draft Drafting::begin() {
  const Time now = parts_.clock.now();
  const Draft draft{DraftId::generate(now), now, {}};
  parts_.database.transact([&](Transaction& tx) { drafts_.add(tx, draft.id, now); });
  return draft;
}

Result<Draft> Drafting::find(const DraftId& id) {
  std::vector<DraftFile> files;
  const auto created = parts_.database.read([&](Transaction& tx) {
    files = drafts_.files_of(tx, id);
    return drafts_.find_created(tx, id);
  });
  if (!created) return Reason::kNotFound;
  Draft draft{id, *created, {}};
  for (const DraftFile& file : files) draft.files.push_back({file.name, size_of(file)});
  return draft;
}

Result<std::uint64_t> Drafting::put(const DraftId& id, const DraftPiece& piece) {
  YZ_TRY(check_part_name(piece.name));
  if (piece.offset + piece.bytes.size() > kPackageLimits.part_bytes_max) {
    return Refusal{Reason::kTooLarge, piece.name};
  }
  const std::string partial = partial_of(id, piece.name);
  const Claim claimed = YZ_TRY(claim({partial}));
  YZ_TRY(parts_.database.transact([&](Transaction& tx) -> Result<void> {
    if (!drafts_.find_created(tx, id)) return Reason::kNotFound;
    std::vector<DraftFile> files = drafts_.files_of(tx, id);
    const DraftFile* file = find_in(files, piece.name);
    if (file == nullptr && files.size() >= kFilesMax) {
      return Refusal{Reason::kTooLarge, "草稿內檔案過多"};
    }
    if (piece.offset == 0) drafts_.save(tx, id, {piece.name, partial, std::nullopt});
    else if (file != nullptr && file->sha256) return Refusal{Reason::kConflict, "檔案已送件"};
    return {};
  }));
  if (piece.offset == 0) parts_.objects.discard_partial(partial);
  const std::uint64_t arrived = parts_.objects.partial_size(partial);
  if (piece.offset > arrived) {
    return Refusal{Reason::kConflict, "已到 " + std::to_string(arrived) + " 位元組，請由此續傳"};
  }
  parts_.objects.write_partial(partial, piece.offset, piece.bytes);
  return parts_.objects.partial_size(partial);
}

void Drafting::remove_file(const DraftId& id, const std::string& name) {
  parts_.database.transact([&](Transaction& tx) { drafts_.remove(tx, id, name); });
  parts_.objects.discard_partial(partial_of(id, name));
}

void Drafting::discard(const DraftId& id) {
  const auto files = parts_.database.transact([&](Transaction& tx) {
    auto all = drafts_.files_of(tx, id);
    drafts_.remove(tx, id);
    return all;
  });
  for (const DraftFile& file : files) parts_.objects.discard_partial(file.partial);
}

void Drafting::discard_before(Time created) {
  const auto old =
      parts_.database.read([&](Transaction& tx) { return drafts_.created_before(tx, created); });
  for (const DraftId& id : old) discard(id);
}

Result<Drafting::Composed> Drafting::compose(const DraftId& id, const SendingWish& wish) {
  if (wish.pairs.empty()) return Refusal{Reason::kBadRequest, "沒有公文，請附上文書本文檔（DI）"};
  const std::vector<std::string> names = names_in(wish);
  std::vector<std::string> partials;
  for (const std::string& name : names) partials.push_back(partial_of(id, name));
  Claim claimed = YZ_TRY(claim(std::move(partials)));
  std::vector<DraftFile> files;
  const bool exists = parts_.database.read([&](Transaction& tx) {
    files = drafts_.files_of(tx, id);
    return drafts_.find_created(tx, id).has_value();
  });
  if (!exists) return Reason::kNotFound;
  std::map<std::string, Part> measured;
  std::map<std::string, DraftFile> used;
  for (const std::string& name : names) {
    const DraftFile* file = find_in(files, name);
    if (file == nullptr) return Refusal{Reason::kAttachmentMissing, "草稿內沒有檔案：" + name};
    if (is_gone(*file)) {
      return Refusal{Reason::kAttachmentMissing, "磁碟未能保存檔案，請重新上傳：" + name};
    }
    const Part part = measured.emplace(name, measure(*file)).first->second;
    const auto said = wish.digests.find(name);
    if (said != wish.digests.end() && said->second != part.sha256) {
      return Refusal{Reason::kGroupMismatch, "檔案內容與所附之 SHA-256 不符，請重新上傳：" + name};
    }
    used.emplace(name, *file);
  }
  SendingOrder order{wish.key, wish.person, wish.unit, {}, wish.resend, wish.paper};
  for (const auto& named : wish.pairs) order.pairs.push_back(pair_of(named, measured));
  YZ_TRY(order.check());
  return Composed{std::move(claimed), id, std::move(order), std::move(used)};
}

std::vector<FileHandle> Drafting::open_documents(const Composed& composed, const Pair& pair) {
  std::vector<FileHandle> handles;
  for (const Part& part : pair.files) {
    FileHandle& handle = handles.emplace_back();
    if (!is_document(part.kind)) continue;
    handle = memory_file("draft");
    handle.append(read(composed.files.at(part.name), 0, static_cast<std::size_t>(part.length)));
    handle.seal();
  }
  return handles;
}

Result<Sending> Drafting::hand_in(const Composed& composed) {
  std::map<std::string, Sha256> digests;
  for (const Pair& pair : composed.order.pairs) {
    for (const Part& part : pair.files) digests.emplace(part.name, part.sha256);
  }
  // The digests first: whoever asks again after a crash finds each file, under its digest or, where
  // it did not come that far, still as it arrived.
  parts_.database.transact([&](Transaction& tx) {
    for (const auto& [name, file] : composed.files) {
      drafts_.save(tx, composed.draft, {name, file.partial, digests.at(name)});
    }
  });
  for (const auto& [name, file] : composed.files) {
    parts_.objects.finish_partial(file.partial, digests.at(name));
  }
  const Time now = parts_.clock.now();
  return parts_.database.transact([&](Transaction& tx) -> Result<Sending> {
    tx.after_commit(parts_.wake_sealing);
    return outbox_.add(tx, composed.order, now);
  });
}

Result<Drafting::Claim> Drafting::claim(std::vector<std::string> partials) {
  const std::lock_guard lock(mutex_);
  for (const std::string& partial : partials) {
    if (claimed_.contains(partial)) return in_use();
  }
  claimed_.insert(partials.begin(), partials.end());
  return Claim(*this, std::move(partials));
}

void Drafting::let_go(const std::vector<std::string>& partials) {
  const std::lock_guard lock(mutex_);
  for (const std::string& partial : partials) claimed_.erase(partial);
}

bool Drafting::is_stored(const DraftFile& file) const {
  return file.sha256 && parts_.objects.find_size(*file.sha256).has_value();
}

// Handed in once, and the disk refused it: what a failed sync may have lost is not kept.
bool Drafting::is_gone(const DraftFile& file) const {
  return file.sha256 && !is_stored(file) && parts_.objects.partial_size(file.partial) == 0;
}

std::uint64_t Drafting::size_of(const DraftFile& file) const {
  return is_stored(file) ? parts_.objects.find_size(*file.sha256).value()
                         : parts_.objects.partial_size(file.partial);
}

Part Drafting::measure(const DraftFile& file) const {
  Part part{file.name, media_type_of(file.name), PartKind::kAttachment, size_of(file), {}};
  if (file.sha256) {
    part.sha256 = *file.sha256;
    return part;
  }
  Sha256Stream hash;
  for (std::uint64_t at = 0; at < part.length; at += kReadBytes) {
    hash.update(read(file, at, kReadBytes));
  }
  part.sha256 = hash.finish();
  return part;
}

Bytes Drafting::read(const DraftFile& file, std::uint64_t offset, std::size_t length) const {
  return is_stored(file) ? parts_.objects.read(*file.sha256, offset, length)
                         : parts_.objects.read_partial(file.partial, offset, length);
}

}  // namespace yizhan
