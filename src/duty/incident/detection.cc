#include "duty/incident/detection.h"

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr std::string_view kDetectionFormat = "yizhan-detection-1";
constexpr std::size_t kDetectionBytesMax = 4U << 10;
constexpr std::size_t kSignedBytesMax = 16U << 10;
constexpr Milliseconds kDetectionAheadMax = std::chrono::minutes{5};

std::string wanted_text(Members& m, const char* name, std::size_t bytes_max) {
  std::string text = m.text(name);
  if (text.empty() || text.size() > bytes_max) {
    m.refuse(name, "應載明，不逾 " + std::to_string(bytes_max) + " 位元組");
  }
  return text;
}

Result<void> check_own(const SignedDetection& given, const Directory& directory) {
  const Agency* agency = directory.find(given.detection.agency);
  if (agency == nullptr) return Reason::kCertificateUnregistered;
  YZ_TRY(find_registered(agency->certificates, Purpose::kSign, given.signer.sha256(),
                         given.detection.time));
  return {};
}

}  // namespace

Result<Detection> Detection::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kDetectionBytesMax, .depth_max = 1}));
  Members m(json, "detection");
  const std::string format = m.text("format");
  const auto agency = m.parsed<OrgCode>("agency", OrgCode::parse);
  std::string terminal = wanted_text(m, "terminal", kTerminalBytesMax);
  const auto document = m.parsed<DocumentId>("document", DocumentId::parse);
  std::string found = wanted_text(m, "found", kFoundBytesMax);
  const Time detected = m.time("detected"), time = m.time("time");
  YZ_TRY(m.check());
  if (format != kDetectionFormat) return Refusal{Reason::kUnknownFormat, format};
  if (time < detected) return Refusal{Reason::kMalformed, "time 不得早於 detected"};
  return Detection{*agency, std::move(terminal), *document, std::move(found), detected, time};
}

Bytes Detection::json() const {
  return canonical_json({{"format", kDetectionFormat},
                         {"agency", agency.text()},
                         {"terminal", terminal},
                         {"document", document.text()},
                         {"found", found},
                         {"detected", detected.text()},
                         {"time", time.text()}});
}

Result<Bytes> sign_detection(const Detection& detection, SigningKey& key) {
  return cms_sign(detection.json(), key, KeyUse::kEvidence, detection.time);
}

Result<SignedDetection> open_detection(ByteView cms, const Directory& directory, Time now) {
  const SignedContent opened = YZ_TRY(cms_verify(cms, kSignedBytesMax));
  Detection detection = YZ_TRY(Detection::parse(opened.content));
  SignedDetection given{std::move(detection), opened.signer};
  if (given.detection.time > now + kDetectionAheadMax) {
    return Refusal{Reason::kClockSkew, "通報時間 " + given.detection.time.text() + " 尚未到，請校時"};
  }
  YZ_TRY(upheld("detection_signer", check_own(given, directory)));
  return given;
}

}  // namespace yizhan
