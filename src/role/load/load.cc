#include "role/load/load.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "role/load/load_run.h"
#include "role/load/waiting_run.h"

namespace yizhan {

namespace {

enum class Exit { kRight = 0, kWrong = 1, kWrongUse = 2 };

constexpr const char* kAbout =
    "驛站：壓力測試程式\n"
    "以模擬機關對一個交換中心收發真實封裝之公文，量測速率與延遲，並逐件核對是否送達一次、\n"
    "內容相同、證據齊全。模擬機關須登錄於通訊目錄，金鑰為檔案；切勿用於正式中心。";

constexpr const char* kExamples =
    "範例：\n"
    "  yizhan-load --directory d.p7m --directory-anchors a.pem --trust trust --agencies load \\\n"
    "      --mix fixed --size 100KB --window 32 --seconds 30\n"
    "  yizhan-load … --mix realistic --recipients 1:90,10:9,4000:1 --receivers 4000 \\\n"
    "      --rate 100 --minutes 10 --json\n"
    "結束碼：0 全部正確、1 有不正確者、2 用法錯誤";

struct Options {
  LoadFiles files;
  LoadPlan plan{.sizes = realistic_sizes(), .fan_outs = Mix({{1, 1}})};
  WaitingPlan waiting;
  double rest = 30;
  std::string mix = "realistic";
  std::uint64_t size = 100 * 1024;
  std::string recipients = "1";
  double rate = 0;
  double seconds = 30;
  double minutes = 0;
  double drain = 120;
  std::int64_t documents = 0;
  bool json = false;
  std::filesystem::path letters;
};

void add_files(CLI::App& app, LoadFiles& files) {
  app.add_option("--directory", files.directory, "管理層簽署之目錄檔；中心之位址與憑證由此而來")
      ->required();
  app.add_option("--directory-anchors", files.directory_anchors, "目錄簽署憑證 (PEM)")->required();
  app.add_option("--trust", files.trust, "信任資料夾：anchors、intermediates、revocation")
      ->required();
  app.add_option("--agencies", files.agencies,
                 "模擬機關金鑰與憑證之資料夾：代碼.sign.pem、.encrypt.pem、.tls.pem")
      ->required();
  app.add_option("--workspace", files.workspace, "暫存資料夾，宜在記憶體")->capture_default_str();
  app.add_option("--clamd", files.clamd, "掃毒服務之通訊端：模擬機關發文前、收文後亦掃描");
}

void add_documents(CLI::App& app, Options& options) {
  app.add_option("--mix", options.mix,
                 "公文大小：small（10 KB）、realistic（10 KB、100 KB、1 MB、10 MB 依 60:30:9:1）、"
                 "fixed（同 --size）")
      ->check(CLI::IsMember({"small", "realistic", "fixed"}))
      ->capture_default_str();
  app.add_option("--size", options.size, "fixed 之大小，如 100KB、1MB")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  app.add_option("--recipients", options.recipients, "受文者數，或 數:比重,…，如 1:90,10:9,4000:1")
      ->capture_default_str();
  app.add_option("--senders", options.plan.senders, "發文機關數")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--receivers", options.plan.receivers, "收文機關數")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
}

void add_pace(CLI::App& app, Options& options) {
  auto* rate = app.add_option("--rate", options.rate, "每秒件數，不論中心快慢；延遲自應送出時起算")
                   ->check(CLI::PositiveNumber);
  app.add_option("--window", options.plan.window, "同時在途之件數，完成一件再送一件")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->excludes(rate);
  auto* seconds = app.add_option("--seconds", options.seconds, "送件之秒數")
                      ->check(CLI::PositiveNumber)
                      ->capture_default_str();
  auto* minutes = app.add_option("--minutes", options.minutes, "送件之分鐘數")
                      ->check(CLI::PositiveNumber)
                      ->excludes(seconds);
  app.add_option("--documents", options.documents, "送滿此件數為止")
      ->check(CLI::PositiveNumber)
      ->excludes(seconds)
      ->excludes(minutes);
  app.add_option("--drain", options.drain, "途中公文毫無進展時，等候之最長秒數")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--threads", options.plan.threads, "送件、收文、查詢證據各用之執行緒數")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--connections", options.plan.connections, "收文機關保持之連線數")
      ->check(CLI::Range(1, 50'000))
      ->capture_default_str();
  app.add_flag("--json", options.json, "結果以 JSON 輸出，供程式使用");
  app.add_option("--letters", options.letters,
                 "不送件，僅將 --documents 件（同 --size）之各檔寫入此資料夾，供另行量測");
}

// Terminals that only wait, instead of documents that travel.
void add_waiting(CLI::App& app, Options& options) {
  auto* waiting = app.add_option("--waiting", options.waiting.terminals,
                                 "改測等候：此數之終端各以自己之位址與憑證連線等候消息，"
                                 "再量測來文喚醒之時間")
                      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--waiting-key", options.waiting.key,
                 "等候之終端共用之連線金鑰 (PEM，附其一之憑證)；目錄中以此金鑰連線之機關即為終端")
      ->needs(waiting);
  waiting->needs("--waiting-key");
  app.add_option("--rest", options.rest, "全部連上後靜候之秒數")
      ->check(CLI::NonNegativeNumber)
      ->needs(waiting)
      ->capture_default_str();
  app.add_option("--wakes", options.waiting.documents, "逐件發給不同終端之件數")
      ->check(CLI::Range(1, 100'000))
      ->needs(waiting)
      ->capture_default_str();
  app.add_option("--fan-out", options.waiting.fan_out, "再以一件發給此數之終端")
      ->check(CLI::Range(1, 100'000))
      ->needs(waiting);
}

void set_words(CLI::App& app) {
  const auto words = std::make_shared<CLI::Formatter>();
  for (const auto& [label, word] : {std::pair("Usage", "用法"), std::pair("OPTIONS", "選項"),
                                    std::pair("Options", "選項"), std::pair("REQUIRED", "必要"),
                                    std::pair("Excludes", "不得併用"), std::pair("Needs", "須併用")}) {
    words->label(label, word);
  }
  words->column_width(34);
  app.formatter(words);
  app.set_help_flag("-h,--help", "顯示說明");
  app.get_help_ptr()->group("選項");
  app.option_defaults()->group("選項");
  app.set_version_flag("--version", "yizhan-load " YIZHAN_VERSION, "顯示版本");
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("用法錯誤：") + error.what() + "\n以 --help 查看說明。\n";
  });
}

std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
}

Result<LoadPlan> plan_of(const Options& options) {
  LoadPlan plan = options.plan;
  if (options.mix == "small") plan.sizes = Mix({{10 * 1024, 1}});
  if (options.mix == "fixed") plan.sizes = Mix({{options.size, 1}});
  plan.fan_outs = YZ_TRY(Mix::parse(options.recipients));
  if (options.rate > 0) plan.rate = options.rate;
  plan.duration = milliseconds_of(options.minutes > 0 ? 60 * options.minutes : options.seconds);
  if (options.documents > 0) plan.documents = options.documents;
  plan.drain = milliseconds_of(options.drain);
  return plan;
}

Exit run_waiting(const Options& options, const LoadStreams& streams) {
  WaitingPlan plan = options.waiting;
  plan.bytes = options.size;
  plan.rest = milliseconds_of(options.rest);
  plan.drain = milliseconds_of(options.drain);
  if (plan.fan_out > plan.terminals) {
    streams.err << "用法錯誤：--fan-out 不得多於 --waiting\n";
    return Exit::kWrongUse;
  }
  // A line a phase, as it happens.
  WaitingRun waiting(std::move(plan), options.files, [&](const Json& phase) {
    streams.out << (options.json ? phase.dump() : text_of_phase(phase)) << std::endl;
  });
  return waiting.run() ? Exit::kRight : Exit::kWrong;
}

Exit run(const Options& options, const LoadStreams& streams) {
  if (!options.letters.empty()) {
    write_letters(options.letters, options.documents, options.size);
    return Exit::kRight;
  }
  if (options.waiting.terminals > 0) return run_waiting(options, streams);
  const Result<LoadPlan> plan = plan_of(options);
  if (!plan) {
    streams.err << "用法錯誤：" << plan.refusal().detail << "\n";
    return Exit::kWrongUse;
  }
  const Report report = LoadRun(*plan, options.files, streams.err).run();
  streams.out << (options.json ? report.describe().dump() + "\n" : report.text()) << std::flush;
  return report.is_right() ? Exit::kRight : Exit::kWrong;
}

}  // namespace

int run_load(std::vector<std::string> arguments, const LoadStreams& streams) {
  Options options;
  CLI::App app(kAbout, "yizhan-load");
  app.footer(kExamples);
  set_words(app);
  add_files(app, options.files);
  add_documents(app, options);
  add_pace(app, options);
  add_waiting(app, options);
  try {
    std::ranges::reverse(arguments);  // as CLI11 wants them
    app.parse(std::move(arguments));
    return static_cast<int>(run(options, streams));
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error, streams.out, streams.err);
    return static_cast<int>(code == 0 ? Exit::kRight : Exit::kWrongUse);
  } catch (const std::invalid_argument& accident) {
    streams.err << "用法錯誤：" << accident.what() << "\n";
    return static_cast<int>(Exit::kWrongUse);
  } catch (const std::exception& accident) {
    streams.err << "發生意外：" << accident.what() << "\n";
    return static_cast<int>(Exit::kWrong);
  }
}

int run_load(int count, char** arguments) {
  return run_load(std::vector<std::string>(arguments + 1, arguments + count),
                  {std::cout, std::cerr});
}

}  // namespace yizhan
