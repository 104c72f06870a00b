#include "duty/notice/update_notice.h"

#include <charconv>

namespace yizhan {

const std::string kUpdatePlan = "update_plan";

namespace {

constexpr std::string_view kNoticeFormat = "yizhan-update-notice-1";
constexpr std::string_view kEnding = ".json";
constexpr std::size_t kTextBytesMax = 8'000;
constexpr std::size_t kReferencesMax = 50;

Result<std::vector<std::string>> parse_references(const Json& items) {
  std::vector<std::string> references;
  for (const Json& item : items) {
    const bool fits = item.is_string() && !item.get<std::string>().empty() &&
                      item.get<std::string>().size() <= kTextBytesMax;
    if (!fits || references.size() == kReferencesMax) {
      return Refusal{Reason::kMalformed, "references 須為文字，至多 50 項"};
    }
    references.push_back(item.get<std::string>());
  }
  return references;
}

// Whoever signs it has answered for each of these.
Result<void> check_texts(const UpdateNotice& notice) {
  for (const auto& [name, text] : {std::pair("title", &notice.title),
                                   {"vulnerability", &notice.vulnerability},
                                   {"impact", &notice.impact},
                                   {"test", &notice.test}}) {
    if (text->empty() || text->size() > kTextBytesMax) {
      return Refusal{Reason::kMalformed, std::string(name) + " 須載明，不逾 8,000 位元組"};
    }
  }
  return {};
}

}  // namespace

Result<std::int64_t> UpdateNotice::number_in(std::string_view path) {
  const Refusal malformed{Reason::kMalformed, "更新通知之路徑須如 notices/7.json：" + std::string(path)};
  if (!path.starts_with(kFolder) || !path.ends_with(kEnding)) return malformed;
  const std::string_view text =
      path.substr(kFolder.size(), path.size() - kFolder.size() - kEnding.size());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || number < 1 || number > kJsonIntegerMax || text.front() == '0') return malformed;
  return number;
}

Result<UpdateNotice> UpdateNotice::parse(std::string_view path, ByteView bytes) {
  const std::int64_t number = YZ_TRY(number_in(path));
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kBytesMax, .depth_max = 2}));
  Members m(json, "notice");
  const std::string format = m.text("format");
  UpdateNotice notice{number,           m.text("title"), m.text("vulnerability"),
                      m.text("impact"), m.text("test"),  {},
                      {}};
  const auto issued = m.parsed<Day>("issued", find_day);
  const Json& references = m.array("references");
  YZ_TRY(m.check());
  if (format != kNoticeFormat) return Refusal{Reason::kUnknownFormat, "更新通知之格式：" + format};
  notice.issued = *issued;
  notice.references = YZ_TRY(parse_references(references));
  YZ_TRY(check_texts(notice));
  return notice;
}

std::string UpdateNotice::path() const {
  return std::string(kFolder) + std::to_string(number) + std::string(kEnding);
}

Json UpdateNotice::describe() const {
  return {{"number", number}, {"title", title}, {"vulnerability", vulnerability},
          {"impact", impact}, {"test", test},   {"issued", text_of(issued)},
          {"references", references}};
}

// The number is the path's: there is one place for it.
Bytes UpdateNotice::json() const {
  Json all = describe();
  all.erase("number");
  all["format"] = kNoticeFormat;
  return canonical_json(all);
}

}  // namespace yizhan
