#include <algorithm>

#include "duty/baseline/baseline.h"
#include "ground/files/files.h"
#include "role/cli/mirror.h"
#include "role/cli/session.h"

// The standard configuration of hosts: drafted from a host, staged by officers, held against hosts.

namespace yizhan {

namespace {

struct DraftBaseline {
  std::string layer;
  std::string host = "/";
  std::int64_t edition = 1;
  std::vector<std::string> packages;
  std::vector<std::string> forbidden;
  std::vector<std::string> settings;
  std::string into;
};

struct StageBaseline {
  std::string repository;
  std::string file;
};

struct CheckHost {
  MirrorOptions from;
  std::string layer;
  std::string node;
  std::string host = "/";
  std::string into;
};

Result<void> add_package(Baseline& baseline, const HostState& host, const std::string& name) {
  const auto installed = host.packages.find(name);
  const auto version = installed == host.packages.end() ? std::nullopt
                                                        : DebianVersion::parse(installed->second);
  if (!version) return Refusal{Reason::kBadRequest, "本機未安裝 " + name};
  baseline.at_least.emplace(name, *version);
  baseline.required.push_back(name);
  return {};
}

// As this host is: its system, what it lets others reach, and the packages and settings named.
Result<Exit> draft_baseline(Session& session, const DraftBaseline& options) {
  const Layer layer = YZ_TRY(require_layer(options.layer));
  std::map<std::string, std::string> wanted;
  for (const std::string& name : options.settings) wanted.emplace(name, "");
  const HostState host = YZ_TRY(HostState::read(options.host, wanted));
  Baseline baseline{layer, options.edition, day_of(SystemClock().now())};
  if (host.system) baseline.systems.push_back(*host.system);
  for (const std::string& name : options.packages) YZ_TRY(add_package(baseline, host, name));
  baseline.forbidden = options.forbidden;
  baseline.ports.assign(host.ports.begin(), host.ports.end());
  baseline.settings = host.settings;
  YZ_TRY(Baseline::parse(baseline.path(), baseline.json()));
  write_durably(options.into, bytes_of(baseline.describe().dump(2) + "\n"), 0644);
  session.out() << "已寫入 " << options.into << "；請逐項檢視、修改後以 yizhan baseline stage 擬定\n";
  return Exit::kDone;
}

// The file may be as `draft` wrote it: for people, without the name of its format.
Result<Exit> stage_baseline(Session& session, const StageBaseline& options) {
  const Bytes bytes = read_file(options.file, Baseline::kBytesMax);
  Json json = YZ_TRY(parse_json(bytes, {.bytes_max = Baseline::kBytesMax, .depth_max = 4}));
  if (json.is_object() && !json.contains("format")) json["format"] = "yizhan-baseline-1";
  const std::string layer = json.is_object() ? json.value("layer", std::string()) : std::string();
  const std::string path = Baseline::path_of(YZ_TRY(require_layer(layer)));
  const Baseline baseline = YZ_TRY(Baseline::parse(path, canonical_json(json)));
  const Repository repository(options.repository);
  const std::string role =
      YZ_TRY(stage_target(repository, {path, baseline.json()}, {}, SystemClock().now()));
  if (session.json) {
    session.print({{"staged", Json::array({role})},
                   {"files", Json::array({repository.staged_file(role).string()})},
                   {"baseline", baseline.describe()}});
    return Exit::kDone;
  }
  session.out() << path << " 第 " << baseline.edition << " 版\n待簽署：" << role << "　"
                << repository.staged_file(role).string() << "\n";
  return Exit::kDone;
}

void print_findings(Session& session, const HostFindings& findings) {
  session.out() << "標準組態第 " << findings.edition << " 版：偏離 " << findings.deviations.size()
                << " 項，經核准之例外 " << findings.excepted.size() << " 項\n";
  TextTable table({"項目", "說明"});
  for (const Deviation& one : findings.deviations) {
    table.add({shown_text(one.text), shown_text(one.detail)});
  }
  for (const BaselineException& one : findings.excepted) {
    table.add({shown_text(one.deviation),
               "核准至 " + text_of(one.until) + "：" + shown_text(one.reason)});
  }
  if (!table.empty()) table.print(session.out());
}

// 1 when the host deviates.
Result<Exit> check_host(Session& session, const CheckHost& options) {
  const Layer layer = YZ_TRY(require_layer(options.layer));
  std::optional<Baseline> baseline;
  const Result<void> done = read_mirror(options.from, [&](TrustClient& client) -> Result<void> {
    baseline = YZ_TRY(find_baseline(client, layer));
    return {};
  });
  YZ_TRY(done);
  if (!baseline) return Refusal{Reason::kNotFound, "派送中沒有 " + options.layer + " 之標準組態"};
  const HostState host = YZ_TRY(HostState::read(options.host, baseline->settings));
  const HostFindings findings =
      judge(*baseline, host, options.node, day_of(SystemClock().now()));
  if (!options.into.empty()) write_durably(options.into, findings.json(), 0644);
  session.json ? session.print(findings.describe()) : print_findings(session, findings);
  return findings.deviations.empty() ? Exit::kDone : Exit::kRefused;
}

void add_drafting(CLI::App& baseline, Session& session) {
  auto drafting = add_command<DraftBaseline>(baseline, "draft", "以一部主機之現況擬一份標準組態");
  DraftBaseline& options = *drafting.options;
  drafting.app->add_option("--layer", options.layer, "management、exchange 或 terminal")
      ->required();
  drafting.app->add_option("--edition", options.edition, "版次，每次遞增")->capture_default_str();
  drafting.app->add_option("--package", options.packages, "須安裝之套件，版本不得較本機舊；可重複");
  drafting.app->add_option("--forbid", options.forbidden, "禁止安裝之套件，可以 * 結尾；可重複");
  drafting.app->add_option("--setting", options.settings, "核心設定，如 net.ipv4.ip_forward；可重複");
  drafting.app->add_option("--host", options.host, "主機之根目錄")->capture_default_str();
  drafting.app->add_option("--into", options.into, "寫入之檔案")->required();
  drafting
      .example(
          "  yizhan baseline draft --layer exchange --package openssl --package clamav-daemon \\\n"
          "      --forbid 'transmission*' --setting net.ipv4.ip_forward --into exchange.json")
      .runs(session, draft_baseline);
}

void add_checking(CLI::App& baseline, Session& session) {
  auto checking = add_command<CheckHost>(baseline, "check", "比對本機與所派送之標準組態");
  CheckHost& options = *checking.options;
  add_mirror_options(*checking.app, options.from);
  checking.app->add_option("--layer", options.layer, "management、exchange 或 terminal")
      ->required();
  checking.app->add_option("--node", options.node, "本機之中心代碼或機關代碼")->required();
  checking.app->add_option("--host", options.host, "主機之根目錄")->capture_default_str();
  checking.app->add_option("--into", options.into, "留給本機程式簽署回報之檔案（host_findings）");
  checking
      .example(
          "  yizhan baseline check /var/lib/yizhan-exchange/distribution/mirror \\\n"
          "      --root /etc/yizhan/distribution-root.json \\\n"
          "      --state /var/lib/yizhan-baseline/seen.json --layer exchange --node CENTRE-1 \\\n"
          "      --into /var/lib/yizhan-baseline/findings.json")
      .runs(session, check_host);
}

}  // namespace

void add_baseline_commands(CLI::App& app, Session& session) {
  CLI::App* baseline = app.add_subcommand("baseline", "標準組態：擬定、派送、比對主機");
  baseline->group("管理層")->require_subcommand(1);
  add_drafting(*baseline, session);
  auto staging = add_command<StageBaseline>(*baseline, "stage", "擬定：派送一份標準組態（待簽署）");
  staging.app->add_option("repository", staging.options->repository, "派送資料夾")->required();
  staging.app->add_option("file", staging.options->file, "標準組態")
      ->required()
      ->check(CLI::ExistingFile);
  staging.example("  yizhan baseline stage repo exchange.json").runs(session, stage_baseline);
  add_checking(*baseline, session);
}

}  // namespace yizhan
