#include "role/cli/letter.h"

#include <algorithm>

#include "ground/files/files.h"
#include "model/document/document.h"
#include "model/part_name/part_name.h"

namespace yizhan {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDocumentBytesMax = 4U << 20;

Result<Bytes> read_document(const fs::path& file) {
  const std::string name = file.string();
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    return Refusal{Reason::kNotFound, "沒有此檔：" + name};
  }
  if (fs::file_size(file) > kDocumentBytesMax) {
    return Refusal{Reason::kTooLarge, name + " 超過 4 MiB"};
  }
  return read_file(file, kDocumentBytesMax);
}

Issue bad_name(const std::string& name, const Refusal& why) {
  return {.code = "attachment_name",
          .element = "ENTITY",
          .found = name,
          .message_zh = "宣告之檔案「" + name + "」：" + why.detail,
          .remedy_zh = "請改用不含路徑及特殊符號之檔名。"};
}

// A document, its roster, and where the files are that they name.
class LetterReading {
 public:
  explicit LetterReading(const fs::path& di) : letter_{.di = di} {}

  // The DI alone, and which files it names.
  Result<void> read_instance() {
    document_ = parse_document(YZ_TRY(read_document(letter_.di)));
    add_issues(document_.issues);
    if (!document_.ok()) return {};
    check_.facts = describe(*document_.value);
    find_files(*document_.value);
    return {};
  }

  Result<void> read() {
    YZ_TRY(read_instance());
    if (letter_.sw && are_names_sound_) YZ_TRY(read_roster(*letter_.sw));
    if (document_.ok() && are_names_sound_) check_.letter = letter_;
    return {};
  }

  void cross_check() {
    if (!check_.letter || (letter_.sw && !roster_.ok())) return;
    add_issues(yizhan::cross_check(*document_.value, roster_.ok() ? &*roster_.value : nullptr,
                                   files_beside()));
    if (!roster_.ok()) return;
    check_.facts["unlisted"] = Json::array();
    for (const Party& party : unlisted_parties(*document_.value, *roster_.value)) {
      check_.facts["unlisted"].push_back(party.name);
    }
  }

  [[nodiscard]] const LetterCheck& check() const { return check_; }
  [[nodiscard]] const Checked<Document>& document() const { return document_; }

 private:
  // What is declared is a stranger's word: only what may travel is looked for, beside the DI and
  // nowhere else.
  fs::path beside(const std::string& name) {
    if (const Result<void> named = check_part_name(name); !named) {
      are_names_sound_ = false;
      add_issues({bad_name(name, named.refusal())});
    }
    return letter_.di.parent_path() / name;
  }

  void find_files(const Document& document) {
    if (document.roster) letter_.sw = beside(document.roster->file_name);
    if (document.message) letter_.dm = beside(document.message->file_name);
    for (const DeclaredFile& file : document.attachments) {
      letter_.files.push_back(beside(file.file_name));
    }
    if (document.addressee) add_rendition(*document.addressee);
  }

  void add_rendition(const Party& recipient) {
    if (recipient.portable_copy.empty()) return;
    const fs::path file = beside(recipient.portable_copy);
    if (std::ranges::find(letter_.renditions, file) != letter_.renditions.end()) return;
    letter_.renditions.push_back(file);
  }

  Result<void> read_roster(const fs::path& sw) {
    roster_ = parse_roster(YZ_TRY(read_document(sw)));
    for (Issue& issue : roster_.issues) issue.file = IssueFile::kRoster;
    add_issues(roster_.issues);
    if (!roster_.ok()) return {};
    for (const Party& recipient : roster_.value->entries) add_rendition(recipient);
    return {};
  }

  [[nodiscard]] std::vector<AttachmentFact> files_beside() const {
    std::vector<AttachmentFact> facts;
    const auto add = [&](const fs::path& file, FileRole role) {
      std::error_code error;
      const std::uintmax_t size = fs::file_size(file, error);
      if (!error) facts.push_back({file.filename().string(), size, role});
    };
    for (const fs::path& file : letter_.files) add(file, FileRole::kAttachment);
    for (const fs::path& file : letter_.renditions) add(file, FileRole::kRendition);
    if (letter_.dm) add(*letter_.dm, FileRole::kMessage);
    return facts;
  }

  void add_issues(const std::vector<Issue>& issues) {
    for (const Issue& issue : issues) {
      const bool of_roster = issue.file == IssueFile::kRoster && letter_.sw;
      check_.issues.push_back(
          {{"code", issue.code},
           {"element", issue.element},
           {"line", issue.line},
           {"message", issue.message_zh},
           {"remedy", issue.remedy_zh},
           {"file", (of_roster ? *letter_.sw : letter_.di).filename().string()}});
    }
  }

  Letter letter_;
  bool are_names_sound_ = true;
  Checked<Document> document_;
  Checked<Roster> roster_;
  LetterCheck check_;
};

}  // namespace

Result<LetterCheck> read_letter(const fs::path& di) {
  LetterReading reading(di);
  YZ_TRY(reading.read());
  return reading.check();
}

Result<LetterCheck> validate_letter(const fs::path& di) {
  LetterReading reading(di);
  YZ_TRY(reading.read());
  reading.cross_check();
  return reading.check();
}

Result<RenderedLetter> render_letter(const fs::path& di) {
  LetterReading reading(di);
  YZ_TRY(reading.read_instance());
  const Checked<Document>& document = reading.document();
  return RenderedLetter{document.ok() ? render_text(*document.value) : "", reading.check()};
}

}  // namespace yizhan
