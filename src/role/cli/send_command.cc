#include <map>

#include "ground/crypto/crypto.h"
#include "role/cli/fetching.h"
#include "role/cli/letter.h"
#include "role/cli/waiting.h"

namespace yizhan {

namespace {

constexpr std::size_t kPieceBytes = 1U << 20;
constexpr auto kSealingPatience = std::chrono::seconds{5};

struct SendOptions {
  std::vector<std::string> letters;
  bool split = false;
  std::string unit;
  std::string person;
  std::string resend_of;
  std::string reason;
  std::vector<std::string> paper;
  bool paper_unreachable = false;
  std::string key;
  std::string draft;
  int wait_seconds = 0;
};

struct Upload {
  std::filesystem::path path;
  std::uint64_t size;
  Sha256 sha256;
};
using Uploads = std::map<std::string, Upload>;  // by name

Result<void> add_upload(const std::filesystem::path& path, Uploads& uploads) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return Refusal{Reason::kAttachmentMissing, "公文檔所列之檔案不在旁邊：" + path.string()};
  }
  const FileHandle file = open_for_reading(path);
  Upload upload{path, file.size(), digest_of(file)};
  const auto [found, is_new] = uploads.emplace(path.filename().string(), upload);
  if (is_new || found->second.sha256 == upload.sha256) return {};
  return Refusal{Reason::kAttachmentName, "兩個不同的檔案同名：" + found->first};
}

// Issues found here are shown like those that the terminal finds.
Result<Letter> require_letter(const Session& session, const std::string& file) {
  const LetterCheck check = YZ_TRY(read_letter(file));
  if (check.letter) return *check.letter;
  if (!session.json) session.print_issues(check.issues);
  return Refusal{Reason::kDocumentInvalid, file};
}

struct Mailing {
  Json pairs = Json::array();
  Uploads uploads;
};

Result<Mailing> read_mailing(const Session& session, const SendOptions& options) {
  if (options.letters.size() > 1 && !options.split) {
    return Refusal{Reason::kBadRequest, "一次多件本文檔為分繕，請加上 --split"};
  }
  if (options.resend_of.empty() != options.reason.empty()) {
    return Refusal{Reason::kBadRequest, "重送須同時以 --resend-of 及 --reason 指明原件與原因"};
  }
  Mailing mailing;
  for (const std::string& file : options.letters) {
    const Letter letter = YZ_TRY(require_letter(session, file));
    Json pair = {{"di", letter.di.filename().string()}, {"files", Json::array()}};
    YZ_TRY(add_upload(letter.di, mailing.uploads));
    if (letter.sw) {
      pair["sw"] = letter.sw->filename().string();
      YZ_TRY(add_upload(*letter.sw, mailing.uploads));
    }
    if (letter.dm) {
      pair["dm"] = letter.dm->filename().string();
      YZ_TRY(add_upload(*letter.dm, mailing.uploads));
    }
    for (const std::filesystem::path& attachment : letter.files) {
      pair["files"].push_back(attachment.filename().string());
      YZ_TRY(add_upload(attachment, mailing.uploads));
    }
    for (const std::filesystem::path& rendition : letter.renditions) {
      pair["renditions"].push_back(rendition.filename().string());
      YZ_TRY(add_upload(rendition, mailing.uploads));
    }
    mailing.pairs.push_back(std::move(pair));
  }
  return mailing;
}

Json order_of(const Mailing& mailing, const SendOptions& options) {
  Json digests = Json::object();
  for (const auto& [name, upload] : mailing.uploads) digests[name] = upload.sha256.hex();
  Json order = {{"pairs", mailing.pairs}, {"digests", std::move(digests)}};
  if (!options.unit.empty()) order["unit_code"] = options.unit;
  if (!options.person.empty()) order["person"] = options.person;
  if (!options.resend_of.empty()) {
    order["resend"] = {{"of", options.resend_of}, {"reason", options.reason}};
  }
  for (const std::string& code : options.paper) {
    Json recipient;
    put_recipient(recipient, code);
    order["paper"]["recipients"].push_back(std::move(recipient));
  }
  if (options.paper_unreachable) order["paper"]["unreachable"] = true;
  return order;
}

// The same letter sent again by mistake is the same document: the key follows from the content.
std::string key_of(const Json& order, const SendOptions& options) {
  return options.key.empty() ? "cli-" + sha256(canonical_json(order)).hex() : options.key;
}

// How much of each file is there already: an interrupted upload goes on where it stopped.
Result<std::map<std::string, std::uint64_t>> sizes_in(Line& line, const std::string& draft) {
  const Json answer = YZ_TRY(line.get("/api/v1/drafts/" + draft));
  std::map<std::string, std::uint64_t> sizes;
  for (const Json& file : answer.at("files")) {
    sizes[text_in(file, "name")] = file.at("size").get<std::uint64_t>();
  }
  return sizes;
}

Result<void> upload_file(Line& line, const std::string& path, const Upload& upload,
                         std::pair<std::uint64_t, Progress*> start) {
  const FileHandle file = open_for_reading(upload.path);
  std::uint64_t offset = start.first;
  const auto changed = [&] {
    return Refusal{Reason::kConflict, "檔案於上傳中變更，請重新發送：" + upload.path.string()};
  };
  start.second->add(offset);
  do {
    Bytes piece = file.read_at(offset, kPieceBytes);
    const std::size_t size = piece.size();
    if (size == 0 && upload.size > 0) return changed();
    const std::string target = path + "?offset=" + std::to_string(offset);
    YZ_TRY(patiently<Json>([&] { return line.put(target, piece); }));
    start.second->add(size);
    offset += size;
  } while (offset < upload.size);
  return {};
}

Result<void> upload_all(Session& session, const std::string& draft, const Uploads& uploads) {
  Line& line = session.terminal();
  auto sizes = YZ_TRY(sizes_in(line, draft));
  std::uint64_t total = 0;
  for (const auto& [name, upload] : uploads) total += upload.size;
  Progress progress(session, "上傳", total);
  for (const auto& [name, upload] : uploads) {
    const std::uint64_t there = sizes.contains(name) ? sizes[name] : 0;
    const bool whole = sizes.contains(name) && there == upload.size;
    if (whole) {
      progress.add(upload.size);
      continue;
    }
    const std::string path = "/api/v1/drafts/" + draft + "/files/" + percent_encode(name);
    YZ_TRY(upload_file(line, path, upload, {there < upload.size ? there : 0, &progress}));
  }
  return {};
}

Result<Json> send_draft(Session& session, const std::string& draft, const Mailing& mailing,
                        const SendOptions& options) {
  YZ_TRY(upload_all(session, draft, mailing.uploads));
  const Json order = order_of(mailing, options);
  const Headers headers = {{"Idempotency-Key", key_of(order, options)}};
  return patiently<Json>([&] {
    return session.terminal().post("/api/v1/drafts/" + draft + "/sending", order, headers);
  });
}

Result<std::string> draft_for(Session& session, const SendOptions& options) {
  if (!options.draft.empty()) return path_id(options.draft);
  const Json answer = YZ_TRY(session.terminal().post("/api/v1/drafts", Json::object()));
  return text_in(answer, "draft");
}

// Done only when everybody has it.
Result<Exit> follow(Session& session, const std::string& id, const SendOptions& options) {
  const std::chrono::seconds patience{options.wait_seconds};
  const Json document = YZ_TRY(wait_for(session, id, {has_settled, patience}));
  session.json ? session.print(document) : print_document(session, document);
  if (has_arrived(document)) return Exit::kDone;
  if (!has_settled(document)) {
    session.err() << "等候已逾 " << options.wait_seconds
                  << " 秒，尚有受文者未收取；公文仍在傳送，以 status " << id << " 查看\n";
  }
  return Exit::kRefused;
}

Result<Exit> send(Session& session, const SendOptions& options) {
  const Mailing mailing = YZ_TRY(read_mailing(session, options));
  const std::string draft = YZ_TRY(draft_for(session, options));
  Json document;
  try {
    document = YZ_TRY(send_draft(session, draft, mailing, options));
  } catch (const NotReachable&) {
    session.err() << "上傳中斷；恢復連線後以 --draft " << draft << " 接續。\n";
    throw;
  }
  if (!session.json) session.print_issues(document.value("warnings", Json::array()));
  const std::string id = text_in(document, "id");
  if (options.wait_seconds > 0) return follow(session, id, options);
  if (!session.json) {
    document = YZ_TRY(wait_for(session, id, {has_been_sealed, kSealingPatience}));
  }
  session.json ? session.print(document) : print_document(session, document);
  return has_failed(document) ? Exit::kRefused : Exit::kDone;
}

}  // namespace

void add_send_command(CLI::App& app, Session& session) {
  auto command = add_command<SendOptions>(
      app, "send", "發文：讀取本文檔（DI）及其旁之交換表單與附件，交本機終端封裝傳送");
  SendOptions& options = *command.options;
  command.app->group("發文");
  command.app->add_option("letters", options.letters, "本文檔（.di）；分繕可有多件")->required();
  command.app->add_flag("--split", options.split, "分繕：每件本文檔各有其受文者");
  command.app->add_option("--unit", options.unit, "發文單位代碼");
  command.app->add_option("--person", options.person, "發文人員；不填用終端之設定");
  command.app->add_option("--resend-of", options.resend_of, "重送：原件之訊息識別碼");
  command.app->add_option("--reason", options.reason, "重送原因代碼（1–6）");
  command.app->add_option("--paper", options.paper,
                          "交換表單中改寄紙本之受文者（代碼）；可有多個，以逗號分隔")
      ->delimiter(',');
  command.app->add_flag("--paper-unreachable", options.paper_unreachable,
                        "無法以電子交換收文之受文者一律改寄紙本（不在地址簿、已裁撤、沒有有效之加密憑證）");
  command.app->add_option("--key", options.key,
                          "識別鍵；同鍵同內容只發一次。不填則由內容算出，同一份檔案不會重複發文");
  command.app->add_option("--draft", options.draft, "接續中斷之上傳");
  command.app->add_flag("--wait{600}", options.wait_seconds,
                        "等候各受文者收取，至多所填之秒數（--wait=60）；不填秒數為 600。"
                        "未能全部收取、暫停處理或逾時者，結束碼為 1");
  command
      .example(
          "  yizhan send 1150001234.di\n"
          "  yizhan send --split 甲.di 乙.di --wait=120\n"
          "  yizhan send 1150001234.di --resend-of 0198… --reason 2\n"
          "  yizhan send 1150001234.di --paper T38100000C")
      .runs(session, send);
}

}  // namespace yizhan
