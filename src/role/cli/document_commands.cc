#include "role/cli/letter.h"
#include "role/cli/session.h"

namespace yizhan {

namespace {

struct FileOptions {
  std::string file;
};

Result<Exit> validate(Session& session, const FileOptions& options) {
  const LetterCheck check = YZ_TRY(validate_letter(options.file));
  const bool valid = check.issues.empty();
  if (session.json) {
    Json answer = {{"valid", valid}, {"issues", check.issues}};
    if (!check.facts.is_null()) answer["document"] = check.facts;
    session.print(answer);
  } else if (valid) {
    session.out() << options.file << "：符合格式。\n";
    for (const Json& name : check.facts.value("unlisted", Json::array())) {
      session.out() << "紙本受文者（公文列名而不在交換表單）：" << shown_text(name.get<std::string>()) << "\n";
    }
  } else {
    session.err() << options.file << "：有 " << check.issues.size() << " 處不符規定。\n";
    session.print_issues(check.issues);
  }
  return valid ? Exit::kDone : Exit::kRefused;
}

Result<Exit> render(Session& session, const FileOptions& options) {
  const RenderedLetter rendered = YZ_TRY(render_letter(options.file));
  const LetterCheck& check = rendered.check;
  const bool is_read = !rendered.text.empty();
  if (session.json) {
    session.print({{"text", rendered.text}, {"document", check.facts}, {"issues", check.issues}});
  } else if (is_read) {
    session.out() << rendered.text;
  } else {
    session.err() << options.file << "：無法讀取。\n";
    session.print_issues(check.issues);
  }
  return is_read ? Exit::kDone : Exit::kRefused;
}

}  // namespace

void add_document_commands(CLI::App& app, Session& session) {
  auto checking = add_command<FileOptions>(app, "validate", "離線檢核本文檔及其旁之交換表單與附件");
  checking.app->group("檢核");
  checking.app->add_option("file", checking.options->file, "本文檔（.di）")->required();
  checking.example("  yizhan validate 1150001234.di").runs(session, validate);

  auto reading = add_command<FileOptions>(app, "render", "離線顯示本文檔為純文字");
  reading.app->group("檢核");
  reading.app->add_option("file", reading.options->file, "本文檔（.di）")->required();
  reading.example("  yizhan render 1150001234.di").runs(session, render);
}

}  // namespace yizhan
