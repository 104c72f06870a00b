#include "role/cli/letter.h"

#include "ground/files/files.h"
#include "model/document/document.h"

namespace yizhan {

namespace {

constexpr std::size_t kDocumentBytesMax = 4U << 20;

Result<Bytes> read_document(const std::filesystem::path& file) {
  const std::string name = file.string();
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return Refusal{Reason::kNotFound, "沒有此檔：" + name};
  }
  if (std::filesystem::file_size(file) > kDocumentBytesMax) {
    return Refusal{Reason::kTooLarge, name + " 超過 4 MiB"};
  }
  return read_file(file, kDocumentBytesMax);
}

void add_issues(const std::vector<Issue>& issues, const std::filesystem::path& file, Json& to) {
  for (const Issue& issue : issues) {
    to.push_back({{"code", issue.code},
                  {"element", issue.element},
                  {"line", issue.line},
                  {"message", issue.message_zh},
                  {"remedy", issue.remedy_zh},
                  {"file", file.filename().string()}});
  }
}

Letter letter_of(const std::filesystem::path& di, const Document& document) {
  const std::filesystem::path folder = di.parent_path();
  Letter letter{di, std::nullopt, {}};
  if (document.roster) letter.sw = folder / document.roster->file_name;
  for (const DeclaredFile& file : document.attachments) {
    letter.files.push_back(folder / file.file_name);
  }
  if (document.message) letter.files.push_back(folder / document.message->file_name);
  return letter;
}

Checked<Document> parse(const std::filesystem::path& di, const Bytes& bytes, LetterCheck& check) {
  Checked<Document> document = parse_document(bytes);
  add_issues(document.issues, di, check.issues);
  if (document.ok()) {
    check.letter = letter_of(di, *document.value);
    check.facts = describe(*document.value);
  }
  return document;
}

std::vector<AttachmentFact> facts_of(const std::vector<std::filesystem::path>& files) {
  std::vector<AttachmentFact> facts;
  for (const std::filesystem::path& file : files) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(file, error);
    if (!error) facts.push_back({file.filename().string(), size});
  }
  return facts;
}

}  // namespace

Result<LetterCheck> read_letter(const std::filesystem::path& di) {
  LetterCheck check;
  parse(di, YZ_TRY(read_document(di)), check);
  return check;
}

Result<LetterCheck> validate_letter(const std::filesystem::path& di) {
  LetterCheck check;
  const Checked<Document> document = parse(di, YZ_TRY(read_document(di)), check);
  if (!document.ok()) return check;
  Checked<Roster> roster;
  if (check.letter->sw) {
    roster = parse_roster(YZ_TRY(read_document(*check.letter->sw)));
    add_issues(roster.issues, *check.letter->sw, check.issues);
    if (!roster.ok()) return check;
  }
  const Roster* listed = roster.ok() ? &*roster.value : nullptr;
  add_issues(cross_check(*document.value, listed, facts_of(check.letter->files)), di, check.issues);
  return check;
}

Result<RenderedLetter> render_letter(const std::filesystem::path& di) {
  RenderedLetter rendered;
  const Checked<Document> document = parse(di, YZ_TRY(read_document(di)), rendered.check);
  if (document.ok()) rendered.text = render_text(*document.value);
  return rendered;
}

}  // namespace yizhan
