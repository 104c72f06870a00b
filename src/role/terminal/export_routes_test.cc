#include <set>

#include "role/terminal/routes_test.h"
#include "tests/support/openssl_command.h"

namespace yizhan {
namespace {

class ExportApi : public TerminalApi {
 protected:
  // The same letter without attachments for the copy: two packages.
  std::string sent_letter_in_two() {
    const auto without = [](std::string text, const std::string& words) {
      return copy_of(bytes_of(text.erase(text.find(words), words.size())));
    };
    const auto text = [](const char* name) { return std::string(text_of(fixture(name))); };
    const std::string draft = letter_draft();
    put(draft, "1150001234.di", without(text("letter.di"), "    <含附件>含附件</含附件>\n"));
    put(draft, "1150001234.sw", without(text("letter.sw"), "  <含附件>含附件</含附件>\n"));
    return json_of(post("/drafts/" + draft + "/sending", letter_order(), "key-2")).at("id");
  }
  // As if the centre had accepted that package.
  void accept(const std::string& message) {
    database_.transact([&](Transaction& tx) {
      OutgoingPackage package = OutboxStore().find(tx, MessageId::parse(message).value()).value();
      package.state = PackageState::kAccepted;
      OutboxStore().save(tx, package);
      const Statement accepted{.type = EvidenceType::kSubmissionAcceptance,
                               .message = {own_, package.id},
                               .header_sha256 = package.header_sha256,
                               .actor = {exchange_.first.code,
                                         exchange_.first.evidence.certificate().sha256(),
                                         {},
                                         {}},
                               .recipient_count = 1,
                               .time = kTestNow};
      EvidenceStore().add(tx, sign_statement(accepted, exchange_.first.evidence).value(), false);
    });
  }
};

TEST_F(ExportApi, ExportsWhatThirdPartiesCanCheckWithPlainTools) {
  const std::string id = sent_letter();
  EXPECT_EQ(post("/documents/" + id + "/export", Json::object()).status, 409);
  seal();
  EXPECT_EQ(post("/documents/" + id + "/export", Json::object()).status, 409);
  accept(get("/documents/" + id).at("packages").at(0).at("message_id"));
  const Response made = post("/documents/" + id + "/export", Json::object());
  ASSERT_EQ(made.status, 201) << text_of(made.body);
  const Json list = json_of(made);
  EXPECT_EQ(get("/exports/" + list.at("export").get<std::string>()), list);
  EXPECT_EQ(get("/documents/" + id + "/history").at("items").at(0).at("kind"), "A.1");
  std::map<std::string, Bytes> files;
  for (std::size_t i = 0; i < list.at("files").size(); ++i) {
    const Json& file = list.at("files").at(i);
    const std::string path = "/api/v1/exports/" + list.at("export").get<std::string>() + "/files/";
    const Bytes bytes = ask(Method::kGet, path + std::to_string(i)).body;
    EXPECT_EQ(bytes.size(), file.at("size"));
    EXPECT_EQ(sha256(bytes).hex(), file.at("sha256"));
    files.emplace(file.at("name"), bytes);
  }
  const Json index = Json::parse(text_of(files.at("index.json")));
  EXPECT_EQ(index.at("files").size(), files.size() - 2);
  EXPECT_EQ(index.at("document_id"), id);
  const SealedHeader header = open_header(files.at("packages/01/header.p7m")).value();
  EXPECT_EQ(sha256(files.at("packages/01/manifest.json")), header.header.plaintext_root);
  EXPECT_EQ(files.at("parts/01/1150001234.di"), fixture("letter.di"));

  OpensslCommand openssl;
  openssl.write("ca.pem", bytes_of(exchange_.authority.root().pem() +
                                   std::string(text_of(files.at("certificates/01.pem")))));
  for (const std::string name : {"index.p7m", "packages/01/header.p7m"}) {
    openssl.write("signed", files.at(name));
    EXPECT_TRUE(openssl.run({"cms", "-verify", "-inform", "DER", "-in", "signed", "-CAfile",
                             "ca.pem", "-purpose", "any", "-out", "content"}))
        << name << openssl.log();
  }
  openssl.write("signed", files.at("index.p7m"));
  ASSERT_TRUE(openssl.run({"cms", "-verify", "-inform", "DER", "-in", "signed", "-CAfile",
                           "ca.pem", "-purpose", "any", "-out", "content"}));
  EXPECT_EQ(openssl.read("content"), files.at("index.json"));
}

TEST_F(ExportApi, ExportsNothingOfAPackageThatNeverLeft) {
  const std::string id = sent_letter_in_two();
  seal();
  const Json packages = get("/documents/" + id).at("packages");
  ASSERT_EQ(packages.size(), 2U);
  accept(packages.at(0).at("message_id"));
  const Response pending = post("/documents/" + id + "/export", Json::object());
  EXPECT_NE(json_of(pending).at("detail").get<std::string>().find("受理後"), std::string::npos);
  const Json wish = {{"kind", "stop"}, {"reason", "誤植"}, {"person", "王小明"}};
  // One ends here; nobody answers for the other.
  EXPECT_EQ(json_of(post("/documents/" + id + "/withdrawal", wish)).at("refused").size(), 1U);
  const Json made = json_of(post("/documents/" + id + "/export", Json::object()));
  std::set<std::string> folders;
  for (const Json& file : made.at("files")) {
    const std::string name = file.at("name");
    if (name.starts_with("packages/")) folders.insert(name.substr(0, 11));
  }
  EXPECT_EQ(folders, std::set<std::string>{"packages/01"});
}

TEST_F(ExportApi, ExportsWhatWasReceivedToo) {
  const std::string sent = sent_letter();
  seal();
  const std::string id = received_mail();
  EXPECT_EQ(post("/inbox/" + id + "/export", Json::object()).status, 409);
  // As if that letter had come from outside: what the terminal keeps of a package.
  database_.transact([&](Transaction& tx) {
    const auto package = OutboxStore().packages_of(tx, DocumentId::parse(sent).value()).at(0);
    const Envelope envelope = Envelope::parse(package.envelope).value();
    const Bytes kept = Consignment{{"lease", 1, kTestNow},
                                   envelope.header,
                                   place_leaves(envelope.leaves).at(0),
                                   {},
                                   envelope.groups,
                                   {}}
                           .json();
    objects_.put(sha256(kept), kept);
    Mail mail = InboxStore().find(tx, DeliveryId::parse(id).value()).value();
    mail.consignment = sha256(kept);
    InboxStore().save(tx, mail);
  });
  const Response made = post("/inbox/" + id + "/export", Json::object());
  EXPECT_EQ(made.status, 201) << text_of(made.body);
}

// The same files, and before them what makes one container of them; openssl takes its signature.
TEST_F(ExportApi, ExportsAsAContainerToo) {
  const std::string id = sent_letter();
  seal();
  accept(get("/documents/" + id).at("packages").at(0).at("message_id"));
  EXPECT_EQ(post("/documents/" + id + "/export?form=tar", Json::object()).status, 400);
  const Response made = post("/documents/" + id + "/export?form=asic-e", Json::object());
  ASSERT_EQ(made.status, 201) << text_of(made.body);
  const Json list = json_of(made);
  const std::string files = "/api/v1/exports/" + list.at("export").get<std::string>() + "/files/";
  const std::vector<std::string> first = {"mimetype", "META-INF/ASiCManifest001.xml",
                                          "META-INF/signature001.p7s"};
  OpensslCommand openssl;
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(list.at("files").at(i).at("name"), first[i]);
    openssl.write(std::to_string(i), ask(Method::kGet, files + std::to_string(i)).body);
  }
  EXPECT_EQ(text_of(openssl.read("0")), kContainerType);
  openssl.write("ca.pem", bytes_of(exchange_.authority.root().pem() +
                                   exchange_.authority.intermediate().pem()));
  EXPECT_TRUE(openssl.run({"cms", "-verify", "-binary", "-inform", "DER", "-in", "2", "-content",
                           "1", "-CAfile", "ca.pem", "-purpose", "any", "-out", "3", "-attime",
                           std::to_string(kTestNow.ms() / 1000)}))
      << openssl.log();
}

}  // namespace
}  // namespace yizhan
