#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/document/issue.h"
#include "model/document/party.h"
#include "model/document/types.h"
#include "model/document/values.h"

// The document instance (文書本文檔, DI). Text has its line breaks folded; the exact text stands in
// the tree, the exact bytes with whoever read them (what is signed is bytes).

namespace yizhan {

enum class DocumentUrgency { kNormal, kFast, kFastest };  // 普通件, 速件, 最速件
enum class Secrecy { kConfidential, kSecret, kTopSecret, kAbsolute };  // 密, 機密, 極機密, 絕對機密

std::string_view title_of(DocumentUrgency urgency);
std::string_view title_of(Secrecy secrecy);

// 一文多發: one document, a roster of recipients. 分繕: the document names its one recipient.
enum class SendMode { kMulti, kSplit };

struct Person {
  std::string name{};
  std::string title{};
  bool operator==(const Person&) const = default;
};

// 條列
struct Item {
  std::string number{};  // 序號, with its punctuation: 一、
  std::string text{};
  std::vector<Item> items{};
  bool operator==(const Item&) const = default;
};

// 段落
struct Section {
  std::string name{};  // 段名, with its colon: 說明：
  std::string text{};
  std::vector<Item> items{};
  bool operator==(const Section&) const = default;
};

// A file that the prolog declares as an unparsed entity.
struct DeclaredFile {
  std::string entity{};     // ATTCH1
  std::string file_name{};  // data, never a path
  bool operator==(const DeclaredFile&) const = default;
};

struct Appointment {
  RocDate date;
  std::string weekday{};  // 星期
  std::string time{};     // 時分, as written: producers differ
  bool operator==(const Appointment&) const = default;
};

struct Contact {
  Person person{};
  std::string phone{};
  bool operator==(const Contact&) const = default;
};

// What only 開會通知單 and 會勘通知單 have.
struct Meeting {
  std::vector<Contact> contacts{};
  std::vector<Appointment> times{};
  std::string place{};
  std::vector<Person> chairs{};
  std::vector<Party> attendees{};
  std::vector<Party> observers{};
  std::optional<Section> remarks{};
  bool operator==(const Meeting&) const = default;
};

// What only 簽稿會核單 has: one consulted unit.
struct Review {
  std::string unit{};
  Section opinion{};
  std::optional<RocDate> received_on{};
  std::string received_at{};  // 時分
  std::optional<RocDate> finished_on{};
  std::string finished_at{};
  bool operator==(const Review&) const = default;
};

// As read; no part of what makes two documents equal. Empty for a composed document.
struct SourceTree {
  XmlElement root;
  bool operator==(const SourceTree&) const { return true; }
};

struct Document {
  DocumentKind kind = DocumentKind::kLetter;
  Edition edition = Edition::k104;
  XmlEncoding encoding = XmlEncoding::kUtf8;

  std::vector<Party> senders;  // 發文機關, at least one; joint documents have several
  std::string category;        // 函類別, 令類別: 函, 書函, 移文單, 獎懲令 …
  std::string address;
  std::vector<std::string> contact_lines;  // 聯絡方式: 承辦人：…

  // 受文者: at most one of the two (a notice has neither).
  std::optional<std::string> by_roster;  // text of 交換表: 如正副本行文單位
  std::optional<Party> addressee;

  std::optional<RocDate> issue_date;    // none on a co-review slip
  std::vector<DocumentNumber> numbers;  // 發文字號
  std::optional<DocumentUrgency> urgency;       // empty stays empty: not 普通件
  std::optional<Secrecy> secrecy;       // empty: not classified
  std::string declassification;         // 解密條件或保密期限

  std::string attachments_text;           // for people: 如說明
  std::vector<DeclaredFile> attachments;  // in the order of 附件檔名
  std::optional<DeclaredFile> roster;     // entity 表單
  std::optional<DeclaredFile> message;    // entity 文書訊息表單 (DM)
  std::vector<DeclaredFile> unused;       // declared, but nothing refers to it

  std::string subject;  // 主旨, 開會事由, 會勘事由, 案情摘要
  std::vector<Section> sections;
  std::vector<Party> originals;  // 正本
  std::vector<Party> copies;     // 副本
  std::vector<std::string> signatures;

  std::optional<Meeting> meeting;
  std::string handling;           // 擬辦方式 1-6, memo only
  std::vector<Person> submit_to;  // 敬陳, memo only
  std::string case_unit;          // 承辦單位, co-review slip only
  std::vector<Review> reviews;    // co-review slip only

  SourceTree source;

  bool operator==(const Document&) const = default;
};

SendMode send_mode_of(const Document& document);

// Validates against the built-in type definition that the document names, then reads it.
Checked<Document> parse_document(ByteView di);

// In the document's edition and encoding: parse_document(write_document(x)) gives x again.
// std::invalid_argument if a file name cannot be expressed in that encoding.
Bytes write_document(const Document& document);

}  // namespace yizhan
