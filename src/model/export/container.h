#pragma once

#include <span>

#include "model/export/verify_export.h"

// An export in one file: an ASiC-E container with CAdES (ETSI EN 319 162-1), as
// docs/protocol/export.md has it. One shape only: a checker makes the manifest anew and compares.

namespace yizhan {

inline constexpr std::string_view kMimetypeName = "mimetype";
inline constexpr std::string_view kContainerType = "application/vnd.etsi.asic-e+zip";
inline constexpr std::string_view kManifestName = "META-INF/ASiCManifest001.xml";
inline constexpr std::string_view kContainerSignatureName = "META-INF/signature001.p7s";

// The ASiCManifest that names these files, each with its digest, ascending by name.
Bytes container_manifest(std::span<const ExportFile> files);

// The files of `folder` under these names and in this order, stored and not packed. Durable under
// `file`, which must not exist. Throws FileError and std::runtime_error.
void write_container(const std::filesystem::path& folder, std::span<const std::string> names,
                     const std::filesystem::path& file);

// Of verify_export: the container's shape and signature, and the export in it. Unpacks into the
// folder for temporary files meanwhile.
ExportReport verify_container(const std::filesystem::path& file, const ExportTrust& trust);

}  // namespace yizhan
