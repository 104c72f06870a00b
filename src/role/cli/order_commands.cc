#include "duty/suspension/suspension.h"
#include "ground/files/files.h"
#include "role/cli/session.h"

// What officers write and read of orders: docs/operating-management.md.

namespace yizhan {

namespace {

constexpr std::size_t kCertificateBytesMax = 64U << 10;

struct DraftOptions {
  std::string kind;
  std::string name;
  std::string agency, centre, certificate;
  std::string ground;
  std::string reason;
  std::string noticed, effective;
  std::vector<std::string> supersedes;
  std::string into;
};

struct ShowOptions {
  std::string file;
  std::string name;
};

Result<Time> read_time(const std::string& text, Time otherwise) {
  if (text.empty()) return otherwise;
  const std::optional<Time> time = Time::parse(text);
  if (time) return *time;
  return Refusal{Reason::kBadRequest, "時間須如 2026-12-01T00:00:00Z：" + text};
}

Result<OrderKind> read_kind(const std::string& text) {
  for (const OrderKind kind : {OrderKind::kSuspend, OrderKind::kResume, OrderKind::kRevoke}) {
    if (text_of(kind) == text) return kind;
  }
  return Refusal{Reason::kBadRequest, "種類須為 suspend、resume 或 revoke：" + text};
}

// Its SHA-256 in hex, or the file of the certificate itself.
Result<Sha256> read_certificate_name(const std::string& text) {
  if (const auto sha256 = Sha256::from_hex(text)) return *sha256;
  return YZ_TRY(Certificate::parse_pem(text_of(read_file(text, kCertificateBytesMax)))).sha256();
}

Result<OrderSubject> read_subject(const DraftOptions& options) {
  const int given = static_cast<int>(!options.agency.empty()) +
                    static_cast<int>(!options.centre.empty()) +
                    static_cast<int>(!options.certificate.empty());
  if (given != 1) {
    return Refusal{Reason::kBadRequest, "請以 --agency、--centre 或 --certificate 擇一指明對象"};
  }
  if (!options.agency.empty()) return OrderSubject(YZ_TRY(OrgCode::parse(options.agency)));
  if (!options.centre.empty()) return OrderSubject(YZ_TRY(CentreCode::parse(options.centre)));
  return OrderSubject(YZ_TRY(read_certificate_name(options.certificate)));
}

// "一" does for the number as it is printed.
Result<std::optional<Ground>> read_ground(const std::string& text) {
  if (text.empty()) return std::optional<Ground>();
  const auto ground = Ground::find(text);
  const auto by_item = Ground::find("十三(" + text + ")");
  if (ground || by_item) return ground ? ground : by_item;
  return Refusal{Reason::kBadRequest, "事由須為一至九款之一：" + text};
}

std::string subject_text(const Order& order) {
  if (std::holds_alternative<OrgCode>(order.subject)) return "機關 " + text_of(order.subject);
  if (std::holds_alternative<CentreCode>(order.subject)) {
    return "交換中心 " + text_of(order.subject);
  }
  return "憑證 " + text_of(order.subject);
}

std::string names_text(const std::vector<OrderName>& names) {
  std::string text;
  for (const OrderName& name : names) text += (text.empty() ? "" : "、") + name.text();
  return text;
}

std::string does_text(const Order& order) {
  const std::string subject = subject_text(order);
  switch (order.kind) {
    case OrderKind::kSuspend:
      return "中止對" + subject + " 之系統服務。其收發之公文保留而不遺失，發文機關可見原因。";
    case OrderKind::kResume:
      return "恢復對" + subject + " 之系統服務：終止命令 " + names_text(order.supersedes) +
             "。保留之公文自動續辦；另有其他命令者仍中止。";
    case OrderKind::kRevoke:
      return "廢止" + subject + "：自生效時間起視為未登錄，其前之簽章不受影響。";
  }
  return subject;
}

std::string signers_text(const OrderName& name) {
  switch (name.series()) {
    case OrderSeries::kOrdinary:
      return "管理層承辦人員二人簽署，至另有命令為止";
    case OrderSeries::kEmergency:
      return "緊急命令：管理層承辦人員一人簽署，二十四小時後失效，除非一般命令確認";
    case OrderSeries::kCentre:
      return "交換中心 " + name.centre()->text() + " 承辦人員簽署，只及於其所屬機關";
  }
  return "";
}

// What it will do, for whoever is to sign it.
void print_order(std::ostream& out, const OrderName& name, const Order& order) {
  out << "命令 " << name.text() << "\n" << does_text(order) << "\n";
  if (order.ground) {
    out << "事由 " << order.ground->printed() << "：" << order.ground->words() << "\n";
  }
  out << "理由 " << shown_text(order.reason) << "\n通知 " << roc_time(order.noticed.text())
      << "　生效 " << roc_time(order.effective.text());
  if (name.series() == OrderSeries::kEmergency) {
    out << "　失效 " << roc_time((order.effective + Order::kEmergencyLasts).text());
  }
  out << "\n";
  if (order.kind != OrderKind::kResume && !order.supersedes.empty()) {
    out << "取代 " << names_text(order.supersedes) << "\n";
  }
  out << signers_text(name) << "\n內容之 SHA-256 " << sha256(order.json()).hex() << "\n";
}

Json describe(const OrderName& name, const Bytes& content) {
  return {{"target", name.path()},
          {"order", Json::parse(text_of(content))},
          {"sha256", sha256(content).hex()}};
}

Result<Exit> draft(Session& session, const DraftOptions& options) {
  const OrderName name = YZ_TRY(OrderName::parse(options.name));
  const Time now = SystemClock().now();
  const OrderKind kind = YZ_TRY(read_kind(options.kind));
  OrderSubject subject = YZ_TRY(read_subject(options));
  const auto ground = YZ_TRY(read_ground(options.ground));
  const Time effective = YZ_TRY(read_time(options.effective, now));
  const Time noticed = YZ_TRY(read_time(options.noticed, std::min(now, effective)));
  Order order{kind, std::move(subject), ground, options.reason, noticed, effective};
  for (const std::string& path : options.supersedes) {
    order.supersedes.push_back(YZ_TRY(OrderName::parse(path)));
  }
  const Bytes content = order.json();
  // As every node will read it: what it would refuse is not written.
  YZ_TRY(Order::parse(name, content));
  write_durably(options.into, content, 0644);
  if (session.json) {
    session.print(describe(name, content));
    return Exit::kDone;
  }
  print_order(session.out(), name, order);
  session.out() << "已寫入 " << options.into << "\n接著：yizhan distribution add 派送資料夾 "
                << name.path() << " " << options.into << "\n";
  return Exit::kDone;
}

Result<Exit> show(Session& session, const ShowOptions& options) {
  const OrderName name = YZ_TRY(OrderName::parse(options.name));
  const Bytes content = read_file(options.file, Order::kBytesMax);
  const Order order = YZ_TRY(Order::parse(name, content));
  if (session.json) {
    session.print(describe(name, content));
  } else {
    print_order(session.out(), name, order);
  }
  return Exit::kDone;
}

void add_name(CLI::App& app, std::string& name) {
  app.add_option("--as", name,
                 "路徑：orders/號次.json、orders/emergency/號次.json 或 orders/中心代碼/號次.json")
      ->required();
}

void add_draft(CLI::App& order, Session& session) {
  auto command = add_command<DraftOptions>(order, "draft", "擬定一份命令，並說明其效果");
  DraftOptions& options = *command.options;
  CLI::App& app = *command.app;
  app.add_option("kind", options.kind, "suspend 中止、resume 恢復、revoke 廢止憑證")->required();
  add_name(app, options.name);
  app.add_option("--agency", options.agency, "對象：機關代碼");
  app.add_option("--centre", options.centre, "對象：交換中心代碼");
  app.add_option("--certificate", options.certificate, "對象：憑證之 SHA-256，或其檔案（PEM）");
  app.add_option("--ground", options.ground, "事由之款次：一至九");
  app.add_option("--reason", options.reason, "理由")->required();
  app.add_option("--noticed", options.noticed, "通知該機關之時間（UTC）；預設為現在");
  app.add_option("--effective", options.effective, "生效時間（UTC）；預設為現在");
  app.add_option("--supersedes", options.supersedes, "所取代或終止之命令之路徑，可重複");
  app.add_option("--into", options.into, "寫入之檔案")->required();
  command
      .example(
          "  yizhan order draft suspend --as orders/3.json --agency T37600000B --ground 一 \\\n"
          "      --reason 第三級資安事件 --into 3.json\n"
          "  yizhan order draft resume --as orders/4.json --agency T37600000B \\\n"
          "      --reason 改善完成 --supersedes orders/3.json --into 4.json")
      .runs(session, draft);
}

}  // namespace

void add_order_commands(CLI::App& app, Session& session) {
  CLI::App* order = app.add_subcommand("order", "中止、恢復、廢止之命令（離線即可使用）");
  order->group("管理層")->require_subcommand(1);
  add_draft(*order, session);
  auto showing = add_command<ShowOptions>(*order, "show", "簽署前：一份命令之效果及其 SHA-256");
  showing.app->add_option("file", showing.options->file, "命令之檔案")
      ->required()
      ->check(CLI::ExistingFile);
  add_name(*showing.app, showing.options->name);
  showing.example("  yizhan order show 3.json --as orders/3.json").runs(session, show);
}

}  // namespace yizhan
