#include "role/cli/distribution_commands.h"

#include "ground/files/files.h"
#include "role/cli/distribution_text.h"
#include "role/cli/officer_key.h"

// What officers do with the signed distribution: docs/operating-management.md.

namespace yizhan {

namespace {

constexpr std::size_t kTargetBytesMax = 512U << 20;  // what a centre serves of its mirror
constexpr std::size_t kStagedBytesMax = 16U << 20;

struct InitOptions {
  std::string repository;
  std::vector<std::string> officers;
  std::int64_t threshold = 2;
  std::string online;
};

struct TargetOptions {
  std::string repository;
  std::string path;
  std::string file;
};

struct RenewOptions {
  std::string repository;
  std::string role;
};

struct RotateOptions {
  std::string repository;
  std::string removed;
  std::string added;
  std::string online;
};

struct DelegateOptions {
  std::string repository;
  std::string role;
  std::vector<std::string> officers;
  std::int64_t threshold = 2;
};

struct SignOptions {
  std::vector<std::string> files;
  OfficerKeyOptions officer;
};

struct PublishOptions {
  std::string repository;
  std::int64_t seconds = 7LL * 86'400;
  std::vector<std::string> roles;
  OfficerKeyOptions online;
};

// The roles below targets. The first that covers a path is in charge of it, and it alone.
std::vector<DelegatedRole> national_roles() {
  return {{"orders-emergency", {"orders/emergency/*"}, 1},
          {"orders", {"orders/*", "orders/*/*"}, 2},
          {"directory", {"directory/*"}, 2},
          {"addresses", {"addresses/*"}, 2},
          {"releases", {"releases/*", "releases/*/*", "antivirus/*"}, 2},
          {"policies", {"policies/*", "baselines/*", "notices/*", "formats/*"}, 2}};
}

Result<std::optional<Certificate>> find_certificate(const std::string& file) {
  if (file.empty()) return std::optional<Certificate>();
  return std::optional(YZ_TRY(read_certificate(file)));
}

Exit tell_staged(const Session& session, const Repository& repository,
                 const std::vector<std::string>& roles) {
  if (session.json) {
    Json files = Json::array();
    for (const std::string& role : roles) files.push_back(repository.staged_file(role).string());
    session.print({{"staged", roles}, {"files", std::move(files)}});
    return Exit::kDone;
  }
  for (const std::string& role : roles) {
    session.out() << "待簽署：" << role << "　" << repository.staged_file(role).string() << "\n";
  }
  session.out()
      << "請承辦人員各以 distribution sign 簽署，人數足夠後以 distribution publish 公布。\n";
  return Exit::kDone;
}

Result<Exit> init(Session& session, const InitOptions& options) {
  Certificate online = YZ_TRY(read_certificate(options.online));
  Founding founding{{}, options.threshold, std::move(online), national_roles()};
  for (const std::string& file : options.officers) {
    founding.officers.push_back(YZ_TRY(read_certificate(file)));
  }
  const Repository repository(options.repository);
  YZ_TRY(stage_founding(repository, founding, {}, SystemClock().now()));
  return tell_staged(session, repository, repository.staged_roles());
}

Result<Exit> add(Session& session, const TargetOptions& options) {
  const Repository repository(options.repository);
  const TargetChange change{options.path, read_file(options.file, kTargetBytesMax)};
  const std::string role = YZ_TRY(stage_target(repository, change, {}, SystemClock().now()));
  return tell_staged(session, repository, {role});
}

Result<Exit> withdraw(Session& session, const TargetOptions& options) {
  const Repository repository(options.repository);
  const std::string role =
      YZ_TRY(stage_target(repository, {options.path, {}}, {}, SystemClock().now()));
  return tell_staged(session, repository, {role});
}

Result<Exit> renew(Session& session, const RenewOptions& options) {
  const Repository repository(options.repository);
  YZ_TRY(stage_renewal(repository, options.role, {}, SystemClock().now()));
  return tell_staged(session, repository, {options.role});
}

Result<Exit> rotate(Session& session, const RotateOptions& options) {
  const Repository repository(options.repository);
  Rotation rotation;
  rotation.removed = YZ_TRY(find_certificate(options.removed));
  rotation.added = YZ_TRY(find_certificate(options.added));
  rotation.online = YZ_TRY(find_certificate(options.online));
  const auto roles = YZ_TRY(stage_rotation(repository, rotation, {}, SystemClock().now()));
  return tell_staged(session, repository, roles);
}

Result<Exit> delegate(Session& session, const DelegateOptions& options) {
  const Repository repository(options.repository);
  RolePart part{{options.role, {options.role + "/*"}, options.threshold}, {}};
  for (const std::string& file : options.officers) {
    part.officers.push_back(YZ_TRY(read_certificate(file)));
  }
  return tell_staged(session, repository,
                     YZ_TRY(stage_part(repository, part, {}, SystemClock().now())));
}

// Needs nothing but the file, so that it can be carried to where the officer's key is.
Result<Exit> sign(Session& session, const SignOptions& options) {
  SoftwareKey key = YZ_TRY(read_officer_key(options.officer));
  Json all = Json::array();
  for (const std::string& file : options.files) {
    SignedMetadata metadata = YZ_TRY(SignedMetadata::parse(read_file(file, kStagedBytesMax)));
    Json described = YZ_TRY(describe_metadata(metadata));
    YZ_TRY(metadata.sign(key));
    write_durably(file, metadata.bytes(), 0644);
    if (!session.json) {
      print_metadata(session.out(), described);
      session.out() << "已簽署：" << file << "\n簽署者 " << key.certificate().subject() << "\n";
    }
    described["file"] = file;
    all.push_back(std::move(described));
  }
  if (session.json) session.print({{"signed", std::move(all)}});
  return Exit::kDone;
}

Result<Exit> publish_staged(Session& session, const PublishOptions& options) {
  SoftwareKey online = YZ_TRY(read_officer_key(options.online));
  const Repository repository(options.repository);
  const auto roles = YZ_TRY(publish(repository, options.roles, online, SystemClock().now()));
  if (session.json) {
    session.print({{"published", roles}});
  } else {
    session.out() << "已公布：" << joined(roles) << "\n";
  }
  return Exit::kDone;
}

Result<Exit> freshen(Session& session, const PublishOptions& options) {
  SoftwareKey online = YZ_TRY(read_officer_key(options.online));
  const Repository repository(options.repository);
  Validity validity;
  validity.timestamp = std::chrono::seconds{options.seconds};
  YZ_TRY(publish_timestamp(repository, online, validity, SystemClock().now()));
  const SignedMetadata newest = YZ_TRY(repository.timestamp());
  const TimestampMetadata timestamp = YZ_TRY(TimestampMetadata::parse(newest.content()));
  if (session.json) {
    session.print(
        {{"version", timestamp.head.version}, {"expires", timestamp.head.expires.text()}});
  } else {
    session.out() << "timestamp 第 " << timestamp.head.version << " 版，效期至 "
                  << roc_time(timestamp.head.expires.text()) << "\n";
  }
  return Exit::kDone;
}

template <class Options>
void add_repository(Command<Options>& command) {
  command.app->add_option("repository", command.options->repository, "派送資料夾")->required();
}

void add_founding(CLI::App& distribution, Session& session) {
  auto command = add_command<InitOptions>(distribution, "init", "建立派送資料夾（擬定，待簽署）");
  add_repository(command);
  command.app->add_option("--officer", command.options->officers, "承辦人員之憑證（PEM），可重複")
      ->required();
  command.app->add_option("--threshold", command.options->threshold, "須簽署之人數")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  command.app->add_option("--online", command.options->online, "線上金鑰之憑證（PEM）")->required();
  command
      .example(
          "  yizhan distribution init repo --officer chen.crt --officer lin.crt \\\n"
          "      --officer wang.crt --online online.crt")
      .runs(session, init);
}

void add_changes(CLI::App& distribution, Session& session) {
  auto adding = add_command<TargetOptions>(distribution, "add", "擬定：加入或更換一個檔案");
  add_repository(adding);
  adding.app->add_option("path", adding.options->path, "路徑，如 directory/directory.p7m")
      ->required();
  adding.app->add_option("file", adding.options->file, "檔案")->required();
  adding.example("  yizhan distribution add repo directory/directory.p7m directory.p7m")
      .runs(session, add);
  auto leaving = add_command<TargetOptions>(distribution, "withdraw", "擬定：撤下一個檔案");
  add_repository(leaving);
  leaving.app->add_option("path", leaving.options->path, "路徑")->required();
  leaving.runs(session, withdraw);
  auto renewing = add_command<RenewOptions>(distribution, "renew", "擬定：內容不變，延長效期");
  add_repository(renewing);
  renewing.app->add_option("role", renewing.options->role, "角色，如 root、directory")->required();
  renewing.runs(session, renew);
  auto rotating =
      add_command<RotateOptions>(distribution, "rotate", "擬定：更換承辦人員或線上金鑰");
  add_repository(rotating);
  rotating.app->add_option("--remove", rotating.options->removed, "移除之承辦人員憑證");
  rotating.app->add_option("--add", rotating.options->added, "加入之承辦人員憑證");
  rotating.app->add_option("--online", rotating.options->online, "新的線上金鑰之憑證");
  rotating.example("  yizhan distribution rotate repo --remove lin.crt --add huang.crt")
      .runs(session, rotate);
}

void add_delegating(CLI::App& distribution, Session& session) {
  auto command = add_command<DelegateOptions>(
      distribution, "delegate", "擬定：將一部分路徑交由另一組承辦人員簽署，如交換中心之命令");
  add_repository(command);
  command.app->add_option("role", command.options->role, "角色，如 orders/CENTRE-1")->required();
  command.app->add_option("--officer", command.options->officers, "承辦人員之憑證（PEM），可重複")
      ->required();
  command.app->add_option("--threshold", command.options->threshold, "須簽署之人數")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  command
      .example(
          "  yizhan distribution delegate repo orders/CENTRE-1 --officer huang.crt \\\n"
          "      --officer tsai.crt")
      .runs(session, delegate);
}

void add_signing(CLI::App& distribution, Session& session) {
  auto signing = add_command<SignOptions>(
      distribution, "sign", "承辦人員簽署擬定之變更；只需該檔案，可攜至金鑰所在之主機");
  signing.app->add_option("file", signing.options->files, "擬定之檔案（派送資料夾之 staged）")
      ->required();
  add_officer_key_options(*signing.app, signing.options->officer);
  signing
      .example(
          "  yizhan distribution sign repo/staged/directory.json --key chen.key \\\n"
          "      --certificate chen.crt --passphrase-file pass")
      .runs(session, sign);
  auto publishing = add_command<PublishOptions>(distribution, "publish", "公布簽署人數足夠之變更");
  add_repository(publishing);
  publishing.app->add_option("role", publishing.options->roles, "只公布這些角色；未指明即全部");
  add_officer_key_options(*publishing.app, publishing.options->online);
  publishing.runs(session, publish_staged);
  auto freshening = add_command<PublishOptions>(distribution, "freshen",
                                                "內容不變，重簽 timestamp，使各節點知悉未被扣留");
  add_repository(freshening);
  add_officer_key_options(*freshening.app, freshening.options->online);
  freshening.app->add_option("--for", freshening.options->seconds, "效期（秒）；預設七日")
      ->check(CLI::Range(1, 7 * 86'400));
  freshening.runs(session, freshen);
}

}  // namespace

void add_distribution_commands(CLI::App& app, Session& session) {
  CLI::App* distribution = app.add_subcommand(
      "distribution", "管理層之派送：目錄、清單、版本，多人簽署（離線即可使用）");
  distribution->group("管理層");
  distribution->require_subcommand(1);
  distribution->footer(
      "範例：\n  yizhan distribution show repo\n"
      "  yizhan distribution verify repo --root 1.root.json");
  add_founding(*distribution, session);
  add_changes(*distribution, session);
  add_delegating(*distribution, session);
  add_signing(*distribution, session);
  add_distribution_checks(*distribution, session);
}

}  // namespace yizhan
