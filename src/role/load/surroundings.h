#pragma once

#include <filesystem>
#include <optional>

#include "ground/antivirus/antivirus.h"
#include "model/agency/agency.h"
#include "model/mailbox/mailbox.h"

// What all simulated agencies of a run share.

namespace yizhan {

struct LoadFiles {
  std::filesystem::path directory = {};
  std::filesystem::path directory_anchors = {};
  std::filesystem::path trust = {};
  std::filesystem::path agencies = {};            // CODE.sign.pem, .encrypt.pem, .tls.pem of each
  std::filesystem::path workspace = "/dev/shm";   // for plaintext on its way, best in memory
  std::filesystem::path clamd = {};  // agencies scan what they send and receive; empty: they do not
};

// Lets every document pass unread: its hashes show that it is the one that was sent.
class NoJudge final : public DocumentJudge {
 public:
  Result<DocumentInspection> judge(const DocumentQuestion&) override {
    return DocumentInspection{DocumentFacts{}, {}};
  }
};

// Asks clamd when there is one.
class LoadScanner final : public FileScanner {
 public:
  explicit LoadScanner(const std::filesystem::path& clamd);
  Result<ScannedPart> scan(const Part& part, const FileHandle& file) override;

 private:
  std::optional<Clamd> clamd_;
};

struct Surroundings {
  // Throws when a file can not be used.
  explicit Surroundings(const LoadFiles& files);

  DirectorySource directory;
  TrustSource trust;
  SystemClock clock;
  NoJudge judge;
  LoadScanner scanner;
  std::filesystem::path workspace;
};

// The codes of the agencies whose keys lie in that folder, ascending.
std::vector<OrgCode> agencies_in(const std::filesystem::path& folder);

}  // namespace yizhan
