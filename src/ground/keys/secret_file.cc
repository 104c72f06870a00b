#include "ground/keys/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "ground/keys/frame.h"

namespace yizhan {

namespace {

constexpr std::size_t kSecretMax = 1024;

Refusal unreadable(const std::filesystem::path& file, const std::string& problem) {
  return Refusal{Reason::kTokenLocked, "密碼檔 " + file.string() + " " + problem};
}

}  // namespace

Result<SecretBytes> read_secret(const std::filesystem::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!descriptor.open() || ::fstat(descriptor.get(), &status) != 0) {
    return unreadable(file, "無法讀取，請檢查路徑及權限。");
  }
  if ((status.st_mode & S_IRWXO) != 0) return unreadable(file, "任何人均可讀取，請改為 0400。");
  SecretBytes all(kSecretMax + 1);
  const ssize_t size = ::read(descriptor.get(), all.writable().data(), all.size());
  if (size < 0) return unreadable(file, "無法讀取，請檢查磁碟。");
  ByteView text = all.view().first(static_cast<std::size_t>(size));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text = text.first(text.size() - 1);
  }
  if (text.empty() || text.size() > kSecretMax) return unreadable(file, "為空白或過長，請更正。");
  SecretBytes secret(text.size());
  std::copy(text.begin(), text.end(), secret.writable().begin());
  return secret;
}

}  // namespace yizhan
