#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/hostile/stage.h"

// D03, D04, D09: documents that load, that explode, and that two readers could read differently.

namespace yizhan {
namespace {

constexpr std::string_view kDoctype = "<!DOCTYPE 函 SYSTEM \"104_2_utf8.dtd\" [\n";

std::string letter() { return document_fixture("104_utf8/letter.di"); }

// Into the internal subset of an else good letter.
std::string letter_declaring(const std::string& declarations) {
  return replaced(letter(), std::string(kDoctype), std::string(kDoctype) + declarations + "\n");
}
std::string letter_saying(const std::string& markup) {
  return replaced(letter(), "<主旨>\n    <文字>檢送", "<主旨>\n    <文字>" + markup + "檢送");
}

struct Read {
  std::string codes;  // of the issues; "facts" when there are none; or why there is no answer
  std::optional<DocumentFacts> facts;
};

Read read_as(PartKind kind, const std::string& text) {
  const bool is_di = kind == PartKind::kDi, is_sw = kind == PartKind::kSw;
  std::vector<Part> parts = {{"1150001234.di", "", PartKind::kDi, 0, {}},
                             {"1150001234.sw", "", PartKind::kSw, 0, {}}};
  std::vector<FileHandle> files;
  files.push_back(file_of(bytes_of(is_di ? text : letter())));
  files.push_back(file_of(bytes_of(is_sw ? text : document_fixture("104_utf8/letter.sw"))));
  if (!is_di && !is_sw) {
    parts.push_back({"1150001234.dm", "", kind, 0, {}});
    files.push_back(file_of(bytes_of(text)));
  }
  const auto inspection = Inspector(nursery()).inspect_document({.parts = parts, .files = files});
  if (!inspection) return {std::string(code_of(inspection.reason())), std::nullopt};
  std::string codes;
  for (const InspectionIssue& issue : inspection->issues) {
    if (!issue.code.starts_with("attachment_missing")) {
      codes += (codes.empty() ? "" : " ") + issue.code;
    }
  }
  if (codes.size() > 200) codes.resize(200);
  return {codes.empty() ? "facts" : codes, inspection->facts};
}

// The same question to a child that may add no more than that to its address space.
bool answers_within(const std::string& text, std::uint64_t memory) {
  const Bytes question = canonical_json(
      {{"parts", Json::array({{{"name", "a.di"},
                               {"kind", "di"},
                               {"length", static_cast<std::int64_t>(text.size())}}})},
       {"classified_allowed", false}});
  const FileHandle file = file_of(bytes_of(text));
  const std::array descriptors{file.descriptor()};
  const ConfinedLimits tight{.memory_bytes = memory};
  return nursery().watch("document", question, descriptors, tight).end == ConfinedEnd::kAnswered;
}

// Somebody who would notice: a file that is watched, a port that is listened on.
class Witness {
 public:
  Witness() {
    write_durably(folder_ / "canary", bytes_of("<!ENTITY stolen 'canary'>"));
    watch_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    inotify_add_watch(watch_, folder_.c_str(), IN_ALL_EVENTS);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    // The cast is how the interface of sockets is made.
    bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    listen(listener_, 16);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Witness() {
    close(watch_);
    close(listener_);
    std::filesystem::remove_all(folder_);
  }
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  [[nodiscard]] std::string file() const { return (folder_ / "canary").string(); }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/canary";
  }
  [[nodiscard]] bool saw_reading() const { return is_ready(watch_); }
  [[nodiscard]] bool saw_connection() const { return is_ready(listener_); }
  void connect_once() const {
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    close(client);
  }

 private:
  static bool is_ready(int descriptor) {
    pollfd asked{.fd = descriptor, .events = POLLIN, .revents = 0};
    return poll(&asked, 1, 50) == 1;
  }

  std::filesystem::path folder_ = fresh_folder();
  int watch_ = -1, listener_ = -1;
  std::uint16_t port_ = 0;
};

// Ways for a document to ask for something that is elsewhere.
std::vector<std::string> loads_of(const std::string& where) {
  const std::string quoted = "\"" + where + "\"";
  const auto typed = [&](const std::string& doctype) {
    return replaced(letter(), std::string(kDoctype), doctype);
  };
  std::string styled = letter();
  styled.insert(styled.find("<!DOCTYPE"), "<?xml-stylesheet href=" + quoted + "?>\n");
  return {letter_declaring("<!ENTITY x SYSTEM " + quoted + ">"),
          replaced(letter_declaring("<!ENTITY x SYSTEM " + quoted + ">"), "<文字>檢送",
                   "<文字>&x;檢送"),
          letter_declaring("<!ENTITY x PUBLIC \"x\" " + quoted + ">"),
          letter_declaring("<!ENTITY % x SYSTEM " + quoted + "> %x;"),
          letter_declaring("<!ENTITY % x '<!ENTITY &#37; y SYSTEM " + quoted + ">'> %x; %y;"),
          typed("<!DOCTYPE 函 SYSTEM " + quoted + " [\n"),
          typed("<!DOCTYPE 函 PUBLIC \"-//x\" " + quoted + " [\n"),
          letter_saying("<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=" + quoted +
                        " parse=\"text\"/>"),
          replaced(letter(), "<函>",
                   "<函 xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                   "xsi:schemaLocation=\"x " + where + "\">"),
          styled,
          letter_declaring("<!NOTATION N SYSTEM " + quoted + ">"),
          letter_declaring("<!NOTATION N SYSTEM " + quoted + ">\n<!ENTITY n SYSTEM " + quoted +
                           " NDATA N>")};
}

TEST(D04ExternalThings, AreNeverLoadedByAnyDocument) {
  const Witness witness;
  int answered = 0;
  for (const std::string& where : std::vector<std::string>{
        witness.file(), "file://" + witness.file(), "file:///" + witness.file(), witness.url(),
        "ftp" + witness.url().substr(4), "//127.0.0.1/canary"}) {
    for (const std::string& document : loads_of(where)) {
      for (const PartKind kind : {PartKind::kDi, PartKind::kSw, PartKind::kDm}) {
        const Read read = read_as(kind, document);
        // Its child was not killed for trying.
        EXPECT_NE(read.codes, "scan_incomplete") << document.substr(0, 400);
        ++answered;
      }
    }
  }
  EXPECT_GT(answered, 200);
  EXPECT_FALSE(witness.saw_reading());
  EXPECT_FALSE(witness.saw_connection());
  // The witness does see.
  EXPECT_FALSE(read_file(witness.file(), 100).empty());
  witness.connect_once();
  EXPECT_TRUE(witness.saw_reading());
  EXPECT_TRUE(witness.saw_connection());
}

TEST(D04ExternalThings, AreNeverLoadedFromAttachmentsEither) {
  const Witness witness;
  const Inspector inspector(nursery());
  for (const std::string& where : {witness.file(), witness.url()}) {
    const std::string xml = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"" + where +
                            "\">]><a>&x;</a>";
    const ZipMember mime = stored("mimetype", "application/vnd.oasis.opendocument.text");
    for (const auto& [name, bytes] : std::vector<std::pair<std::string, Bytes>>{
             {"a.xml", copy_of(bytes_of(xml))},
             {"a.txt", copy_of(bytes_of(xml))},
             {"a.svg", copy_of(bytes_of(xml))},
             {"a.odt", zip_of({mime, packed("META-INF/manifest.xml", xml),
                               packed("content.xml", xml)})},
             {"a.docx", zip_of({packed("[Content_Types].xml", xml),
                                packed("word/document.xml", xml)})},
             {"a.pdf", copy_of(bytes_of(replaced(kSmallPdf, "/Catalog", "/Catalog/AcroForm<</XFA(" +
                                                                            xml + ")>>")))}}) {
      const auto facts = inspector.inspect_part(name, file_of(bytes), {});
      EXPECT_TRUE(facts || facts.reason() != Reason::kScanIncomplete) << name;
    }
  }
  EXPECT_FALSE(witness.saw_reading());
  EXPECT_FALSE(witness.saw_connection());
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string laughs() {
  std::string declarations = "<!ENTITY a0 \"哈\">";
  for (int i = 1; i < 10; ++i) {
    declarations += "<!ENTITY a" + std::to_string(i) + " \"" +
                    repeated("&a" + std::to_string(i - 1) + ";", 10) + "\">";
  }
  return declarations;
}

TEST(D03XmlBombs, AreRefusedWithinASecondAnd64Mebibytes) {
  const std::size_t full = (4U << 20) - 20'000;
  std::string attributes;
  for (int i = 0; i < 300'000; ++i) attributes += " a" + std::to_string(i) + "=\"\"";
  std::string declarations;
  for (int i = 0; i < 60'000; ++i) {
    declarations += "<!ENTITY e" + std::to_string(i) + " SYSTEM \"a.pdf\" NDATA _X>\n";
  }
  const std::vector<std::pair<const char*, std::string>> bombs = {
      {"billion laughs", replaced(letter_declaring(laughs()), "<文字>檢送", "<文字>&a9;檢送")},
      {"laughs unused", letter_declaring(laughs())},
      {"quadratic", replaced(letter_declaring("<!ENTITY q \"" + repeated("q", 50'000) + "\">"),
                             "<文字>檢送", "<文字>" + repeated("&q;", 50'000) + "檢送")},
      {"recursive", letter_declaring("<!ENTITY a \"&b;\"><!ENTITY b \"&a;\">")},
      {"parameter laughs", letter_declaring("<!ENTITY % a \"1\"><!ENTITY % b \"%a;%a;\">")},
      {"deep", letter_saying(repeated("<文字>", 400'000))},
      {"deep and closed", letter_saying(repeated("<b>", 300'000) + repeated("</b>", 300'000))},
      {"attributes", letter_saying("<文字" + attributes + "/>")},
      {"long attribute", letter_saying("<文字 a=\"" + repeated("x", full) + "\"/>")},
      {"long name", letter_saying("<" + repeated("名", full / 3) + "/>")},
      {"declarations", letter_declaring(declarations)},
      {"siblings", letter_saying(repeated("<b/>", full / 4))},
      {"comment", letter_saying("<!--" + repeated("- ", full / 2))},
      {"cdata", letter_saying("<![CDATA[" + repeated("]]", full / 2))},
      {"references", letter_saying("<b>" + repeated("&#x4e00;", full / 8) + "</b>")},
      {"brackets", std::string(kDoctype) + repeated("<", full)},
      {"too large", letter() + repeated(" ", 5U << 20)}};
  for (const auto& [name, document] : bombs) {
    const Read read = in_time(name, [&] { return read_as(PartKind::kDi, document); });
    EXPECT_FALSE(read.facts && read.codes == "facts") << name;
    EXPECT_NE(read.codes, "scan_incomplete") << name;
    EXPECT_TRUE(answers_within(document, 64ULL << 20)) << name;
  }
}

TEST(D03LargeDocuments, ThatAreHonestAreRead) {
  const std::string clause = "<條列 序號=\"一、\"><文字>" + repeated("依", 300) + "</文字></條列>";
  const std::string large = replaced(letter(), "    <條列 序號=\"三、\">",
                                     repeated(clause, 3500) + "    <條列 序號=\"三、\">");
  ASSERT_GT(large.size(), 3'000'000U);
  EXPECT_EQ(read_as(PartKind::kDi, large).codes, "facts");
}

// One document, two readings: refused, or read by us in the one way that the standard knows.
using Documents = std::vector<std::pair<const char*, std::string>>;

void expect_refused(const Documents& documents) {
  for (const auto& [name, document] : documents) {
    const Read read = read_as(PartKind::kDi, document);
    EXPECT_NE(read.codes, "facts") << name;
    EXPECT_NE(read.codes, "scan_incomplete") << name;
  }
}

TEST(D09AmbiguousDocuments, AreRefusedByTheirEncoding) {
  const std::string plain = letter();
  const std::string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
  const auto declared = [&](const std::string& other) {
    return replaced(plain, declaration, other);
  };
  const auto in_utf16 = [](const std::string& ascii, bool bom) {
    std::string wide = bom ? "\xff\xfe" : "";
    for (const char c : ascii) wide += std::string{c, '\0'};
    return wide;
  };
  expect_refused({
      {"utf-8 called big5", declared("<?xml version=\"1.0\" encoding=\"Big5\"?>")},
      {"utf-8 called latin", declared("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>")},
      {"utf-8 called utf-16", declared("<?xml version=\"1.0\" encoding=\"UTF-16\"?>")},
      {"utf-8 called utf-7", declared("<?xml version=\"1.0\" encoding=\"UTF-7\"?>")},
      {"utf-8 called ebcdic", declared("<?xml version=\"1.0\" encoding=\"IBM037\"?>")},
      {"mark of utf-8 and big5",
       "\xef\xbb\xbf" + declared("<?xml version=\"1.0\" encoding=\"Big5\"?>")},
      {"two marks", "\xef\xbb\xbf\xef\xbb\xbf" + plain},
      {"mark of utf-16 before utf-8", "\xff\xfe" + plain},
      {"utf-16", in_utf16("<?xml version=\"1.0\"?><a/>", true)},
      {"utf-16 without mark", in_utf16("<?xml version=\"1.0\"?><a/>", false)},
      {"mark of utf-32", std::string("\xff\xfe\0\0", 4) + plain},
      {"overlong", letter_saying("\xc0\xbc")},
      {"lone surrogate", letter_saying("\xed\xa0\x80")},
      {"cut off", letter_saying("\xe4\xb8")}});
}

TEST(D09AmbiguousDocuments, AreRefusedByTheirStructure) {
  const std::string plain = letter();
  const std::string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
  const auto declared = [&](const std::string& other) {
    return replaced(plain, declaration, other);
  };
  expect_refused({
      {"declaration twice", declaration + plain},
      {"declaration after a space", " " + plain},
      {"declaration after a comment", "<!-- -->" + plain},
      {"xml 1.1", declared("<?xml version=\"1.1\" encoding=\"UTF-8\"?>")},
      {"another doctype", declared(declaration + "<!DOCTYPE 函 SYSTEM \"104_2_utf8.dtd\">")},
      {"doctype in lower case", replaced(plain, "<!DOCTYPE", "<!doctype")},
      {"doctype of another root", replaced(plain, "<!DOCTYPE 函 ", "<!DOCTYPE 令 ")},
      {"doctype in a comment", replaced(replaced(plain, "<!DOCTYPE", "<!-- <!DOCTYPE"), "]>\n<函",
                                        "]> -->\n<函")},
      {"doctype after the root", replaced(plain, "</函>", "</函><!DOCTYPE 函 SYSTEM \"x\">")},
      {"second root", plain + replaced(plain, declaration, "")},
      {"text behind", plain + "x"},
      {"nul behind", plain + std::string(1, '\0')},
      {"attribute twice", replaced(plain, "<函類別 代碼=\"函\"/>",
                                   "<函類別 代碼=\"函\" 代碼=\"書函\"/>")},
      {"attribute twice by prefix",
       replaced(plain, "<函類別 代碼=\"函\"/>",
                "<函類別 xmlns:a=\"u\" xmlns:b=\"u\" a:x=\"1\" b:x=\"2\" 代碼=\"函\"/>")},
      {"lt redefined", letter_declaring("<!ENTITY lt \"x\">")},
      {"amp redefined", letter_declaring("<!ENTITY amp \"x\">")},
      {"attribute default", letter_declaring("<!ATTLIST 速別 代碼 CDATA \"最速件\">")},
      {"element redefined", letter_declaring("<!ELEMENT 主旨 ANY>")},
      {"ignored section", letter_declaring("<![IGNORE[ <!ENTITY a \"b\"> ]]>")},
      {"reference to nul", letter_saying("&#0;")},
      {"reference to a control", letter_saying("&#8;")},
      {"reference to a surrogate", letter_saying("&#xD800;")},
      {"reference beyond unicode", letter_saying("&#x110000;")},
      {"reference without end", letter_saying("&#x41")},
      {"processing instruction", letter_saying("<?php 1 ?>")},
      {"cdata end alone", letter_saying("]]>")}});
}

TEST(D09DifferentSpellings, OfOneDocumentSayTheSame) {
  const std::string plain = letter();
  const Read wanted = read_as(PartKind::kDi, plain);
  ASSERT_EQ(wanted.codes, "facts");
  std::string crlf;
  for (const char c : plain) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  for (const auto& [name, document] : std::vector<std::pair<const char*, std::string>>{
           {"mark of utf-8", "\xef\xbb\xbf" + plain},
           {"crlf", crlf},
           {"without declaration",
            replaced(plain, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "")},
           {"comment", replaced(plain, "<主旨>", "<!-- > --><主旨>")},
           {"reference for a character", replaced(plain, "<文字>檢送", "<文字>&#x6aa2;送")},
           {"cdata", replaced(plain, "<文字>檢送", "<文字><![CDATA[檢]]>送")},
           {"white space", replaced(plain, "<主旨>", "\n\t <主旨>")}}) {
    const Read read = read_as(PartKind::kDi, document);
    EXPECT_EQ(read.codes, "facts") << name;
    EXPECT_EQ(read.facts, wanted.facts) << name;
  }
}

}  // namespace
}  // namespace yizhan
