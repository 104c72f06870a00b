#include "model/export/verify_export.h"

#include <algorithm>
#include <stdexcept>

#include "ground/files/files.h"
#include "model/export/verify_package.h"

namespace yizhan {

namespace {

constexpr std::size_t kBundleBytesMax = 4U << 20;
constexpr std::size_t kDirectoryBytesMax = 512U << 20;

void add_bundle(const std::filesystem::path& file, std::vector<Certificate>& to) {
  const auto pem = find_file(file, kBundleBytesMax);
  if (!pem) return;
  const Result<std::vector<Certificate>> bundle = parse_pem_bundle(text_of(*pem));
  if (!bundle) throw std::runtime_error("憑證檔無法讀取：" + file.string());
  to.insert(to.end(), bundle->begin(), bundle->end());
}

class ExportVerification {
 public:
  ExportVerification(ExportFiles files, const ExportTrust& trust, ExportReport& report)
      : files_(std::move(files)), trust_(trust), signers_(trust), report_(report) {}

  Result<void> run() {
    report_.file_count = files_.count();
    report_.exported = files_.index().time;
    YZ_TRY(read_surroundings());
    const Directory directory = YZ_TRY(read_directory());
    YZ_TRY(check_exporter(directory));
    YZ_TRY(check_packages(directory));
    YZ_TRY(files_.check_all_used());
    YZ_TRY(signers_.check());
    report_.unknown = signers_.unknown_anchors();
    return {};
  }

 private:
  // Certificates before lists: a list is verified under its issuer.
  Result<void> read_surroundings() {
    YZ_TRY(files_.require("README.txt"));
    for (const std::string& name : files_.names_in("certificates/")) {
      const ByteView pem = YZ_TRY(files_.require(name));
      YZ_TRY(signers_.add_certificate(name, pem));
    }
    for (const std::string& name : files_.names_in("revocation/")) {
      const ByteView der = YZ_TRY(files_.require(name));
      YZ_TRY(signers_.add_revocation_list(name, der));
    }
    return {};
  }

  Result<Directory> read_directory() {
    constexpr std::string_view kName = "directory.p7m";
    const ByteView bytes = YZ_TRY(files_.require(std::string(kName)));
    const SignedContent opened =
        YZ_TRY(at_link(kName, "通訊目錄簽章", cms_verify(bytes, kDirectoryBytesMax)));
    const auto& known = trust_.directory_signers;
    if (std::find(known.begin(), known.end(), opened.signer) == known.end()) {
      signers_.unknown(opened.signer, std::string(kName));
    }
    Directory directory =
        YZ_TRY(at_link(kName, "通訊目錄", verify_directory(bytes, {opened.signer})));
    if (directory.version() != files_.index().directory_version) {
      return broken_at(kName, "通訊目錄", "版次與清單所載不同");
    }
    return directory;
  }

  Result<void> check_exporter(const Directory& directory) {
    constexpr std::string_view kName = "index.p7m";
    const ExportIndex& index = files_.index();
    const SignedContent& signature = files_.index_signature();
    const Agency* agency = directory.find(index.exporter);
    if (agency == nullptr) {
      return broken_at(kName, "匯出機關", Refusal{Reason::kUnknownAgency, index.exporter.text()});
    }
    YZ_TRY(at_link(kName, "匯出機關",
                   find_registered(agency->certificates, Purpose::kSign, signature.signer.sha256(),
                                   index.time)));
    signers_.signed_by(signature.signer, index.time, std::string(kName));
    report_.exporter = index.exporter.text() + " " + agency->name;
    return {};
  }

  Result<void> check_packages(const Directory& directory) {
    const ExportIndex& index = files_.index();
    for (std::size_t i = 0; i < index.packages.size(); ++i) {
      const PackageScene scene{files_, signers_, directory, trust_,
                               "packages/" + two_digits(i + 1) + "/"};
      PackageVerdict verdict = YZ_TRY(verify_package(scene, index.packages[i]));
      if (verdict.document != index.document) {
        return broken_at(scene.folder + "header.p7m", "標頭", "屬於另一件公文");
      }
      report_.packages.push_back(std::move(verdict.package));
      report_.statement_count += verdict.statement_count;
      report_.proven_count += verdict.proofs.proven;
      report_.unwitnessed_count += verdict.proofs.unwitnessed;
      report_.stamped_count += verdict.proofs.stamped;
    }
    const std::size_t unproven = report_.statement_count - report_.proven_count;
    if (static_cast<std::int64_t>(unproven) != index.unproven) {
      return broken_at("index.json", "日誌證明", "缺少證明之證據數與清單所載不同");
    }
    return {};
  }

  ExportFiles files_;
  const ExportTrust& trust_;
  ExportSigners signers_;
  ExportReport& report_;
};

Json describe_statement(const Statement& statement) {
  Json json = {{"type", text_of(statement.type)}, {"time", statement.time.text()}};
  if (statement.reason) {
    const ReasonText& text = describe(*statement.reason);
    json["reason"] = {{"code", text.code}, {"title", text.title}, {"detail", statement.detail}};
  }
  return json;
}

Json describe_recipient(const VerifiedRecipient& recipient) {
  Json json = {{"org_code", recipient.addressee.org.text()},
               {"unit_code", recipient.addressee.unit.text()},
               {"name", recipient.name},
               {"copy_kind", text_of(recipient.copy_kind)},
               {"superseded", recipient.superseded}};
  if (recipient.consigned) json["consigned"] = recipient.consigned->text();
  if (recipient.final) json["final"] = describe_statement(*recipient.final);
  if (recipient.acknowledged) json["acknowledged"] = describe_statement(*recipient.acknowledged);
  return json;
}

Json describe_package(const VerifiedPackage& package) {
  Json recipients = Json::array(), parts = Json::array();
  for (const VerifiedRecipient& item : package.recipients)
    recipients.push_back(describe_recipient(item));
  for (const Part& part : package.manifest.parts) {
    parts.push_back({{"name", part.name}, {"kind", text_of(part.kind)}, {"length", part.length}});
  }
  return {{"message_id", package.message.text()},       {"sender", package.sender.text()},
          {"sender_name", package.sender_name},         {"accepted", package.accepted},
          {"decided", package.decided.text()},          {"subject", package.manifest.subject},
          {"number", package.manifest.document_number}, {"parts", std::move(parts)},
          {"recipients", std::move(recipients)}};
}

}  // namespace

std::string_view text_of(ExportStanding standing) {
  switch (standing) {
    case ExportStanding::kValid:
      return "valid";
    case ExportStanding::kAnchorUnknown:
      return "anchor_unknown";
    case ExportStanding::kBroken:
      return "broken";
  }
  return "";
}

ExportTrust ExportTrust::load(const std::filesystem::path& folder) {
  ExportTrust trust{*TrustSource(folder).current(), {}, {}};
  add_bundle(folder / "directory-anchors.pem", trust.directory_signers);
  for (const std::string& name : list_files(folder / "directory")) {
    add_bundle(folder / "directory" / name, trust.directory_signers);
  }
  for (const std::string& name : list_files(folder / "timestamps")) {
    add_bundle(folder / "timestamps" / name, trust.stamp_anchors);
  }
  return trust;
}

ExportReport verify_export(const std::filesystem::path& folder, const ExportTrust& trust) {
  ExportReport report;
  Result<ExportFiles> files = ExportFiles::read(folder);
  const Result<void> checked =
      files ? ExportVerification(std::move(*files), trust, report).run() : files.refusal();
  if (!checked) {
    report.broken = checked.refusal();
  } else {
    report.standing =
        report.unknown.empty() ? ExportStanding::kValid : ExportStanding::kAnchorUnknown;
  }
  return report;
}

Json ExportReport::describe() const {
  Json list = Json::array(), anchors = Json::array();
  for (const VerifiedPackage& package : packages) list.push_back(describe_package(package));
  for (const UnknownAnchor& anchor : unknown) {
    anchors.push_back(
        {{"subject", anchor.subject}, {"sha256", anchor.sha256.hex()}, {"file", anchor.file}});
  }
  Json json = {{"standing", text_of(standing)},    {"files", file_count},
               {"statements", statement_count},    {"proven", proven_count},
               {"unwitnessed", unwitnessed_count}, {"stamped", stamped_count},
               {"unknown_anchors", std::move(anchors)}};
  if (exported) json["exported"] = exported->text();
  if (!exporter.empty()) json["exporter"] = exporter;
  if (broken) {
    const ReasonText& text = yizhan::describe(broken->reason);
    json["broken"] = {{"code", text.code},
                      {"title", text.title},
                      {"detail", broken->detail},
                      {"remedy", text.remedy}};
  } else {
    json["packages"] = std::move(list);
  }
  return json;
}

}  // namespace yizhan
