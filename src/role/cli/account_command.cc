#include "model/audit/audit.h"
#include "role/cli/session.h"

namespace yizhan {

namespace {

struct AccountOptions {
  std::vector<std::string> logs;
  std::string at;
};

void print_sums(std::ostream& out, const std::string& name, const AccountSums& sums) {
  out << name << "\n  受理（A.1）" << sums.accepted << " + 接管（B.1）" << sums.taken_over
      << " = 完結 " << sums.finals << " + 移交（B.1）" << sums.passed_on << " + 待辦 "
      << sums.pending << "（其中逾限 " << sums.overdue << "）\n";
  if (sums.superseded > 0) {
    out << "  另有後到之最終證據 " << sums.superseded << " 份，不計入，亦不影響結果\n";
  }
}

void print_problems(std::ostream& err, const CentreAccount& account) {
  for (const AccountProblem& item : account.problems) {
    err << "  " << shown_text(item.message);
    if (!item.recipient.empty()) err << " 受文者 " << shown_text(item.recipient);
    err << "：" << shown_text(item.what) << "\n";
  }
}

void print_account(const Session& session, const Account& account) {
  for (const CentreAccount& centre : account.centres) {
    print_sums(session.out(), "交換中心 " + shown_text(centre.centre), centre.sums);
  }
  print_sums(session.out(), "全程", account.all.sums);
  if (account.balanced()) {
    session.out() << "相符：每一受理之受文者，皆有恰一份最終證據或尚在期限之內。\n";
    return;
  }
  session.err() << "不符，請保全資料並查明：\n";
  for (const CentreAccount& centre : account.centres) print_problems(session.err(), centre);
  print_problems(session.err(), account.all);
}

Result<Exit> account(Session& session, const AccountOptions& options) {
  const auto at = options.at.empty() ? std::optional(SystemClock().now()) : Time::parse(options.at);
  if (!at) {
    session.explain({Reason::kBadRequest, "--at 須如 2026-11-22T03:04:05Z"});
    return Exit::kWrongUse;
  }
  const std::vector<std::filesystem::path> logs(options.logs.begin(), options.logs.end());
  const Account books = YZ_TRY(account_of(logs, *at));
  session.json ? session.print(books.describe()) : print_account(session, books);
  return books.balanced() ? Exit::kDone : Exit::kRefused;
}

}  // namespace

void add_account_command(CLI::App& app, Session& session) {
  auto command = add_command<AccountOptions>(
      app, "account",
      "僅憑日誌結算：受理與接管之受文者，等於完結、移交及期限內之待辦；不符則列出並傳回 1");
  command.app->group("證據");
  command.app->add_option("logs", command.options->logs, "各交換中心之日誌資料夾，可數個")
      ->required()
      ->check(CLI::ExistingDirectory);
  command.app->add_option("--at", command.options->at, "以此時間判斷是否逾限（UTC）；預設為現在");
  command.example("  yizhan account /var/lib/yizhan/centre/log 第二中心之日誌").runs(session, account);
}

}  // namespace yizhan
