#include "model/audit/stored_rows.h"

#include <thread>

namespace yizhan {

namespace {

constexpr int kPage = 500;
constexpr std::size_t kEntryMax = 64U << 10;

std::string name_of(const StoredEvidence& row) { return "資料庫 evidence " + row.id; }
std::string name_of(const JournalEntry& row) { return "資料庫 journal " + row.id; }

std::string joined(const Json& recipient) {
  return recipient.is_object()
             ? recipient.value("org_code", "") + recipient.value("unit_code", "")
             : "";
}

}  // namespace

void StoredRows::find(const std::string& where, const std::string& what) {
  findings_.push_back({where, what});
}

void StoredRows::read() {
  std::string after;
  for (bool more = true; more;) {
    const auto rows = database_.read(
        [&](Transaction& tx) { return stored_evidence_after(tx, after, kPage); });
    for (const StoredEvidence& row : rows) take(row);
    more = !rows.empty();
    if (more) after = rows.back().id;
  }
  JournalStore::Page page{Time::from_ms(0), Time::from_ms(kJsonIntegerMax), "", {}, "", kPage};
  page.after_at = Time::from_ms(0);
  for (bool more = true; more;) {
    const auto rows =
        database_.read([&](Transaction& tx) { return JournalStore(tx).entries(page); });
    for (const JournalEntry& row : rows) take(row);
    more = !rows.empty();
    if (!more) break;
    page.after_at = rows.back().at;
    page.after_id = rows.back().id;
  }
}

void StoredRows::take(const StoredEvidence& row) {
  ++count_;
  const auto cms = row.cms ? from_base64(*row.cms) : std::nullopt;
  if (row.cms && !cms) return find(name_of(row), "cms 欄不合格式：資料列遭變更");
  if (cms) check_columns(row, *cms);
  if (sha256(bytes_of(row.statement)).hex() != row.sha256) {
    find(name_of(row), "statement 與 sha256 欄不符：資料列遭變更");
  }
  if (row.published != 0 && !row.log_index) {
    return find(name_of(row), "已公布而未載於日誌之位置：資料列遭變更");
  }
  if (!row.log_index) return;
  if (!cms) return find(name_of(row), "已載於日誌而無簽章：資料列遭變更");
  claim(*row.log_index, {name_of(row), sha256(*cms)});
}

// What stands in the columns is what was signed.
void StoredRows::check_columns(const StoredEvidence& row, ByteView cms) {
  const Result<SignedContent> opened = open_evidence(cms, kEntryMax);
  if (!opened) return find(name_of(row), "簽章不成立：資料列遭變更");
  if (text_of(opened->content) != row.statement) {
    return find(name_of(row), "statement 與所簽內容不符：資料列遭變更");
  }
  const Result<Json> json = parse_json(opened->content, {.bytes_max = kEntryMax});
  if (!json || !json->is_object()) return find(name_of(row), "所簽內容不是證據");
  const bool fits = json->value("sender", "") == row.sender &&
                    json->value("message_id", "") == row.message &&
                    json->value("time", "") == row.created.text() &&
                    json->value("type", std::string(kVerdictKind)) == row.kind &&
                    joined(json->value("recipient", Json())) == row.recipient;
  if (!fits) find(name_of(row), "種類、訊息、受文者或時間欄與所簽內容不符：資料列遭變更");
}

void StoredRows::take(const JournalEntry& row) {
  ++count_;
  const Result<Json> json = parse_json(bytes_of(row.entry), {.bytes_max = kEntryMax});
  const bool fits = json && json->is_object() && json->value("id", "") == row.id &&
                    json->value("event", "") == row.event &&
                    json->value("outcome", "") == row.outcome &&
                    json->value("time", "") == row.at.text();
  if (!fits) find(name_of(row), "各欄與 entry 不符：資料列遭變更");
  if (row.log_index) claim(*row.log_index, {name_of(row), sha256(bytes_of(row.entry))});
}

void StoredRows::claim(std::int64_t index, Claim claim) {
  const auto [at, is_new] = claims_.emplace(static_cast<std::uint64_t>(index), claim);
  if (is_new) return;
  find(claim.row, "與「" + at->second.row + "」同稱為日誌第 " + std::to_string(index) +
                      " 筆：兩者之一遭變更");
}

void StoredRows::meet(std::uint64_t index, ByteView entry) {
  const Sha256 digest = sha256(entry);
  const auto found = claims_.find(index);
  if (found == claims_.end()) {
    unclaimed_.emplace(index, digest);
    return;
  }
  if (found->second.entry != digest) {
    find(found->second.row,
         "與日誌第 " + std::to_string(index) + " 筆不符：資料列或日誌遭變更");
  }
  claims_.erase(found);
}

bool StoredRows::is_claimed_now(std::uint64_t index, const Sha256& entry) {
  return database_.read([&](Transaction& tx) {
    const auto number = static_cast<std::int64_t>(index);
    for (const StoredEvidence& row : stored_evidence_at(tx, number)) {
      const auto cms = row.cms ? from_base64(*row.cms) : std::nullopt;
      if (cms && sha256(*cms) == entry) return true;
    }
    const auto row = JournalStore(tx).find_at(number);
    return row && sha256(bytes_of(row->entry)) == entry;
  });
}

void StoredRows::close(std::uint64_t log_size, Milliseconds patience) {
  for (const auto& [index, claim] : claims_) {
    if (index < log_size) continue;  // its bundle is gone, which was found
    find(claim.row, "稱為日誌第 " + std::to_string(index) + " 筆，而日誌僅 " +
                        std::to_string(log_size) + " 筆：日誌遭截短或資料列遭變更");
  }
  std::erase_if(unclaimed_, [&](const auto& item) {
    return is_claimed_now(item.first, item.second);
  });
  if (unclaimed_.empty()) return;
  std::this_thread::sleep_for(patience);
  for (const auto& [index, entry] : unclaimed_) {
    if (is_claimed_now(index, entry)) continue;
    find("第 " + std::to_string(index) + " 筆",
         "資料庫沒有此筆：資料列遭刪除或變更，或日誌遭添加");
  }
}

}  // namespace yizhan
