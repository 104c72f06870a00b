#include "role/cli/session.h"

namespace yizhan {

Line& Session::terminal() {
  if (!line_) line_ = std::make_unique<Line>(terminal_socket);
  return *line_;
}

Line& Session::connect(const std::string& socket) {
  line_ = std::make_unique<Line>(socket);
  return *line_;
}

Line& Session::connect(std::unique_ptr<Line> line) {
  line_ = std::move(line);
  return *line_;
}

void Session::explain(const Refusal& refusal) const {
  const ReasonText& text = describe(refusal.reason);
  Json issues = Json::array();
  if (line_ && line_->problem().is_object() && line_->problem().contains("issues")) {
    issues = line_->problem().at("issues");
  }
  if (json) {
    print({{"code", text.code},
           {"title", text.title},
           {"detail", refusal.detail},
           {"remedy", text.remedy},
           {"issues", std::move(issues)}});
    return;
  }
  err() << "不能辦理：" << text.title << "（" << text.code << "）\n";
  if (!refusal.detail.empty()) err() << "  說明：" << shown_text(refusal.detail) << "\n";
  err() << "  處理：" << text.remedy << "\n";
  print_issues(issues);
}

void Session::print_issues(const Json& issues) const {
  for (const Json& issue : issues) {
    const std::string file = text_in(issue, "file");
    const std::string element = text_in(issue, "element");
    const int line = issue.value("line", 0);
    std::string where = file;
    if (line > 0) where += (where.empty() ? "第 " : " 第 ") + std::to_string(line) + " 行";
    if (!element.empty()) where += "〈" + element + "〉";
    err() << "  " << shown_text(where) << (where.empty() ? "" : "：")
          << shown_text(text_in(issue, "message")) << "（" << text_in(issue, "code") << "）\n";
    const std::string remedy = text_in(issue, "remedy");
    if (!remedy.empty()) err() << "    → " << shown_text(remedy) << "\n";
  }
}

Result<std::string> path_id(const std::string& id) {
  if (!Uuid::parse(id)) {
    return Refusal{Reason::kBadRequest,
                   "「" + id + "」不是公文識別碼（UUID）；以 outbox 或 inbox 查詢"};
  }
  return id;
}

Result<Found> find_either(const std::string& id,
                          const std::function<Result<Json>(const std::string& path)>& question) {
  const std::string valid = YZ_TRY(path_id(id));
  Result<Json> sent = question("/api/v1/documents/" + valid);
  if (sent) return Found{std::move(*sent), true};
  if (sent.reason() != Reason::kNotFound) return sent.refusal();
  return Found{YZ_TRY(question("/api/v1/inbox/" + valid)), false};
}

}  // namespace yizhan
