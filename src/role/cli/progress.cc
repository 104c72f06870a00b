#include "role/cli/progress.h"

namespace yizhan {

namespace {

constexpr std::uint64_t kBarColumns = 30;
constexpr auto kFirst = std::chrono::seconds{1};
constexpr auto kPace = std::chrono::milliseconds{200};

}  // namespace

Progress::Progress(const Session& session, std::string what, std::uint64_t total)
    : session_(session),
      what_(std::move(what)),
      total_(total),
      next_(std::chrono::steady_clock::now() + kFirst) {}

Progress::~Progress() {
  if (shown_) session_.err() << "\n";
}

void Progress::add(std::uint64_t bytes) {
  done_ += bytes;
  const auto now = std::chrono::steady_clock::now();
  if (!session_.shows_progress() || total_ == 0 || now < next_) return;
  next_ = now + kPace;
  shown_ = true;
  const std::uint64_t filled = std::min(kBarColumns, kBarColumns * done_ / total_);
  session_.err() << "\r" << what_ << " [" << std::string(filled, '#')
                 << std::string(kBarColumns - filled, '.') << "] " << 100 * done_ / total_ << "% "
                 << size_text(done_) << " / " << size_text(total_) << "  " << std::flush;
}

}  // namespace yizhan
