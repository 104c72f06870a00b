#pragma once

#include "ground/antivirus/antivirus.h"
#include "model/inspection/inspection.h"
#include "model/mailbox/mailbox.h"
#include "way/screen/screen.h"

// What the terminal's ways ask about files, answered by the confined children and the engine.

namespace yizhan {

class ConfinedJudge final : public DocumentJudge {
 public:
  explicit ConfinedJudge(const Inspector& inspector) : inspector_(inspector) {}
  Result<DocumentInspection> judge(const DocumentQuestion& question) override {
    return inspector_.inspect_document(question);
  }

 private:
  const Inspector& inspector_;
};

class EngineScanner final : public FileScanner {
 public:
  EngineScanner(const Inspector& inspector, const Clamd& engine, EngineWatch& watch)
      : inspector_(inspector), engine_(engine), watch_(watch) {}
  Result<ScannedPart> scan(const Part& part, const FileHandle& file) override;

 private:
  const Inspector& inspector_;
  const Clamd& engine_;
  EngineWatch& watch_;
};

}  // namespace yizhan
