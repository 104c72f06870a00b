#include "duty/connection/change_review.h"

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-change-review-1";
constexpr std::size_t kPersonBytesMax = 200;
constexpr std::size_t kHandlingBytesMax = 2'000;

Result<void> check_signer(const SignedChangeReview& signed_review, const Directory& directory) {
  const ChangeReview& review = signed_review.review;
  const CentreCode due = YZ_TRY(reviewing_centre(review.change.request, directory));
  if (due != review.centre) {
    return Refusal{Reason::kForbidden, "本件應由 " + due.text() + " 審核"};
  }
  const Centre* centre = directory.find(review.centre);
  if (centre == nullptr) return Refusal{Reason::kUnknownCentre, review.centre.text()};
  YZ_TRY(find_registered(centre->certificates, Purpose::kOfficer, signed_review.signer.sha256(),
                         review.time));
  return {};
}

}  // namespace

std::string_view text_of(ChangeReview::Kind kind) {
  return kind == ChangeReview::Kind::kAgreed ? "agreed" : "returned";
}

std::optional<ChangeReview::Kind> find_review_kind(std::string_view text) {
  for (const auto kind : {ChangeReview::Kind::kAgreed, ChangeReview::Kind::kReturned}) {
    if (text_of(kind) == text) return kind;
  }
  return std::nullopt;
}

Result<ChangeReview> ChangeReview::parse(ByteView bytes) {
  const Json json =
      YZ_TRY(parse_json(bytes, {.bytes_max = SignedChangeReview::kBytesMax, .depth_max = 2}));
  Members m(json, "change_review");
  const std::string format = m.text("format");
  const auto centre = m.parsed<CentreCode>("centre", CentreCode::parse);
  const Bytes change = m.base64("request");
  const auto kind = m.parsed<Kind>("kind", find_review_kind);
  const std::string person = m.text("person"), handling = m.text("handling");
  const Time time = m.time("time");
  YZ_TRY(m.check());
  if (format != kFormat) return Refusal{Reason::kUnknownFormat, "連線異動審核之格式：" + format};
  const bool said = !person.empty() && !handling.empty() && person.size() <= kPersonBytesMax &&
                    handling.size() <= kHandlingBytesMax;
  if (!said) return Refusal{Reason::kFormInvalid, "須載明中心處理人員及處理情形說明"};
  SignedChangeRequest opened = YZ_TRY(open_change(change));
  return ChangeReview{*centre, std::move(opened), *kind, person, handling, time};
}

Bytes ChangeReview::json() const {
  return canonical_json({{"format", kFormat},
                         {"centre", centre.text()},
                         {"request", to_base64(change.cms)},
                         {"kind", text_of(kind)},
                         {"person", person},
                         {"handling", handling},
                         {"time", time.text()}});
}

Result<SignedChangeReview> sign_review(const ChangeReview& review, SigningKey& key) {
  return open_review(YZ_TRY(cms_sign(review.json(), key, KeyUse::kDirectory, review.time)));
}

Result<SignedChangeReview> open_review(ByteView cms) {
  const SignedContent opened = YZ_TRY(cms_verify(cms, SignedChangeReview::kBytesMax));
  ChangeReview review = YZ_TRY(ChangeReview::parse(opened.content));
  return SignedChangeReview{copy_of(cms), std::move(review), opened.signer};
}

Result<CentreCode> reviewing_centre(const ChangeRequest& request, const Directory& directory) {
  if (request.centre) return *request.centre;
  const Agency* agency = directory.find(request.agency);
  if (agency == nullptr) return Refusal{Reason::kUnknownAgency, request.agency.text()};
  return agency->home_centre;
}

Result<void> check_reviewer(const SignedChangeReview& review, const Directory& directory) {
  return upheld("change_reviewer", check_signer(review, directory));
}

}  // namespace yizhan
