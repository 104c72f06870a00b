#pragma once

#include <condition_variable>
#include <memory>

#include "ground/files/files.h"
#include "way/screen/engine_watch.h"

namespace yizhan {

struct EngineAnswers {
  EngineVersion engine;
  std::vector<Result<ScanAnswer>> files;  // kScanIncomplete: no clear answer about this one
};

// Asks the engine about the files of packages. No answer is given out unless the engine has shown
// before and after, in the same session, that it does its work; what waits at the same time is
// asked in one session and shares that proof, and the proof after is the one before what follows at
// once. Whatever goes wrong in a shared session says nothing about anybody: each is then asked
// about alone. Any thread.
class EngineDesk {
 public:
  EngineDesk(const Clamd& engine, EngineWatch& watch);
  ~EngineDesk();
  EngineDesk(const EngineDesk&) = delete;
  EngineDesk& operator=(const EngineDesk&) = delete;

  // Refuses kScannerUnavailable when the engine can not be asked now. No files: is it there at all?
  Result<EngineAnswers> ask(std::span<const FileHandle* const> files);

 private:
  struct Question;
  struct Proven;
  struct Leading;

  [[nodiscard]] Result<EngineAnswers> ask_alone(std::span<const int> files);
  void share(Question& question);
  void lead(std::unique_lock<std::mutex>& lock);
  void ask_together(std::unique_ptr<Proven>& proven, std::span<Question* const> questions);

  const Clamd& engine_;
  EngineWatch& watch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Question*> waiting_;
  int leaders_ = 0;
  std::unique_ptr<Proven> kept_;  // the session that was proven last, if nobody uses it
};

}  // namespace yizhan
