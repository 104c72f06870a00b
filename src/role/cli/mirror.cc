#include "role/cli/mirror.h"

#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kRootBytesMax = 512'000;

}  // namespace

void add_mirror_options(CLI::App& app, MirrorOptions& options) {
  app.add_option("mirror", options.mirror, "節點鏡映之派送資料夾，或攜來之媒體")->required();
  app.add_option("--root", options.root, "已以其他管道核對之 root（1.root.json）")->required();
  app.add_option("--state", options.state, "記住所見版次之檔案，據以拒絕倒退")->required();
}

Result<void> read_mirror(const MirrorOptions& options,
                         const std::function<Result<void>(TrustClient&)>& read) {
  make_directory(std::filesystem::absolute(options.state).parent_path());
  TrustedState state(options.state, read_file(options.root, kRootBytesMax));
  FolderSource source(options.mirror);
  TrustClient client(state, source);
  YZ_TRY(client.refresh(SystemClock().now()));
  return read(client);
}

}  // namespace yizhan
