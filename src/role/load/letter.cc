#include "role/load/letter.h"

#include <algorithm>

#include "model/document/document.h"

namespace yizhan {

namespace {

constexpr std::size_t kBlock = 4096;
constexpr std::size_t kAttachmentLeast = 64;

FileHandle memory_of(const std::string& name, ByteView bytes) {
  FileHandle file = memory_file(name);
  file.write_at(0, bytes);
  return file;
}

Bytes roster_of(const LetterOrder& order) {
  Roster roster;
  for (const Correspondent& recipient : order.recipients) {
    roster.entries.push_back({.name = recipient.name,
                              .org_code = recipient.code.text(),
                              .copy_kind = CopyForm::kOriginal});
  }
  return write_roster(roster);
}

Document document_of(const LetterOrder& order, const std::string& base) {
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  const RocDate date = RocDate::of(today);
  Document letter;
  letter.senders = {{.name = order.sender.name, .org_code = order.sender.code.text()}};
  letter.category = "函";
  letter.address = "100001 測試市中正路1號";
  letter.contact_lines = {"承辦人：壓力測試", "電話：(02)5555-0100 轉 123"};
  letter.issue_date = date;
  letter.numbers = {{.word = "測壓",
                     .year = std::to_string(date.year()),
                     .serial = std::to_string(order.number)}};
  letter.attachments_text = "如說明";
  letter.attachments = {{"ATTCH1", base + "-ATTCH1.txt"}};
  letter.subject = "檢送壓力測試資料第" + std::to_string(order.number) + "號1份，請　查照。";
  letter.sections = {{"說明：", "本公文由測試程式產製，內容無意義。"}};
  letter.signatures = {order.sender.name};
  for (const Correspondent& recipient : order.recipients) {
    letter.originals.push_back({.name = recipient.name});
  }
  if (order.recipients.size() > 1) {
    letter.by_roster = "如正副本行文單位";
    letter.roster = {"表單", base + ".sw"};
  } else {
    letter.addressee = Party{.name = order.recipients.front().name,
                             .org_code = order.recipients.front().code.text(),
                             .with_attachments = true};
  }
  return letter;
}

// A block of prose, once.
const std::string& prose() {
  static const std::string text = [] {
    std::string block;
    while (block.size() < kBlock) {
      block += "各機關收文後，應於次一工作日前確認；附件以開放格式為原則。 Lorem ipsum.\n";
    }
    while (block.size() > kBlock || (block.back() & 0x80) != 0) block.pop_back();
    block.resize(kBlock, ' ');
    return block;
  }();
  return text;
}

Bytes attachment_of(std::size_t size, const std::string& mark) {
  Bytes bytes;
  bytes.reserve(size + kBlock);
  for (std::size_t block = 0; bytes.size() < size; ++block) {
    append(bytes, bytes_of(mark + " " + std::to_string(block) + "\n"));
    append(bytes, bytes_of(prose()));
  }
  bytes.resize(size);
  // Text may not end within a character.
  for (std::size_t i = size; i > 0 && (bytes[i - 1] & 0x80) != 0; --i) bytes[i - 1] = '.';
  return bytes;
}

}  // namespace

ComposedLetter compose_letter(const LetterOrder& order) {
  const std::string mark = DocumentId::generate(order.now).text();
  const std::string base = "load" + std::to_string(order.number);
  const Document document = document_of(order, base);
  ComposedLetter letter{{{}, document.subject, document.numbers.front().text(), "letter", "", {}},
                        {}};
  const auto add = [&](const std::string& name, PartKind kind, const Bytes& bytes) {
    const bool text = kind == PartKind::kAttachment;
    letter.manifest.parts.push_back({name, text ? "text/plain" : "application/xml", kind,
                                     bytes.size(), sha256(bytes)});
    letter.parts.push_back(memory_of(name, bytes));
  };
  const Bytes di = write_document(document);
  const Bytes sw = order.recipients.size() > 1 ? roster_of(order) : Bytes();
  add(base + ".di", PartKind::kDi, di);
  if (!sw.empty()) add(base + ".sw", PartKind::kSw, sw);
  const std::size_t written = di.size() + sw.size();
  const auto wished = static_cast<std::size_t>(order.bytes);
  const std::size_t left = wished > written ? wished - written : 0;
  add(base + "-ATTCH1.txt", PartKind::kAttachment,
      attachment_of(std::max(left, kAttachmentLeast), mark));
  return letter;
}

void write_letters(const std::filesystem::path& folder, std::int64_t count, std::uint64_t bytes) {
  const auto agency = [](const char* code) {
    return Correspondent{OrgCode::parse(code).value(), "測試機關"};
  };
  std::filesystem::create_directories(folder);
  for (std::int64_t number = 1; number <= count; ++number) {
    const ComposedLetter letter = compose_letter({.number = number,
                                                  .bytes = bytes,
                                                  .sender = agency("L000000001"),
                                                  .recipients = {agency("L000000002")},
                                                  .now = SystemClock().now()});
    for (std::size_t part = 0; part < letter.parts.size(); ++part) {
      const FileHandle& file = letter.parts[part];
      write_durably(folder / (std::to_string(number) + "-" + std::to_string(part)),
                    file.read_at(0, static_cast<std::size_t>(file.size())), 0600);
    }
  }
}

}  // namespace yizhan
