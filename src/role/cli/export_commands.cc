#include "model/export/export.h"
#include "role/cli/fetching.h"

namespace yizhan {

namespace {

struct ExportOptions {
  std::string id;
  std::string into;
  bool asic = false;
};

std::vector<RemoteFile> files_of(const Json& exported) {
  const std::string base = "/api/v1/exports/" + text_in(exported, "export") + "/files/";
  std::vector<RemoteFile> files;
  for (const Json& file : exported.at("files")) {
    files.push_back({base + std::to_string(files.size()), text_in(file, "name"),
                     file.at("size").get<std::uint64_t>(),
                     Sha256::from_hex(text_in(file, "sha256")).value_or(Sha256{})});
  }
  return files;
}

Result<void> fetch_all(Session& session, const std::vector<RemoteFile>& files,
                       const Folder& folder) {
  std::uint64_t total = 0;
  for (const RemoteFile& file : files) total += file.size;
  Progress progress(session, "匯出", total);
  for (const RemoteFile& file : files) {
    const std::string parent = std::filesystem::path(file.name).parent_path().string();
    if (!parent.empty()) folder.make_folders(parent);
    YZ_TRY(fetch_file(session, file, folder, progress));
  }
  return {};
}

// One file of what lies in the folder, which goes.
void enclose(const Folder& into, const std::string& partial, const std::vector<RemoteFile>& files,
             const std::string& name) {
  std::vector<std::string> names;
  for (const RemoteFile& file : files) names.push_back(file.name);
  write_container(into.path() / partial, names, into.path() / (partial + ".asice"));
  into.rename(partial + ".asice", name);
  std::filesystem::remove_all(into.path() / partial);
}

// What is there under its final name is whole.
Result<Exit> write_export(Session& session, const ExportOptions& options) {
  const std::string form = options.asic ? "asic-e" : "folder";
  const Found made = YZ_TRY(find_either(options.id, [&](const std::string& path) {
    return session.terminal().post(path + "/export?form=" + form, Json::object());
  }));
  make_directory(options.into);
  const Folder into(options.into);
  const std::string name = "yizhan-export-" + options.id + (options.asic ? ".asice" : "");
  const std::string partial = "." + name + "-" + text_in(made.answer, "export");
  if (std::filesystem::exists(into.path() / name)) {
    return Refusal{Reason::kConflict, (into.path() / name).string() + " 已存在"};
  }
  into.make_folder(partial);
  const std::vector<RemoteFile> files = files_of(made.answer);
  YZ_TRY(fetch_all(session, files, Folder(into.path() / partial)));
  if (options.asic) {
    enclose(into, partial, files, name);
  } else {
    into.rename(partial, name);
  }
  into.sync();
  const std::string written = (into.path() / name).string();
  if (session.json) {
    session.print({{options.asic ? "container" : "folder", written},
                   {"files", made.answer.at("files")}});
  } else {
    session.out() << "已匯出 " << made.answer.at("files").size() << " 個檔案至 " << written
                  << "\n驗證：yizhan verify " << written << " --trust 信任資料夾\n";
  }
  return Exit::kDone;
}

}  // namespace

void add_export_commands(CLI::App& app, Session& session) {
  auto command =
      add_command<ExportOptions>(app, "export", "匯出一件發文或收文及其全部證據，供離線驗證");
  command.app->group("證據");
  command.app->add_option("id", command.options->id, "發文或收文之識別碼")->required();
  command.app->add_option("--into", command.options->into, "於此資料夾下建立匯出資料夾")
      ->required();
  command.app->add_flag("--asic", command.options->asic,
                        "寫成單一檔案：ASiC-E 容器（ETSI EN 319 162-1）");
  command.example("  yizhan export 0198… --into 匯出\n  yizhan export 0198… --into 匯出 --asic")
      .runs(session, write_export);
}

}  // namespace yizhan
