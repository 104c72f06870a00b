#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/agency/agency.h"
#include "model/evidence/evidence.h"
#include "model/package/package.h"

// Writing an export: docs/protocol/export.md.

namespace yizhan {

enum class ExportRole { kSender, kRecipient };

std::string_view text_of(ExportRole role);  // "sender", "recipient"
std::optional<ExportRole> find_export_role(std::string_view text);

// A folder, or the same files as they go into one ASiC-E container (container.h).
enum class ExportForm { kFolder, kContainer };

std::optional<ExportForm> find_export_form(std::string_view text);  // "folder", "asic-e"

struct ExportFile {
  std::string name;
  std::uint64_t size;
  Sha256 sha256;
  std::optional<Bytes> bytes;  // none: the object of that digest
};

// What its owner has kept of one package.
struct ExportedPackage {
  Bytes header;                        // CMS
  std::vector<PlacedLeaf> recipients;  // ascending
  std::vector<Sha256> groups;
  Bytes manifest;
  std::vector<EvidenceRow> evidence;  // oldest first; what is not signed yet is left out
};

struct ExportSources {
  ExportRole role;
  OrgCode exporter;
  std::vector<ExportedPackage> packages;
  Bytes directory;  // signed
  std::int64_t directory_version;
  std::vector<Certificate> intermediates;
  std::vector<Bytes> revocation_lists;  // DER
  // By the name of a statement. After kUnavailable nothing more is asked.
  std::function<Result<LogProof>(const Sha256&)> prove;
  ExportForm form = ExportForm::kFolder;
};

// All files, the index and its signature last; of a container in the order in which they stand in
// it, what makes it one first. Refuses what the key refuses, and what open_header
// and Manifest::parse refuse.
Result<std::vector<ExportFile>> build_export(const ExportSources& sources, SigningKey& key,
                                             Time now);

}  // namespace yizhan
