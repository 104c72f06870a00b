#include "way/screen/scan_desk.h"

namespace yizhan {

ScanDesk::ScanDesk(Parts parts, ScanPolicy policy)
    : parts_(std::move(parts)),
      policy_(std::move(policy)),
      budget_(policy_.quarantine_bytes_max),
      watch_(parts_.engine, parts_.clock, policy_.signatures_age_max),
      engine_(parts_.engine, watch_) {}

Result<Bytes> ScanDesk::scan(const IncomingScan& scan) {
  const SealedHeader sealed = YZ_TRY(open_header(scan.order.header));
  Result<Bytes> verdict = scan_sealed(scan, sealed);
  if (!verdict) {
    parts_.tell({.message = sealed.header.key(),
                 .result = std::nullopt,
                 .why = verdict.refusal(),
                 .inventory = {}});
  }
  return verdict;
}

Result<void> ScanDesk::check() {
  YZ_TRY(watch_.ready());
  FileHandle canary = memory_file("canary");
  canary.append(bytes_of("公文電子交換"));
  YZ_TRY(parts_.inspector.inspect_part("canary.txt", canary, ContentPolicy{}));
  return {};
}

Result<Bytes> ScanDesk::scan_sealed(const IncomingScan& scan, const SealedHeader& sealed) {
  const Header& header = sealed.header;
  YZ_TRY(check_outside(sealed, scan.order.accepted));
  const ScannerKey key = YZ_TRY(find_key(header));
  const Examined examined = YZ_TRY(examine(scan, header, *key.decryption));
  const Finding& finding = examined.finding;
  const Verdict verdict{.centre = parts_.centre,
                        .scanner_certificate = key.signing->certificate().sha256(),
                        .message = header.key(),
                        .header_sha256 = sealed.sha256,
                        .cipher_root = header.cipher_root,
                        .plaintext_root = header.plaintext_root,
                        .result = finding.result,
                        .name = finding.name,
                        .reason = finding.reason,
                        // What the steps of opening found wrong stays here.
                        .detail = finding.reason == Reason::kUnopenable ? "" : finding.detail,
                        .inventory = finding.inventory,
                        .engine = examined.engine.engine,
                        .signatures_version = examined.engine.signatures_version,
                        .policy_version = policy_.version,
                        .time = parts_.clock.now()};
  SignedVerdict signed_verdict = YZ_TRY(sign_verdict(verdict, *key.signing));
  tell(header, finding);
  return std::move(signed_verdict.cms);
}

// Steps 4 and 5, which the exchange has judged too: where we differ, one of us is behind the times.
Result<void> ScanDesk::check_outside(const SealedHeader& sealed, Time accepted) const {
  const auto directory = parts_.directory.current();
  const auto trust = parts_.trust.current();
  const Moment moment{.accepted = accepted, .now = parts_.clock.now()};
  if (directory->expires() <= moment.now) {
    return Refusal{Reason::kDirectoryStale, "目錄已逾有效期限"};
  }
  if (accepted > moment.now + kSigningTimeSkewMax) {
    return Refusal{Reason::kClockSkew, "受理時間 " + accepted.text()};
  }
  YZ_TRY(check_sender(sealed, *directory, *trust, moment));
  return check_versions(sealed.header, *directory, moment);
}

Result<ScannerKey> ScanDesk::find_key(const Header& header) const {
  for (const ScannerEntry& entry : header.scanners) {
    if (entry.centre == parts_.centre) return parts_.keys.find(entry.certificate);
  }
  return Refusal{Reason::kScannersMismatch, "標頭未列本中心之掃描者"};
}

// Steps 6 to 11, and the scan itself. The plaintext is gone when this returns.
Result<ScanDesk::Examined> ScanDesk::examine(const IncomingScan& scan, const Header& header,
                                             DecryptionKey& key) {
  PackageScan package(parts_.inspector, policy_.rules);
  if (header.plain_length > budget_.bytes_max()) {
    return ask_engine(Refusal{Reason::kScanBudget, "封裝大於掃描記憶體之上限"}, package);
  }
  const auto share = budget_.take(header.plain_length);
  if (!share) return Refusal{Reason::kScanBudget, "掃描記憶體不足，待其他掃描完成"};
  const Result<OpenedBody> opened = open(scan, header, key);
  if (!opened && opened.reason() != Reason::kUnopenable) return opened.refusal();
  if (opened) package.inspect(header, *opened);
  return ask_engine(opened, package);
}

Result<ScanDesk::Examined> ScanDesk::ask_engine(const Result<OpenedBody>& opened,
                                                PackageScan& package) {
  std::vector<const FileHandle*> files;
  if (opened) files = package.for_engine();
  EngineAnswers answers = YZ_TRY(engine_.ask(files));
  if (!opened) {
    const bool unopenable = opened.reason() == Reason::kUnopenable;
    return Examined{{.result = unopenable ? ScanResult::kRefused : ScanResult::kIncomplete,
                     .reason = opened.reason(),
                     .detail = opened.refusal().detail},
                    std::move(answers.engine)};
  }
  return Examined{package.conclude(answers.files), std::move(answers.engine)};
}

Result<OpenedBody> ScanDesk::open(const IncomingScan& scan, const Header& header,
                                  DecryptionKey& key) const {
  const ScanOrder& order = scan.order;
  if (const Result<void> groups = check_groups(header, order.groups); !groups) {
    return Refusal{Reason::kUnopenable, groups.refusal().detail};
  }
  YZ_TRY(check_scanner_entry(header, key.certificate(), order.key_block));
  const SecretBytes content_key = YZ_TRY(open_key_block(header, order.key_block, key));
  const BodySource source{
      .header = header, .groups = order.groups, .read = read_body_from(scan.body)};
  OpenedBody body =
      YZ_TRY(open_body(source, content_key, [] { return memory_file("quarantine"); }));
  for (FileHandle& part : body.parts) part.seal();  // as judged, so scanned
  return body;
}

void ScanDesk::tell(const Header& header, const Finding& finding) const {
  std::optional<Refusal> why;
  if (finding.reason) why = Refusal{*finding.reason, finding.detail};
  parts_.tell({.message = header.key(),
               .result = finding.result,
               .why = std::move(why),
               .inventory = finding.inventory});
}

}  // namespace yizhan
