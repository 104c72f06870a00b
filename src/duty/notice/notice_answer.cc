#include "duty/notice/notice_answer.h"

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr std::string_view kAnswerFormat = "yizhan-notice-answer-1";
constexpr std::size_t kPersonBytesMax = 200;
constexpr std::size_t kNoteBytesMax = 8'000;

Result<void> check_signer(const SignedNoticeAnswer& answer, const Directory& directory) {
  const Centre* centre = directory.find(answer.answer.centre);
  if (centre == nullptr) return Reason::kCertificateUnregistered;
  YZ_TRY(find_registered(centre->certificates, Purpose::kEvidence, answer.signer.sha256(),
                         answer.answer.time));
  return {};
}

}  // namespace

std::string_view text_of(NoticeAnswer::Kind kind) {
  return kind == NoticeAnswer::Kind::kPlanned ? "planned" : "done";
}

std::optional<NoticeAnswer::Kind> find_answer_kind(std::string_view text) {
  for (const auto kind : {NoticeAnswer::Kind::kPlanned, NoticeAnswer::Kind::kDone}) {
    if (text_of(kind) == text) return kind;
  }
  return std::nullopt;
}

Result<NoticeAnswer> NoticeAnswer::parse(ByteView bytes) {
  const Json json =
      YZ_TRY(parse_json(bytes, {.bytes_max = SignedNoticeAnswer::kBytesMax, .depth_max = 2}));
  Members m(json, "answer");
  const std::string format = m.text("format");
  const auto centre = m.parsed<CentreCode>("centre", CentreCode::parse);
  const std::int64_t notice = m.integer("notice", {.min = 1});
  const Sha256 sha256 = m.sha256("notice_sha256");
  const auto kind = m.parsed<Kind>("kind", find_answer_kind);
  const auto day = m.parsed<Day>("day", find_day);
  std::string person = m.text("person"), note = m.text("note");
  const Time time = m.time("time");
  if (person.empty() || person.size() > kPersonBytesMax) m.refuse("person", "須載明辦理人員");
  if (note.size() > kNoteBytesMax) m.refuse("note", "不逾 8,000 位元組");
  YZ_TRY(m.check());
  if (format != kAnswerFormat) return Refusal{Reason::kUnknownFormat, format};
  return NoticeAnswer{*centre, notice,           sha256,          *kind,
                      *day,    std::move(person), std::move(note), time};
}

Bytes NoticeAnswer::json() const {
  return canonical_json({{"format", kAnswerFormat},
                         {"centre", centre.text()},
                         {"notice", notice},
                         {"notice_sha256", notice_sha256.hex()},
                         {"kind", text_of(kind)},
                         {"day", text_of(day)},
                         {"person", person},
                         {"note", note},
                         {"time", time.text()}});
}

Json SignedNoticeAnswer::describe() const {
  return {{"kind", text_of(answer.kind)}, {"day", text_of(answer.day)},
          {"person", answer.person},      {"note", answer.note},
          {"time", answer.time.text()},   {"cms", to_base64(cms)}};
}

Result<SignedNoticeAnswer> sign_answer(const NoticeAnswer& answer, SigningKey& key) {
  return open_answer(YZ_TRY(cms_sign(answer.json(), key, KeyUse::kEvidence, answer.time)));
}

Result<SignedNoticeAnswer> open_answer(ByteView cms) {
  const SignedContent opened = YZ_TRY(cms_verify(cms, SignedNoticeAnswer::kBytesMax));
  NoticeAnswer answer = YZ_TRY(NoticeAnswer::parse(opened.content));
  return SignedNoticeAnswer{copy_of(cms), std::move(answer), opened.signer};
}

Result<void> check_answerer(const SignedNoticeAnswer& answer, const Directory& directory) {
  return upheld("answer_signer", check_signer(answer, directory));
}

}  // namespace yizhan
