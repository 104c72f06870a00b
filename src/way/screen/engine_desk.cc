#include "way/screen/engine_desk.h"

#include <algorithm>

namespace yizhan {

namespace {

using SteadyClock = std::chrono::steady_clock;

// What is larger has a session for itself, so that nobody waits for it.
constexpr std::uint64_t kSharedBytesMax = 4ULL << 20;
constexpr std::size_t kSharedFilesMax = 16;
constexpr std::size_t kTogetherMax = 16;  // questions in one session
// Whoever has waited so long for others goes ahead in another session.
constexpr Milliseconds kPatience{200};
// So long a proof after is also a proof before.
constexpr Milliseconds kProofAge{1'000};

bool may_share(std::span<const FileHandle* const> files) {
  std::uint64_t bytes = 0;
  for (const FileHandle* file : files) bytes += file->size();
  return !files.empty() && files.size() <= kSharedFilesMax && bytes <= kSharedBytesMax;
}

}  // namespace

struct EngineDesk::Question {
  std::vector<int> files;
  bool taken = false;
  bool done = false;  // with answers, or to be asked alone
  std::optional<EngineAnswers> answers = std::nullopt;
};

struct EngineDesk::Proven {
  ClamdSession session;
  EngineVersion version = {};
  SteadyClock::time_point at = {};
};

// Whatever happens meanwhile, nobody waits for ever. The lock is held when this begins and ends.
struct EngineDesk::Leading {
  EngineDesk& desk;
  std::unique_lock<std::mutex>& lock;
  std::vector<Question*> questions;
  std::unique_ptr<Proven> proven;

  ~Leading() {
    lock.lock();
    --desk.leaders_;
    desk.kept_ = std::move(proven);
    for (Question* question : questions) question->done = true;
    desk.changed_.notify_all();
  }
};

EngineDesk::EngineDesk(const Clamd& engine, EngineWatch& watch) : engine_(engine), watch_(watch) {}
EngineDesk::~EngineDesk() = default;

Result<EngineAnswers> EngineDesk::ask(std::span<const FileHandle* const> files) {
  Question question;
  for (const FileHandle* file : files) question.files.push_back(file->descriptor());
  if (may_share(files)) share(question);
  if (question.answers) return std::move(*question.answers);
  return ask_alone(question.files);
}

Result<EngineAnswers> EngineDesk::ask_alone(std::span<const int> files) {
  ClamdSession session = YZ_TRY(engine_.open());
  EngineAnswers answers{YZ_TRY(watch_.ready(session)), {}};
  for (const int file : files) {
    Result<ScanAnswer> answer = session.scan(file);
    if (!answer && answer.reason() != Reason::kScanIncomplete) return answer.refusal();
    answers.files.push_back(std::move(answer));
  }
  if (!files.empty()) YZ_TRY(watch_.ready(session));
  return answers;
}

void EngineDesk::share(Question& question) {
  const auto patience = SteadyClock::now() + kPatience;
  std::unique_lock lock(mutex_);
  waiting_.push_back(&question);
  while (!question.done) {
    if (question.taken) changed_.wait(lock);
    else if (leaders_ > 0 && SteadyClock::now() < patience) changed_.wait_until(lock, patience);
    else lead(lock);
  }
}

// Takes those that wait, in their order, and asks for all of them.
void EngineDesk::lead(std::unique_lock<std::mutex>& lock) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kTogetherMax));
  std::vector<Question*> questions(waiting_.begin(), waiting_.begin() + count);
  waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  for (Question* question : questions) question->taken = true;
  ++leaders_;
  Leading leading{*this, lock, std::move(questions), std::move(kept_)};
  lock.unlock();
  ask_together(leading.proven, leading.questions);
}

// Gives all their answers, or none; then the session is not used again.
void EngineDesk::ask_together(std::unique_ptr<Proven>& proven,
                              std::span<Question* const> questions) {
  std::unique_ptr<Proven> used = std::move(proven);
  if (!used || SteadyClock::now() - used->at > kProofAge) {
    used.reset();
    Result<ClamdSession> session = engine_.open();
    if (!session) return;
    used = std::make_unique<Proven>(std::move(*session));
    Result<EngineVersion> before = watch_.ready(used->session);
    if (!before) return;
    used->version = std::move(*before);
  }
  std::vector<int> files;
  for (const Question* question : questions) {
    files.insert(files.end(), question->files.begin(), question->files.end());
  }
  const Result<std::vector<ScanAnswer>> found = used->session.scan_all(files);
  if (!found) return;
  Result<EngineVersion> after = watch_.ready(used->session);
  if (!after) return;
  auto next = found->begin();
  for (Question* question : questions) {
    question->answers.emplace(EngineAnswers{used->version, {}});
    for (std::size_t i = 0; i < question->files.size(); ++i) {
      question->answers->files.emplace_back(*next++);
    }
  }
  used->version = std::move(*after);
  used->at = SteadyClock::now();
  proven = std::move(used);
}

}  // namespace yizhan
