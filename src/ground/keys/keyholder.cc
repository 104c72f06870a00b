#include "ground/keys/keyholder.h"

#include <algorithm>
#include <mutex>

#include "ground/control/control.h"
#include "ground/keys/frame.h"

namespace yizhan {

namespace {

constexpr std::size_t kIdleMax = 16;

Refusal unavailable(std::string detail) {
  return Refusal{Reason::kKeyholderUnavailable, std::move(detail)};
}

}  // namespace

// The pool of connections. A connection is used by one call at a time and comes back only after a
// whole answer, so a late answer can never be taken for another call's.
class KeyholderLine {
 public:
  KeyholderLine(std::filesystem::path socket, Milliseconds timeout)
      : socket_(std::move(socket)), timeout_(timeout) {}

  Result<SecretBytes> ask(const KeyRequest& request) {
    const Bytes frame = encode(request);
    const SteadyTime deadline = std::chrono::steady_clock::now() + timeout_;
    // An idle connection may be one that a restart has closed: try the next, a fresh one at last.
    while (true) {
      Descriptor connection = take_idle();
      const bool fresh = !connection.open();
      if (fresh) connection = connect_unix(socket_);
      if (!connection.open()) {
        return unavailable("金鑰服務未在執行（" + socket_.string() +
                           "），請啟動 yizhan-keyholder。");
      }
      const Answer answer = exchange(std::move(connection), frame, deadline);
      if (const auto* bytes = std::get_if<SecretBytes>(&answer)) return parse_answer(bytes->view());
      const FrameFailure failed = std::get<FrameFailure>(answer);
      if (fresh || failed != FrameFailure::kClosed) return failure(failed);
    }
  }

 private:
  using Answer = std::variant<SecretBytes, FrameFailure>;

  Answer exchange(Descriptor connection, ByteView frame, SteadyTime deadline) {
    if (const auto failed = send_frame(connection.get(), frame, deadline)) return *failed;
    Answer answer = receive_frame(connection.get(), deadline);
    if (std::holds_alternative<SecretBytes>(answer)) give_back(std::move(connection));
    return answer;
  }

  static Refusal failure(FrameFailure failed) {
    switch (failed) {
      case FrameFailure::kClosed:
        return unavailable("金鑰服務中斷連線：服務重啟中，或此帳號不在其 [[caller]] 設定之列。");
      case FrameFailure::kLate:
        return unavailable("金鑰服務逾時未回應，請以 yizhan status 檢查密碼模組。");
      case FrameFailure::kBadLength:
        return unavailable("與金鑰服務往來之訊框長度不合規定。");
    }
    YZ_ASSERT(false);
  }

  Descriptor take_idle() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return {};
    Descriptor connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  void give_back(Descriptor connection) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleMax) idle_.push_back(std::move(connection));
  }

  const std::filesystem::path socket_;
  const Milliseconds timeout_;
  std::mutex mutex_;
  std::vector<Descriptor> idle_;
};

namespace {

class RemoteSigningKey final : public SigningKey {
 public:
  RemoteSigningKey(std::shared_ptr<KeyholderLine> line, KeyDescription key)
      : line_(std::move(line)), key_(std::move(key)) {}

  [[nodiscard]] const Certificate& certificate() const override { return key_.certificate; }
  [[nodiscard]] SignatureScheme scheme() const override { return key_.scheme; }

  [[nodiscard]] Result<Bytes> sign(ByteView input, KeyUse use) override {
    const SecretBytes answer =
        YZ_TRY(line_->ask(SignRequest{.key = key_.name, .use = use, .input = copy_of(input)}));
    // A module that answers nonsense must not have its answer used.
    const auto right = verify_signature(key_.certificate, key_.scheme, input, answer.view());
    if (!upheld("own_signature", right.ok())) {
      return unavailable("金鑰「" + key_.name +
                         "」所簽之章無法以其憑證驗證：憑證已更換，或密碼模組故障，請檢查模組。");
    }
    return copy_of(answer.view());
  }

 private:
  std::shared_ptr<KeyholderLine> line_;
  KeyDescription key_;
};

class RemoteDecryptionKey final : public DecryptionKey {
 public:
  RemoteDecryptionKey(std::shared_ptr<KeyholderLine> line, KeyDescription key)
      : line_(std::move(line)), key_(std::move(key)) {}

  [[nodiscard]] const Certificate& certificate() const override { return key_.certificate; }

  [[nodiscard]] Result<SecretBytes> decrypt_oaep(ByteView ciphertext) override {
    return line_->ask(DecryptRequest{.key = key_.name, .ciphertext = copy_of(ciphertext)});
  }
  [[nodiscard]] Result<SecretBytes> agree(ByteView peer_point) override {
    return line_->ask(AgreeRequest{.key = key_.name, .peer_point = copy_of(peer_point)});
  }

 private:
  std::shared_ptr<KeyholderLine> line_;
  KeyDescription key_;
};

Result<std::vector<KeyDescription>> list_over(KeyholderLine& line) {
  const SecretBytes answer = YZ_TRY(line.ask(ListRequest{}));
  return parse_keys(answer.view());
}

bool decrypts(const KeyDescription& key) {
  return key.operations.contains(KeyOperation::kDecryptOaep) ||
         key.operations.contains(KeyOperation::kAgree);
}

Refusal not_offered(const std::string& wanted) {
  return {Reason::kKeyUnknown,
          "金鑰服務未提供「" + wanted + "」：請檢查其 [[caller]] 之 keys，及模組是否待解鎖。"};
}

template <class Predicate>
Result<KeyDescription> choose(KeyholderLine& line, const std::string& wanted, Predicate fits) {
  std::vector<KeyDescription> keys = YZ_TRY(list_over(line));
  const auto found = std::find_if(keys.begin(), keys.end(), fits);
  if (found == keys.end()) return not_offered(wanted);
  return std::move(*found);
}

}  // namespace

Keyholder::Keyholder(std::filesystem::path socket, Milliseconds timeout)
    : line_(std::make_shared<KeyholderLine>(std::move(socket), timeout)) {}

Keyholder::~Keyholder() = default;

Result<std::vector<KeyDescription>> Keyholder::list() { return list_over(*line_); }

Result<KeyholderStatus> Keyholder::status() {
  const SecretBytes answer = YZ_TRY(line_->ask(StatusRequest{}));
  return parse_status(answer.view());
}

Result<std::shared_ptr<SigningKey>> Keyholder::signing_key(const std::string& name) {
  KeyDescription key = YZ_TRY(choose(*line_, name, [&](const KeyDescription& one) {
    return one.name == name && one.operations.contains(KeyOperation::kSign);
  }));
  return std::shared_ptr<SigningKey>(std::make_shared<RemoteSigningKey>(line_, std::move(key)));
}

Result<std::vector<std::shared_ptr<SigningKey>>> Keyholder::signing_keys(const std::string& name) {
  std::vector<KeyDescription> keys = YZ_TRY(list_over(*line_));
  std::erase_if(keys, [&](const KeyDescription& one) {
    return base_name(one.name) != base_name(name) || !one.operations.contains(KeyOperation::kSign);
  });
  std::sort(keys.begin(), keys.end(), [](const KeyDescription& one, const KeyDescription& other) {
    return generation_of(one.name) < generation_of(other.name);
  });
  if (keys.empty()) return not_offered(name);
  std::vector<std::shared_ptr<SigningKey>> generations;
  for (KeyDescription& key : keys) {
    generations.push_back(std::make_shared<RemoteSigningKey>(line_, std::move(key)));
  }
  return generations;
}

Result<NextKey> Keyholder::prepare(const std::string& name, const std::string& signer) {
  const SecretBytes answer = YZ_TRY(line_->ask(PrepareRequest{.key = name, .signer = signer}));
  return parse_next(answer.view());
}

Result<std::string> Keyholder::install(const std::string& name, const Certificate& certificate) {
  const SecretBytes answer = YZ_TRY(
      line_->ask(InstallRequest{.key = name, .certificate = copy_of(certificate.der())}));
  return std::string(text_of(answer.view()));
}

Result<std::shared_ptr<DecryptionKey>> Keyholder::decryption_key(const std::string& name) {
  KeyDescription key = YZ_TRY(choose(
      *line_, name, [&](const KeyDescription& one) { return one.name == name && decrypts(one); }));
  return std::shared_ptr<DecryptionKey>(
      std::make_shared<RemoteDecryptionKey>(line_, std::move(key)));
}

Result<std::shared_ptr<DecryptionKey>> Keyholder::decryption_key_for(const Sha256& certificate) {
  KeyDescription key = YZ_TRY(choose(*line_, certificate.hex(), [&](const KeyDescription& one) {
    return one.certificate.sha256() == certificate && decrypts(one);
  }));
  return std::shared_ptr<DecryptionKey>(
      std::make_shared<RemoteDecryptionKey>(line_, std::move(key)));
}

}  // namespace yizhan
