#include "model/content/content.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zip.h>

#include <iostream>

#include "ground/antivirus/antivirus.h"
#include "ground/confine/confine.h"
#include "tests/support/clamd.h"
#include "tests/support/clause.h"
#include "tests/support/zip_maker.h"

namespace yizhan {
namespace {

using namespace std::literals;

class Part {
 public:
  explicit Part(std::string_view content) : descriptor_(memfd_create("part", MFD_CLOEXEC)) {
    EXPECT_EQ(write(descriptor_, content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
  }
  explicit Part(ByteView content) : Part(text_of(content)) {}
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  ~Part() { close(descriptor_); }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// Mime type and flags, or the code of the refusal.
std::string said(const Result<ContentFacts>& facts) {
  if (!facts.ok()) {
    EXPECT_FALSE(facts.refusal().detail.empty());
    return std::string(code_of(facts.reason()));
  }
  return facts->mime + (facts->preferred ? " preferred" : "") +
         (facts->active_content ? " active" : "") + (facts->is_archive ? " archive" : "");
}

template <class Content>
std::string judged(std::string_view name, const Content& content,
                   const ContentPolicy& policy = {}) {
  return said(judge_part(name, Part(content).get(), policy));
}

// As office programs write it: by libzip, "mimetype" first and stored.
Bytes odf_by_libzip(const std::string& mime, const std::string& more_name = "content.xml",
                    const std::string& more = "<office:document/>") {
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, nullptr);
  zip_source_keep(target);
  zip_t* archive = zip_open_from_source(target, ZIP_CREATE, nullptr);
  const auto add = [&](const std::string& name, const std::string& content, zip_int32_t method) {
    zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 0);
  };
  add("mimetype", mime, ZIP_CM_STORE);
  add(more_name, more, ZIP_CM_DEFLATE);
  zip_close(archive);
  zip_source_open(target);
  Bytes made(1U << 20);
  made.resize(static_cast<std::size_t>(zip_source_read(target, made.data(), made.size())));
  zip_source_close(target);
  zip_source_free(target);
  return made;
}

const std::string kOdtMime = "application/vnd.oasis.opendocument.text";

std::string pdf(const std::string& catalog_more = "") {
  return "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R" + catalog_more +
         ">>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
         "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>\nendobj\n"
         "trailer\n<</Root 1 0 R/Size 4>>\n%%EOF\n";
}

std::string png(std::uint32_t width, std::uint32_t height) {
  const auto number = [](std::uint32_t value) {
    std::string octets;
    for (int shift = 24; shift >= 0; shift -= 8) octets += static_cast<char>(value >> shift);
    return octets;
  };
  return "\x89PNG\r\n\x1a\n" + number(13) + "IHDR" + number(width) + number(height) +
         "\x08\x02\0\0\0"s + number(0) + number(0) + "IEND" + number(0);
}

const std::string kGif = "GIF89a\x10\0\x10\0\0\0\0;"s;
const std::string kJpeg =
    "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    "\xff\xc0\0\x0b\x08\0\x10\0\x10\1\1\x11\0\xff\xd9"s;
const std::string kTiff =
    "II*\0\x08\0\0\0\2\0\0\1\3\0\1\0\0\0\x10\0\0\0\1\1\3\0\1\0\0\0\x10\0\0\0\0\0\0\0"s;
const std::string kOle = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + std::string(600, '\0');
const std::string kDi =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<!DOCTYPE 函 SYSTEM \"104_2_utf8.dtd\">\n<函><主旨>測試</主旨></函>";

// A tar.gz or 7z with one member, its name in Chinese.
Bytes by_libarchive(bool seven_zip) {
  const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  const locale_t before = uselocale(utf8);
  Bytes made(65536);
  std::size_t used = 0;
  archive* writer = archive_write_new();
  if (seven_zip)
    archive_write_set_format_7zip(writer);
  else
    archive_write_set_format_gnutar(writer);
  if (!seven_zip) archive_write_add_filter_gzip(writer);
  archive_write_open_memory(writer, made.data(), made.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "附件/公文.txt");
  archive_entry_set_size(entry, 4);
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, "text", 4);
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  uselocale(before);
  freelocale(utf8);
  made.resize(used);
  return made;
}

Bytes office(const std::string& main_part, const std::string& more = "docProps/app.xml") {
  return zip_of(
      {packed("[Content_Types].xml", "<Types/>"), packed(main_part, "<a/>"), packed(more, "more")});
}

const std::string kOffice = "application/vnd.openxmlformats-officedocument.";

TEST(Content, KnowsTheAllowedTypes) {
  CLAUSE("五(二)6");
  EXPECT_EQ(judged("公文.odt", odf_by_libzip(kOdtMime)), kOdtMime + " preferred archive");
  EXPECT_EQ(judged("a.ods", odf_by_libzip("application/vnd.oasis.opendocument.spreadsheet")),
            "application/vnd.oasis.opendocument.spreadsheet preferred archive");
  EXPECT_EQ(judged("公文.PDF", pdf()), "application/pdf preferred");
  EXPECT_EQ(judged("a.txt", "公文電子交換\n"s), "text/plain");
  EXPECT_EQ(judged("a.txt", "1"s), "text/plain");
  EXPECT_EQ(judged("a.txt", ""s), "application/x-empty");
  EXPECT_EQ(judged("a.csv", "姓名,單位\n王,部\n李,處\n"s), "text/csv");
  EXPECT_EQ(judged("a.json", "{\"a\":1}"s), "application/json");
  EXPECT_EQ(judged("a.png", png(100, 100)), "image/png");
  EXPECT_EQ(judged("a.gif", kGif), "image/gif");
  EXPECT_EQ(judged("a.jpeg", kJpeg), "image/jpeg");
  EXPECT_EQ(judged("a.tif", kTiff), "image/tiff");
  EXPECT_EQ(judged("a.zip", zip_of({packed("a", "a")})), "application/zip archive");
  EXPECT_EQ(judged("a.docx", office("word/document.xml")),
            kOffice + "wordprocessingml.document archive");
  EXPECT_EQ(judged("a.xlsx", office("xl/workbook.xml")), kOffice + "spreadsheetml.sheet archive");
  EXPECT_EQ(judged("a.pptx", office("ppt/presentation.xml")),
            kOffice + "presentationml.presentation archive");
  EXPECT_EQ(judged("a.doc", kOle), "application/x-ole-storage");
  EXPECT_EQ(judged("a.di", kDi), "text/xml");
  EXPECT_EQ(judged("a.sw", "<?xml version=\"1.0\"?><交換表單/>"s), "text/xml");
}

TEST(Content, RefusesWhatIsNotOnTheList) {
  for (const std::string name : {"a.exe", "a", "a.js", "a.html", "a.svg", "a.docm", "a.iso",
                                 "a.rar", "a.eml", "a.rtf", "a.pdf.exe"}) {
    EXPECT_EQ(judged(name, "text"s), "attachment_type") << name;
  }
  ContentPolicy strict;
  strict.extensions = {"odt", "pdf"};
  EXPECT_EQ(judged("a.zip", zip_of({packed("a", "a")}), strict), "attachment_type");
  EXPECT_EQ(judged("a.pdf", pdf(), strict), "application/pdf preferred");
}

TEST(Content, RefusesANameThatDisagreesWithTheBytes) {
  EXPECT_EQ(judged("a.pdf", kDi), "attachment_type");
  EXPECT_EQ(judged("a.png", kJpeg), "attachment_type");
  EXPECT_EQ(judged("a.txt", "<html><script>alert(1)</script></html>"s), "attachment_type");
  EXPECT_EQ(judged("a.txt", "#!/bin/sh\nls\n"s), "attachment_type");
  EXPECT_EQ(judged("a.xml", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"s), "attachment_type");
  EXPECT_EQ(judged("a.txt", "MZ\x90\0\3\0\0\0"s + std::string(100, '\0')), "attachment_type");
  EXPECT_EQ(judged("a.txt", "\0\xfe\xff\xff\xff\xfe\x41\x5a\xff\xff\xff"s), "attachment_type");
  EXPECT_EQ(judged("a.zip", odf_by_libzip(kOdtMime)), "attachment_type");
  EXPECT_EQ(judged("a.odt", zip_of({packed("a", "a")})), "attachment_type");
  EXPECT_EQ(judged("a.odt", office("word/document.xml")), "attachment_type");
  EXPECT_EQ(judged("a.docx", office("xl/workbook.xml")), "attachment_type");
  EXPECT_EQ(judged("a.zip", zip_of({packed("META-INF/MANIFEST.MF", "Main-Class: A")})),
            "attachment_type");
  EXPECT_EQ(judged("a.exe.pdf", pdf()), "attachment_type");
  EXPECT_EQ(judged("a.JS.pdf", pdf()), "attachment_type");
  EXPECT_EQ(judged("第1.2版.pdf", pdf()), "application/pdf preferred");
}

TEST(Content, RefusesATextThatDoesNotStayOne) {
  const std::string text(40'000, 'a');
  EXPECT_EQ(judged("a.txt", text + "\r\n\t公文"s), "text/plain");
  EXPECT_EQ(judged("a.txt", text + '\0'), "attachment_type");
  EXPECT_EQ(judged("a.csv", text + "\x7f" "ELF"), "attachment_type");
  EXPECT_EQ(judged("a.xml", "<?xml version=\"1.0\"?><a>" + text + "\1</a>"), "attachment_type");
}

TEST(Content, RefusesPolyglots) {
  const std::string zip(text_of(zip_of({packed("a.class", "code")})));
  EXPECT_EQ(judged("a.pdf", pdf() + zip), "attachment_type");
  EXPECT_EQ(judged("a.zip", pdf() + zip), "attachment_type");
  EXPECT_EQ(judged("a.gif", kGif + zip), "attachment_type");
  EXPECT_EQ(judged("a.png", png(1, 1) + zip), "attachment_type");
  EXPECT_EQ(judged("a.txt", "text\n" + zip), "attachment_type");
  EXPECT_EQ(judged("a.doc", kOle + zip), "attachment_type");
  EXPECT_EQ(judged("a.gif", kGif + "Rar!\x1a\x07\x01\0"s), "attachment_type");
  EXPECT_EQ(judged("a.jpg", kJpeg + std::string(2U << 20, 'x') + pdf()), "attachment_type");
  EXPECT_EQ(judged("a.pdf", "GIF89a" + pdf()), "attachment_type");
  EXPECT_EQ(judged("a.pdf", pdf() + std::string(2000, 'x')), "attachment_type");
  EXPECT_EQ(judged("a.zip", zip + "trailing"), "malformed");
}

TEST(Content, FlagsWhatIsActive) {
  EXPECT_EQ(judged("a.odt", odf_by_libzip(kOdtMime, "Basic/Standard/Module1.xml")),
            kOdtMime + " preferred active archive");
  EXPECT_EQ(judged("a.odt", odf_by_libzip(kOdtMime, "Scripts/python/a.py")),
            kOdtMime + " preferred active archive");
  EXPECT_EQ(judged("a.docx", office("word/document.xml", "word/vbaProject.bin")),
            kOffice + "wordprocessingml.document active archive");
  const std::string vba = "_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0"s;
  EXPECT_EQ(judged("a.doc", kOle + vba), "application/x-ole-storage active");
}

TEST(Content, FlagsActivePdfsEvenWhenTheyHideIt) {
  for (const std::string active :
       {"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>", "/OpenAction 9 0 R",
        "/AA<</O<</S/Launch/F(cmd.exe)>>>>", "/Names<</J#61va#53cript 5 0 R>>", "/JS 5 0 R",
        "/OpenAction\n<</S/URI>>"}) {
    EXPECT_EQ(judged("a.pdf", pdf(active)), "application/pdf preferred active") << active;
  }
  for (const std::string harmless :
       {"/OpenAction[3 0 R /Fit]", "/OpenAction [ 3 0 R /XYZ null null 0 ]", "/JSON 1",
        "/JS/Name"}) {
    EXPECT_EQ(judged("a.pdf", pdf(harmless)), "application/pdf preferred") << harmless;
  }
  const std::string hidden = "1 0 <</S/JavaScript/JS(x)>>";
  Bytes packed_objects(1000);
  uLongf size = packed_objects.size();
  compress(packed_objects.data(), &size, bytes_of(hidden).data(), hidden.size());
  const std::string stream =
      "/X>>endobj 7 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode>>stream\r\n" +
      std::string(text_of(packed_objects)).substr(0, size) + "\nendstream";
  EXPECT_EQ(judged("a.pdf", pdf(stream)), "application/pdf preferred active");
}

TEST(Content, RefusesPicturesThatWouldFloodMemory) {
  EXPECT_EQ(judged("a.png", png(65535, 65535)), "content_refused");
  EXPECT_EQ(judged("a.png", png(14'000, 14'000)), "image/png");
  std::string flood = kGif;
  flood.replace(6, 4, "\xff\xff\xff\xff");
  EXPECT_EQ(judged("a.gif", flood), "content_refused");
  flood = kJpeg;
  flood.replace(flood.find("\xff\xc0") + 5, 4, "\xff\xff\xff\xff");
  EXPECT_EQ(judged("a.jpg", flood), "content_refused");
  EXPECT_EQ(judged("a.png", png(0, 5)), "attachment_type");
}

TEST(Content, TakesTheInventoryOfArchives) {
  const Bytes inner = zip_of({packed("a.txt", "aaa")});
  const Part part(zip_of({packed("b.txt", "bb"), stored("inner.zip", text_of(inner))}));
  const Result<ContentFacts> facts = judge_part("a.zip", part.get(), {});
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->inventory, (ArchiveInventory{3, 5 + inner.size(), 2}));
  EXPECT_EQ(judged("a.odt", odf_by_libzip(kOdtMime, "content.xml", std::string(8U << 20, ' '))),
            "archive_limits");
  EXPECT_EQ(judged("a.odt",
                   odf_by_libzip(kOdtMime, "META-INF/manifest.xml", "<manifest:encryption-data/>")),
            "archive_encrypted");
  EXPECT_EQ(judged("a.zip", zip_of({packed("../a", "a")})), "content_refused");
}

// The whole judgement where it belongs: in a child that may do nothing.
class ConfinedJudgement : public ::testing::Test {
 protected:
  Result<ContentFacts> judge(std::string_view name, std::string_view content,
                             const ContentPolicy& policy = {}) {
    const Part part(content);
    const std::array files{part.get()};
    const Bytes answer =
        YZ_TRY(nursery_.run("judge_part", write_part_question(name, policy), files, {}));
    return parse_part_answer(answer);
  }

  Nursery nursery_ = Nursery::start({{"judge_part", answer_part_question, warm_content}});
};

TEST_F(ConfinedJudgement, SaysTheSameAsOutside) {
  const Bytes zip = zip_of({packed("b.txt", "bb"), packed("許可/a.txt", "a")});
  const std::vector<std::pair<std::string, std::string>> parts{
      {"公文.odt", std::string(text_of(odf_by_libzip(kOdtMime)))},
      {"a.pdf", pdf("/JS(x)")},
      {"a.txt", "text"},
      {"a.txt", ""},
      {"a.png", png(10, 10)},
      {"a.jpg", kJpeg},
      {"a.tif", kTiff},
      {"a.doc", kOle},
      {"a.di", kDi},
      {"a.zip", std::string(text_of(zip))},
      {"a.docx", std::string(text_of(office("word/document.xml")))},
      {"a.exe", "x"},
      {"\xff", "x"},
      {"a.zip", "PK\x03\x04 damaged"},
      {"a.7z", "7z\xbc\xaf\x27\x1c\0\4"s + std::string(100, 'x')},
      {"a.zip", std::string(text_of(zip_of({zeros("zeros", 64)})))},
      {"a.7z", std::string(text_of(by_libarchive(true)))},
      {"a.zip", std::string(text_of(zip_of({packed("a.tgz", text_of(by_libarchive(false)))})))},
      {"a.zip", std::string(text_of(zip_of({packed("a.xz",
                                                   "\xfd"
                                                   "7zXZ\0"s)})))},
  };
  for (const auto& [name, content] : parts) {
    const Result<ContentFacts> outside = judge_part(name, Part(content).get(), {});
    const Result<ContentFacts> inside = judge(name, content);
    ASSERT_EQ(outside.ok(), inside.ok()) << name << said(inside) << said(outside);
    if (outside.ok())
      EXPECT_EQ(*outside, *inside) << name;
    else
      EXPECT_EQ(outside.refusal(), inside.refusal()) << name;
  }
  const auto members_of = [&](std::string_view name, const Bytes& content) {
    const Result<ContentFacts> facts = judge(name, text_of(content));
    return facts.ok() ? std::to_string(facts->inventory.members) : said(facts);
  };
  EXPECT_EQ(members_of("a.7z", by_libarchive(true)), "1");
  EXPECT_EQ(members_of("a.zip", zip_of({packed("a.tgz", text_of(by_libarchive(false)))})), "2");
}

TEST_F(ConfinedJudgement, KeepsToThePolicyGiven) {
  ContentPolicy policy;
  policy.extensions = {"pdf"};
  EXPECT_EQ(said(judge("a.txt", "text", policy)), "attachment_type");
  policy = {};
  policy.archive.members_max = 1;
  const Bytes zip = zip_of({packed("a", "a"), packed("b", "b")});
  EXPECT_EQ(said(judge("a.zip", text_of(zip), policy)), "archive_limits");
  policy = {};
  policy.pixels_max = 99;
  EXPECT_EQ(said(judge("a.png", png(10, 10), policy)), "content_refused");
}

TEST_F(ConfinedJudgement, CostsLittle) {
  const std::string odt(text_of(odf_by_libzip(kOdtMime)));
  const auto begun = std::chrono::steady_clock::now();
  for (int part = 0; part < 50; ++part) ASSERT_TRUE(judge("a.odt", odt).ok());
  const auto spent = std::chrono::steady_clock::now() - begun;
  std::cout << "[ measured ] " << std::chrono::duration<double, std::milli>(spent).count() / 50
            << " ms a part\n";
}

TEST(PartAnswer, OfATakenOverChildIsNotBelieved) {
  for (const std::string_view answer :
       {"", "{}", "[]", "{\"facts\":{}}", "{\"refusal\":{}}", "{\"other\":1}",
        "{\"refusal\":{\"reason\":\"made_up\",\"detail\":\"\"}}",
        "{\"facts\":{\"extension\":\"txt\",\"mime\":\"application/pdf\",\"active_content\":false,"
        "\"is_archive\":false,\"members\":0,\"bytes\":0,\"depth\":0}}",
        "{\"facts\":{\"extension\":\"txt\",\"mime\":\"text/plain\",\"active_content\":false,"
        "\"is_archive\":false,\"members\":-1,\"bytes\":0,\"depth\":0}}"}) {
    EXPECT_EQ(said(parse_part_answer(bytes_of(answer))), "scan_incomplete") << answer;
  }
}

// What our own inventory passes, the engine looks into as well.
TEST(ContentAndEngine, FindTheTestVirusInEveryWrapping) {
  CLAUSE("五(二)7");
  const ClamdServer server;
  const Clamd clamd({.socket_path = server.socket_path(),
                     .answer_time_max = Milliseconds(5000),
                     .scan_time_max = Milliseconds(20'000),
                     .server_uid = std::nullopt});
  const std::string eicar = eicar_test_file();
  const Bytes zip = zip_of({packed("eicar.txt", eicar)});
  Bytes nested = zip;
  for (int depth = 2; depth <= 8; ++depth) nested = zip_of({packed("a.zip", text_of(nested))});
  const std::vector<std::pair<std::string, Bytes>> parts{
      {"eicar.txt", copy_of(bytes_of(eicar))},
      {"eicar.zip", zip},
      {"eicar.odt", odf_by_libzip(kOdtMime, "Basic/a.xml", eicar)},
      {"eicar.docx", office("word/document.xml")},
      {"nested.zip", nested},
  };
  for (const auto& [name, content] : parts) {
    const Part part(content);
    EXPECT_TRUE(judge_part(name, part.get(), {}).ok()) << name;
    const Result<ScanAnswer> answer = clamd.scan(part.get());
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->outcome, name == "eicar.docx" ? ScanOutcome::kClean : ScanOutcome::kInfected)
        << name;
  }
}

}  // namespace
}  // namespace yizhan
