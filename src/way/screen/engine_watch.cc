#include "way/screen/engine_watch.h"

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr std::chrono::minutes kProofLife{1};

// Too slow to answer a small question is as good as not there.
template <class T>
Result<T> or_unavailable(Result<T> answer) {
  if (answer) return answer;
  return Refusal{Reason::kScannerUnavailable, answer.refusal().detail};
}

}  // namespace

Result<EngineVersion> EngineWatch::ready() {
  ClamdSession session = YZ_TRY(engine_.open());
  return ready(session);
}

Result<EngineVersion> EngineWatch::ready(ClamdSession& session) {
  EngineVersion version = YZ_TRY(or_unavailable(session.version()));
  YZ_TRY(check_age(version));
  const std::string name = version.engine + "/" + version.signatures_version;
  YZ_TRY(upheld("engine_proof", or_unavailable(prove(session, name))));
  return version;
}

// Who answers now need not be who answered a moment ago, whatever it calls itself: the test file
// each time, the slow rest once a minute.
Result<void> EngineWatch::prove(ClamdSession& session, const std::string& name) {
  const auto now = std::chrono::steady_clock::now();
  bool known = false;
  {
    const std::lock_guard lock(mutex_);
    known = proven_ == name && now - proven_at_ < kProofLife;
  }
  YZ_TRY(session.check_signatures());
  if (known) return {};
  YZ_TRY(engine_.check());
  const std::lock_guard lock(mutex_);
  proven_ = name;
  proven_at_ = now;
  return {};
}

Result<void> EngineWatch::check_age(const EngineVersion& version) const {
  // 五(二)6: 定期更新病毒碼
  if (!signatures_age_max_) return {};
  if (!version.signatures_time) {
    return Refusal{Reason::kScannerUnavailable, "掃毒引擎未回報病毒碼日期，請更新病毒碼。"};
  }
  const bool young = clock_.now() - *version.signatures_time <= *signatures_age_max_;
  if (upheld("signatures_age", young)) return {};
  return Refusal{Reason::kScannerUnavailable,
                 "病毒碼停留於 " + version.signatures_time->text() + "，請更新病毒碼。"};
}

}  // namespace yizhan
