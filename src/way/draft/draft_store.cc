#include "way/draft/draft_store.h"

namespace yizhan {

void DraftStore::add(Transaction& tx, const DraftId& id, Time now) {
  tx.run("INSERT INTO drafts (id, created_ms) VALUES (:id, :created_ms)",
         {{"id", id.text()}, {"created_ms", now}});
}

std::optional<Time> DraftStore::find_created(Transaction& tx, const DraftId& id) {
  const auto row =
      tx.find<Time>("SELECT created_ms FROM drafts WHERE id = :id", {{"id", id.text()}});
  if (!row) return std::nullopt;
  return std::get<0>(*row);
}

std::vector<DraftId> DraftStore::created_before(Transaction& tx, Time time) {
  std::vector<DraftId> drafts;
  for (const auto& [id] : tx.query<std::string>(
           "SELECT id FROM drafts WHERE created_ms < :time_ms ORDER BY id", {{"time_ms", time}})) {
    drafts.push_back(DraftId::parse(id).value());
  }
  return drafts;
}

void DraftStore::remove(Transaction& tx, const DraftId& id) {
  tx.run("DELETE FROM draft_files WHERE draft_id = :id", {{"id", id.text()}});
  tx.run("DELETE FROM drafts WHERE id = :id", {{"id", id.text()}});
}

void DraftStore::save(Transaction& tx, const DraftId& id, const DraftFile& file) {
  using MaybeText = std::optional<std::string>;
  tx.run(R"sql(
      INSERT INTO draft_files (draft_id, name, partial, sha256)
      VALUES (:id, :name, :partial, :sha256)
      ON CONFLICT (draft_id, name) DO UPDATE SET sha256 = excluded.sha256)sql",
         {{"id", id.text()},
          {"name", file.name},
          {"partial", file.partial},
          {"sha256", file.sha256 ? MaybeText(file.sha256->hex()) : std::nullopt}});
}

std::vector<DraftFile> DraftStore::files_of(Transaction& tx, const DraftId& id) {
  std::vector<DraftFile> files;
  for (const auto& [name, partial, digest] :
       tx.query<std::string, std::string, std::optional<std::string>>(
           "SELECT name, partial, sha256 FROM draft_files WHERE draft_id = :id ORDER BY name",
           {{"id", id.text()}})) {
    files.push_back({name, partial, digest ? Sha256::from_hex(*digest) : std::nullopt});
  }
  return files;
}

void DraftStore::remove(Transaction& tx, const DraftId& id, const std::string& name) {
  tx.run("DELETE FROM draft_files WHERE draft_id = :id AND name = :name",
         {{"id", id.text()}, {"name", name}});
}

}  // namespace yizhan
