#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/export/export_builder.h"

// Checking an export without the network and without this system: docs/protocol/export.md, "What a
// checker does". Nothing inside the folder is an anchor.

namespace yizhan {

// What the checker brings along, in a folder:
//   anchors/*.pem        roots (required)         intermediates/*.pem
//   directory/*.pem, directory-anchors.pem        who signs the directory
//   timestamps/*.pem                              roots of time-stamping authorities
//   revocation/*.crl     newer lists, to learn of keys that were found stolen since
struct ExportTrust {
  Trust authorities;
  std::vector<Certificate> directory_signers;
  std::vector<Certificate> stamp_anchors = {};

  // Throws when no anchor is there or a file can not be read.
  static ExportTrust load(const std::filesystem::path& folder);
};

enum class ExportStanding {
  kValid,          // all holds under the given anchors
  kAnchorUnknown,  // consistent in itself, but signed under anchors that were not given
  kBroken,
};

std::string_view text_of(ExportStanding standing);

// A certificate that led to no given anchor, for comparing its fingerprint by other means.
struct UnknownAnchor {
  std::string subject;
  Sha256 sha256;
  std::string file;  // one that it signed
};

struct VerifiedRecipient {
  Addressee addressee;
  std::string name;  // by the directory; empty when unknown
  CopyKind copy_kind;
  std::optional<Time> consigned;          // 收文: D.1
  std::optional<Statement> final;         // the first that was entered in the centre's log
  std::optional<Statement> acknowledged;  // F.2, or else F.1
  // Other finals than that. Without `final`: the log does not show which of them was first.
  int superseded = 0;
};

struct VerifiedPackage {
  MessageId message;
  Addressee sender;
  std::string sender_name;
  Time decided;   // 發文: A.1; of a rejected one A.2
  bool accepted;  // A.1
  Manifest manifest;
  std::vector<VerifiedRecipient> recipients;
};

struct ExportReport {
  ExportStanding standing = ExportStanding::kBroken;
  std::optional<Refusal> broken;       // names file and link
  std::vector<UnknownAnchor> unknown;  // none when valid
  std::string exporter;                // code and name
  std::optional<Time> exported;
  std::vector<VerifiedPackage> packages;
  std::size_t file_count = 0;
  std::size_t statement_count = 0;    // evidence and verdicts
  std::size_t proven_count = 0;       // of these, shown to stand in a centre's log
  std::size_t unwitnessed_count = 0;  // of these, under a checkpoint with too few co-signatures
  std::size_t stamped_count = 0;      // of these, under a checkpoint with a time-stamp that holds

  [[nodiscard]] Json describe() const;
};

// What is wrong with the export is in the report; FileError when it can not be read at all.
ExportReport verify_export(const std::filesystem::path& folder, const ExportTrust& trust);

}  // namespace yizhan
