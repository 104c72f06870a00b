#include "duty/release/release.h"
#include "ground/files/files.h"
#include "role/cli/mirror.h"
#include "role/cli/outside_command.h"
#include "role/cli/release_scan.h"
#include "role/cli/session.h"

// Versions of the product: staged by release officers, verified and installed on a host.

namespace yizhan {

namespace {

constexpr std::size_t kPackageBytesMax = 512U << 20;

struct StageOptions {
  std::string repository;
  std::string version;
  std::string layer;
  std::vector<std::string> packages;
  std::string clamd;
  std::string notes;
  std::string minimum, grace;
  std::string issued;
};

struct FetchOptions {
  MirrorOptions from;
  std::string layer;
  std::string into;
  std::string dpkg = "/usr/bin/dpkg";
  bool downgrade = false;
};

Result<ReleaseVersion> read_version(const std::string& text) {
  const auto version = ReleaseVersion::parse(text);
  if (version) return *version;
  return Refusal{Reason::kBadRequest, "版本須如 1.4.0：" + text};
}

Result<Day> read_day(const std::string& text, Day otherwise) {
  if (text.empty()) return otherwise;
  const auto day = find_day(text);
  if (day) return *day;
  return Refusal{Reason::kBadRequest, "日期須如 2026-12-01：" + text};
}

Result<std::optional<ReleaseMinimum>> read_minimum(const StageOptions& options) {
  if (options.minimum.empty() != options.grace.empty()) {
    return Refusal{Reason::kBadRequest, "--minimum 與 --grace 須一併指明"};
  }
  if (options.minimum.empty()) return std::optional<ReleaseMinimum>();
  const ReleaseVersion version = YZ_TRY(read_version(options.minimum));
  const Day grace = YZ_TRY(read_day(options.grace, {}));
  return std::optional(ReleaseMinimum{version, grace});
}

// Versions of packages have signs that paths of targets do not: 0.1.0~20261130_amd64.deb.
std::string target_name(const std::filesystem::path& file) {
  std::string name = file.filename().string();
  for (char& c : name) {
    if (c == '~' || c == '+') c = '-';
  }
  return name;
}

// The packages first: a release never stands in a repository without them.
Result<Exit> stage(Session& session, const StageOptions& options) {
  const Repository repository(options.repository);
  const Time now = SystemClock().now();
  const Layer layer = YZ_TRY(require_layer(options.layer));
  const ReleaseVersion version = YZ_TRY(read_version(options.version));
  const Day issued = YZ_TRY(read_day(options.issued, day_of(now)));
  const auto minimum = YZ_TRY(read_minimum(options));
  const ReleaseScan scan = YZ_TRY(scan_packages(options.clamd, options.packages));
  Release release{layer, version, {}, options.notes, issued, scan, minimum};
  std::vector<TargetChange> changes;
  for (const std::string& file : options.packages) {
    Bytes content = read_file(file, kPackageBytesMax);
    const std::string path = std::string(Release::kFolder) + std::string(text_of(layer)) + "/" +
                             target_name(file);
    release.packages.push_back(
        {path, sha256(content), static_cast<std::int64_t>(content.size())});
    changes.push_back({path, std::move(content)});
  }
  changes.push_back({release.path(), release.json()});
  // As every node will read it: what it would refuse is not staged.
  YZ_TRY(Release::parse(release.path(), release.json()));
  std::string role;
  for (const TargetChange& change : changes) {
    role = YZ_TRY(stage_target(repository, change, {}, now));
  }
  if (session.json) {
    session.print({{"staged", Json::array({role})},
                   {"files", Json::array({repository.staged_file(role).string()})},
                   {"release", release.describe()}});
    return Exit::kDone;
  }
  session.out() << release.path() << "\n";
  for (const ReleasePackage& package : release.packages) {
    session.out() << "  " << package.path << "\n  檢核碼 SHA-256 " << package.sha256.hex() << "\n";
  }
  session.out() << "  掃毒 " << shown_text(scan.engine) << "，病毒碼 "
                << shown_text(scan.signatures) << "：無惡意程式\n";
  session.out() << "待簽署：" << role << "　" << repository.staged_file(role).string() << "\n";
  return Exit::kDone;
}

struct Fetched {
  Release release;
  std::vector<std::filesystem::path> files;
};

Result<Fetched> fetch_from(TrustClient& client, const FetchOptions& options,
                           const std::filesystem::path& folder) {
  const Layer layer = YZ_TRY(require_layer(options.layer));
  std::optional<Refusal> why;
  const auto refuse = [&](const std::string& path, const Refusal& found) {
    why = Refusal{found.reason, path + "：" + found.detail};
  };
  const auto newest = YZ_TRY(find_newest(client, layer, refuse));
  if (why) return *why;  // what does not hold is looked into before anything is installed
  if (!newest) return Refusal{Reason::kNotFound, "派送中沒有 " + options.layer + " 之版本"};
  const ReleaseVersion running = ReleaseVersion::parse(YIZHAN_VERSION).value();
  if (newest->version < running && !options.downgrade) {
    return Refusal{Reason::kMetadataRolledBack,
                   "所派送之 " + newest->version.text() + " 較本機之 " + running.text() +
                       " 舊；確須退版者請加 --downgrade"};
  }
  Fetched fetched{*newest, {}};
  for (const ReleasePackage& package : newest->packages) {
    const std::filesystem::path file =
        folder / std::filesystem::path(package.path).filename();
    write_durably(file, YZ_TRY(client.fetch_target(package.path)), 0644);
    fetched.files.push_back(file);
  }
  return fetched;
}

Result<Fetched> fetch_into(const FetchOptions& options, const std::filesystem::path& folder) {
  std::optional<Fetched> fetched;
  const Result<void> done = read_mirror(options.from, [&](TrustClient& client) -> Result<void> {
    fetched = YZ_TRY(fetch_from(client, options, folder));
    return {};
  });
  YZ_TRY(done);
  return std::move(*fetched);
}

Json describe(const Fetched& fetched) {
  Json files = Json::array();
  for (const auto& file : fetched.files) files.push_back(file.string());
  return {{"release", fetched.release.describe()}, {"files", std::move(files)}};
}

Result<Exit> fetch(Session& session, const FetchOptions& options) {
  make_directory(options.into);
  const Fetched fetched = YZ_TRY(fetch_into(options, options.into));
  if (session.json) {
    session.print(describe(fetched));
    return Exit::kDone;
  }
  session.out() << "檢核碼相符：" << text_of(fetched.release.layer) << " "
                << fetched.release.version.text() << "\n" << shown_text(fetched.release.notes)
                << "\n";
  for (const auto& file : fetched.files) session.out() << "已寫入 " << file.string() << "\n";
  return Exit::kDone;
}

Result<void> run_dpkg(const std::string& dpkg, const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> words{dpkg, "--install"};
  for (const auto& file : files) words.push_back(file.string());
  const bool installed = YZ_TRY(run_outside(std::move(words)));
  if (installed) return {};
  return Refusal{Reason::kInternal, "套件安裝失敗，請依其訊息處理後重試；原版本未變或可再安裝"};
}

Result<Exit> install(Session& session, const FetchOptions& options) {
  const std::filesystem::path folder =
      std::filesystem::path(options.from.state).parent_path() / "packages";
  make_directory(folder);
  const Fetched fetched = YZ_TRY(fetch_into(options, folder));
  const Result<void> installed = run_dpkg(options.dpkg, fetched.files);
  for (const auto& file : fetched.files) std::filesystem::remove(file);
  YZ_TRY(installed);
  if (session.json) {
    session.print(describe(fetched));
  } else {
    session.out() << "已驗證並安裝 " << text_of(fetched.release.layer) << " "
                  << fetched.release.version.text() << "；本機程式將簽署回報其版本。\n";
  }
  return Exit::kDone;
}

void add_staging(CLI::App& release, Session& session) {
  auto command =
      add_command<StageOptions>(release, "stage", "擬定：派送一個版本，連同其套件（待簽署）");
  StageOptions& options = *command.options;
  CLI::App& app = *command.app;
  app.add_option("repository", options.repository, "派送資料夾")->required();
  app.add_option("version", options.version, "版本，如 1.4.0")->required();
  app.add_option("--layer", options.layer, "management、exchange 或 terminal")->required();
  app.add_option("--package", options.packages, "套件（.deb），可重複")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--clamd", options.clamd, "掃毒引擎 clamd 之通訊端：套件及其內之檔案均須無惡意程式")
      ->required();
  app.add_option("--notes", options.notes, "更新內容")->required();
  app.add_option("--minimum", options.minimum, "最低版本：較其舊者逾寬限日即為落後");
  app.add_option("--grace", options.grace, "寬限日，如 2026-12-31");
  app.add_option("--issued", options.issued, "發布日；預設為今日");
  command
      .example(
          "  yizhan release stage repo 1.4.0 --layer exchange \\\n"
          "      --package yizhan-exchange_1.4.0_amd64.deb --notes 修正排程 \\\n"
          "      --clamd /run/clamav/clamd.ctl \\\n"
          "      --minimum 1.3.2 --grace 2026-12-31")
      .runs(session, stage);
}

Command<FetchOptions> add_verifying(CLI::App& release, const char* name, const char* what) {
  auto command = add_command<FetchOptions>(release, name, what);
  FetchOptions& options = *command.options;
  add_mirror_options(*command.app, options.from);
  command.app->add_option("--layer", options.layer, "management、exchange 或 terminal")->required();
  command.app->add_flag("--downgrade", options.downgrade, "容許較本機舊之版本");
  return command;
}

}  // namespace

void add_release_commands(CLI::App& app, Session& session) {
  CLI::App* release = app.add_subcommand("release", "程式版本：派送、檢核碼驗證、安裝");
  release->group("管理層")->require_subcommand(1);
  add_staging(*release, session);
  auto fetching = add_verifying(*release, "fetch", "驗證簽章及檢核碼後取出最新版本之套件");
  fetching.app->add_option("--into", fetching.options->into, "寫入之資料夾")->required();
  fetching
      .example(
          "  yizhan release fetch /var/lib/yizhan-exchange/distribution/mirror \\\n"
          "      --root /etc/yizhan/distribution-root.json --state seen.json \\\n"
          "      --layer exchange --into packages")
      .runs(session, fetch);
  auto installing =
      add_verifying(*release, "install", "驗證簽章及檢核碼後安裝最新版本（以 root 執行）");
  installing.app->add_option("--dpkg", installing.options->dpkg, "dpkg 程式")
      ->capture_default_str();
  installing
      .example(
          "  yizhan release install /var/lib/yizhan-exchange/distribution/mirror \\\n"
          "      --root /etc/yizhan/distribution-root.json \\\n"
          "      --state /var/lib/yizhan-release/seen.json --layer exchange")
      .runs(session, install);
}

}  // namespace yizhan
