#include "model/export/export_builder.h"

#include <algorithm>
#include <set>

#include "ground/json/json.h"
#include "model/export/container.h"
#include "model/export/detached.h"
#include "model/export/export_readme.h"

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-export-1";

std::string two_digits(std::size_t number) {
  const std::string text = std::to_string(number);
  return text.size() < 2 ? "0" + text : text;
}

Json describe_recipients(const std::vector<PlacedLeaf>& recipients) {
  Json items = Json::array();
  for (const PlacedLeaf& placed : recipients) {
    Json path = Json::array();
    for (const Sha256& node : placed.path) path.push_back(node.hex());
    items.push_back({{"leaf", to_base64(placed.leaf)},
                     {"leaf_index", placed.index},
                     {"path", std::move(path)}});
  }
  return {{"recipients", std::move(items)}};
}

Json describe_groups(const std::vector<Sha256>& groups) {
  Json items = Json::array();
  for (const Sha256& group : groups) items.push_back(group.hex());
  return {{"groups", std::move(items)}};
}

// The folder while it is being filled.
class Exporting {
 public:
  explicit Exporting(const ExportSources& sources) : sources_(sources) {}

  Result<void> add_packages() {
    for (const ExportedPackage& package : sources_.packages) YZ_TRY(add_package(package));
    return {};
  }

  void add_surroundings() {
    add("README.txt", copy_of(bytes_of(kExportReadme)));
    add("directory.p7m", sources_.directory);
    for (std::size_t i = 0; i < sources_.intermediates.size(); ++i) {
      add("certificates/" + two_digits(i + 1) + ".pem",
          copy_of(bytes_of(sources_.intermediates[i].pem())));
    }
    for (std::size_t i = 0; i < sources_.revocation_lists.size(); ++i) {
      add("revocation/" + two_digits(i + 1) + ".crl", sources_.revocation_lists[i]);
    }
  }

  Result<std::vector<ExportFile>> finish(SigningKey& key, Time now) {
    std::sort(files_.begin(), files_.end(),
              [](const ExportFile& a, const ExportFile& b) { return a.name < b.name; });
    const Bytes index = canonical_json(describe_index(now));
    const Bytes cms = YZ_TRY(cms_sign(index, key, KeyUse::kEvidence, now));
    add("index.json", index);
    add("index.p7m", cms);
    if (sources_.form == ExportForm::kContainer) YZ_TRY(enclose(key, now));
    return std::move(files_);
  }

 private:
  void add(std::string name, Bytes bytes) {
    files_.push_back({std::move(name), bytes.size(), sha256(bytes), std::move(bytes)});
  }

  Result<void> add_package(const ExportedPackage& package) {
    const SealedHeader sealed = YZ_TRY(open_header(package.header));
    const std::size_t number = packages_.size() + 1;
    const std::string folder = "packages/" + two_digits(number) + "/";
    packages_.push_back({{"number", number},
                         {"sender", sealed.header.sender.text()},
                         {"message_id", sealed.header.message_id.text()}});
    document_ = sealed.header.document_id.text();
    add(folder + "header.p7m", package.header);
    add(folder + "recipients.json", canonical_json(describe_recipients(package.recipients)));
    add(folder + "groups.json", canonical_json(describe_groups(package.groups)));
    add(folder + "manifest.json", package.manifest);
    const Manifest manifest = YZ_TRY(Manifest::parse(package.manifest));
    for (const Part& part : manifest.parts) add_part(part, number);
    add_evidence(package.evidence, folder);
    return {};
  }

  // A part that an earlier package has too stands there.
  void add_part(const Part& part, std::size_t package) {
    if (!parts_.insert({part.name, part.sha256}).second) return;
    files_.push_back({"parts/" + two_digits(package) + "/" + part.name, part.length, part.sha256,
                      std::nullopt});
  }

  void add_evidence(const std::vector<EvidenceRow>& rows, const std::string& folder) {
    std::size_t number = 0;
    for (const EvidenceRow& row : rows) {
      if (!row.cms) continue;
      const std::string nn = two_digits(++number);
      const std::string who = row.recipient ? row.recipient->text() : "all";
      const bool verdict = row.kind == kVerdictKind;
      const std::string name = verdict ? "verdicts/" + nn
                                       : "evidence/" + nn + "-" + row.kind + "-" + who;
      add(folder + name + std::string(evidence_suffix(*row.cms)), *row.cms);
      add_proof(row, folder + "proofs/" + nn + ".json");
    }
  }

  void add_proof(const EvidenceRow& row, const std::string& name) {
    if (reachable_) {
      const Result<LogProof> proof = sources_.prove(row.sha256);
      if (proof) return add(name, proof->json());
      reachable_ = proof.reason() != Reason::kUnavailable;
    }
    ++unproven_;
  }

  // What makes the files a container stands before them.
  Result<void> enclose(SigningKey& key, Time now) {
    const Bytes manifest = container_manifest(files_);
    const Bytes cms = YZ_TRY(cms_sign(manifest, key, KeyUse::kEvidence, now));
    Bytes signature = YZ_TRY(detached(cms, manifest));
    std::vector<ExportFile> files = std::exchange(files_, {});
    add(std::string(kMimetypeName), copy_of(bytes_of(kContainerType)));
    add(std::string(kManifestName), manifest);
    add(std::string(kContainerSignatureName), std::move(signature));
    std::move(files.begin(), files.end(), std::back_inserter(files_));
    return {};
  }

  Json describe_index(Time now) const {
    Json files = Json::array();
    for (const ExportFile& file : files_) {
      files.push_back({{"name", file.name}, {"size", file.size}, {"sha256", file.sha256.hex()}});
    }
    return {{"format", kFormat},
            {"exporter", sources_.exporter.text()},
            {"role", text_of(sources_.role)},
            {"document_id", document_},
            {"time", now.text()},
            {"directory_version", sources_.directory_version},
            {"packages", packages_},
            {"unproven", unproven_},
            {"files", std::move(files)}};
  }

  const ExportSources& sources_;
  std::vector<ExportFile> files_;
  std::set<std::pair<std::string, Sha256>> parts_;
  Json packages_ = Json::array();
  std::string document_;
  std::int64_t unproven_ = 0;
  bool reachable_ = true;
};

}  // namespace

std::string_view text_of(ExportRole role) {
  switch (role) {
    case ExportRole::kSender:
      return "sender";
    case ExportRole::kRecipient:
      return "recipient";
  }
  return "";
}

std::optional<ExportRole> find_export_role(std::string_view text) {
  for (const ExportRole role : {ExportRole::kSender, ExportRole::kRecipient}) {
    if (text_of(role) == text) return role;
  }
  return std::nullopt;
}

std::optional<ExportForm> find_export_form(std::string_view text) {
  if (text == "folder") return ExportForm::kFolder;
  return text == "asic-e" ? std::optional(ExportForm::kContainer) : std::nullopt;
}

Result<std::vector<ExportFile>> build_export(const ExportSources& sources, SigningKey& key,
                                             Time now) {
  YZ_ASSERT(!sources.packages.empty());
  Exporting exporting(sources);
  YZ_TRY(exporting.add_packages());
  exporting.add_surroundings();
  return exporting.finish(key, now);
}

}  // namespace yizhan
