#include <algorithm>

#include "ground/files/files.h"
#include "model/agency/agency.h"
#include "role/cli/distribution_commands.h"
#include "role/cli/distribution_text.h"

// What there is in a repository, who signed it, and whether a stranger may believe it.

namespace yizhan {

namespace {

constexpr std::size_t kRootBytesMax = 512'000;

struct ShowOptions {
  std::string repository;
};

struct VerifyOptions {
  std::string repository;
  std::string root;
  std::string target;
  std::string into;
  std::string state;
};

// A role as it is published or waits, and who has signed it.
Json row_of(const std::string& role, const SignedMetadata& metadata, const RoleSigners& signers,
            bool staged) {
  const auto title = MetadataTitle::parse(metadata.content());
  return {{"role", role},
          {"staged", staged},
          {"version", title ? title->head.version : 0},
          {"expires", title ? title->head.expires.text() : ""},
          {"threshold", signers.threshold},
          {"signed_by", signers.signed_by},
          {"missing", signers.missing},
          {"enough", signers.enough()}};
}

// Whose signatures count is said by what comes into force with it.
Result<RoleSigners> signers_of(const Repository& repository, const std::string& role,
                               const SignedMetadata& metadata) {
  const Result<RoleAuthority> authority = RoleAuthority::of(repository, role);
  if (authority) return RoleSigners::of(metadata, *authority);
  if (authority.reason() == Reason::kNotFound) return RoleSigners{};
  return authority.refusal();
}

Result<Json> rows(const Repository& repository) {
  Json all = Json::array();
  std::vector<std::string> published = repository.roles();
  if (!published.empty()) published.insert(published.begin(), std::string(kRootRole));
  for (const std::string& role : published) {
    const SignedMetadata metadata =
        YZ_TRY(role == kRootRole ? repository.root() : repository.targets(role));
    all.push_back(row_of(role, metadata, YZ_TRY(signers_of(repository, role, metadata)), false));
  }
  for (const std::string& role : repository.staged_roles()) {
    const SignedMetadata metadata = YZ_TRY(repository.staged(role));
    all.push_back(row_of(role, metadata, YZ_TRY(signers_of(repository, role, metadata)), true));
  }
  return all;
}

std::string names_in(const Json& list) { return joined(list.get<std::vector<std::string>>()); }

Result<Exit> show(Session& session, const ShowOptions& options) {
  const Repository repository(options.repository);
  const Json all = YZ_TRY(rows(repository));
  if (all.empty()) return Refusal{Reason::kNotFound, "不是派送資料夾：" + options.repository};
  if (session.json) {
    session.print({{"roles", all}});
    return Exit::kDone;
  }
  TextTable table({"角色", "版", "狀態", "效期至（民國）", "已簽署", "尚未簽署"});
  for (const Json& row : all) {
    const std::string state = !row.value("staged", false) ? "已公布"
                              : row.value("enough", false)
                                  ? "可公布"
                                  : "待簽署，須 " + row.at("threshold").dump() + " 人";
    table.add({text_in(row, "role"), row.at("version").dump(), state,
               roc_time(text_in(row, "expires")), names_in(row.at("signed_by")),
               names_in(row.at("missing"))});
  }
  table.print(session.out());
  return Exit::kDone;
}

struct ReportOptions {
  std::string socket = "/run/yizhan-exchange/operator.sock";
  std::string into;
};

// What each agency has signed about itself, for whoever wants to keep it.
Result<void> write_reports(const Json& items, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const Json& item : items) {
    if (!item.contains("cms")) continue;
    const OrgCode node = YZ_TRY(OrgCode::parse(text_in(item, "node")));
    const auto cms = from_base64(text_in(item, "cms"));
    if (!cms) return Refusal{Reason::kMalformed, "cms"};
    write_durably(folder / (node.text() + ".p7m"), *cms, 0644);
  }
  return {};
}

Result<Exit> show_reports(Session& session, const ReportOptions& options) {
  const Json answer = YZ_TRY(session.connect(options.socket).get("/v1/operator/distribution"));
  const Json items = answer.value("items", Json::array());
  if (!options.into.empty()) YZ_TRY(write_reports(items, options.into));
  const auto late =
      std::ranges::count_if(items, [](const Json& item) { return item.value("late", false); });
  if (session.json) {
    session.print(answer);
    return late == 0 ? Exit::kDone : Exit::kRefused;
  }
  TextTable table({"機關", "目錄版", "回報時間（民國）", "狀態"});
  for (const Json& item : items) {
    const bool reported = item.contains("directory");
    table.add({text_in(item, "node"), reported ? item.at("directory").dump() : "",
               roc_time(text_in(item, "time")),
               !item.value("late", false) ? "相符" : (reported ? "落後" : "未回報")});
  }
  table.print(session.out());
  session.out() << "本中心之目錄為第 " << answer.value("directory", 0) << " 版；落後或未回報 "
                << late << " 個機關\n";
  return late == 0 ? Exit::kDone : Exit::kRefused;
}

struct Checked {
  std::int64_t root = 0, timestamp = 0;
  std::vector<std::string> targets;
};

// All of it, as a node would, with every target's bytes.
Result<Checked> check_all(TrustClient& client, Time now) {
  YZ_TRY(client.refresh(now));
  Checked checked{client.root().head.version, client.timestamp().head.version, {}};
  for (const auto& [role, metadata] : YZ_TRY(client.all_roles())) {
    for (const auto& [path, target] : metadata.targets) {
      const Result<Bytes> bytes = client.fetch_target(path);
      if (!bytes) return Refusal{bytes.reason(), path + "：" + bytes.refusal().detail};
      checked.targets.push_back(path);
    }
  }
  return checked;
}

Result<Exit> verify(Session& session, const VerifyOptions& options) {
  // Without a state of one's own there is nothing that an older version could be measured against.
  const std::filesystem::path state_file = options.state;
  TrustedState state(state_file, read_file(options.root, kRootBytesMax));
  FolderSource source(options.repository);
  TrustClient client(state, source);
  const Checked checked = YZ_TRY(check_all(client, SystemClock().now()));
  if (!options.target.empty()) {
    write_durably(options.into, YZ_TRY(client.fetch_target(options.target)), 0644);
  }
  if (session.json) {
    session.print({{"root", checked.root},
                   {"timestamp", checked.timestamp},
                   {"expires", client.timestamp().head.expires.text()},
                   {"targets", checked.targets}});
    return Exit::kDone;
  }
  session.out() << "有效：root 第 " << checked.root << " 版，timestamp 第 " << checked.timestamp
                << " 版，效期至 " << roc_time(client.timestamp().head.expires.text()) << "\n";
  for (const std::string& path : checked.targets) session.out() << "  " << path << "\n";
  return Exit::kDone;
}

}  // namespace

void add_distribution_checks(CLI::App& distribution, Session& session) {
  auto showing = add_command<ShowOptions>(distribution, "show", "各角色之版次、效期與簽署者");
  showing.app->add_option("repository", showing.options->repository, "派送資料夾")->required();
  showing.runs(session, show);
  auto reporting = add_command<ReportOptions>(
      distribution, "reports", "中心：各機關簽署回報之目錄版次；有落後或未回報者結束碼為 1");
  reporting.app->add_option("--socket", reporting.options->socket, "中心之管理 socket")
      ->envname("YIZHAN_CENTRE")
      ->capture_default_str();
  reporting.app->add_option("--into", reporting.options->into, "將簽署之回報寫入此資料夾");
  reporting.example("  yizhan distribution reports --into reports").runs(session, show_reports);
  auto verifying = add_command<VerifyOptions>(
      distribution, "verify", "如同節點：自手中之 root 起驗證全部內容；離線媒體亦同");
  VerifyOptions& options = *verifying.options;
  verifying.app->add_option("repository", options.repository, "派送資料夾")->required();
  verifying.app->add_option("--root", options.root, "已以其他管道核對之 root（如 1.root.json）")
      ->required();
  verifying.app->add_option("--state", options.state,
                            "記住所見版次之檔案，下次據以拒絕倒退；未指明即不記");
  auto* target = verifying.app->add_option("--target", options.target, "取出之檔案路徑");
  target->needs(verifying.app->add_option("--into", options.into, "寫入之檔案"));
  verifying
      .example(
          "  yizhan distribution verify /media/usb/repo --root 1.root.json \\\n"
          "      --state seen.json --target directory/directory.p7m --into directory.p7m")
      .runs(session, verify);
}

}  // namespace yizhan
