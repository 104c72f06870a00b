#include <gtest/gtest.h>

#include <sstream>

#include "duty/connection/connection.h"
#include "ground/files/files.h"
#include "role/cli/cli.h"
#include "tests/support/clause.h"
#include "tests/support/small_exchange.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

struct Outcome {
  int exit;
  std::string out;
  std::string err;
};

// From the agency's key to the next edition of the directory, with files between.
class EnrolCommands : public ::testing::Test {
 protected:
  EnrolCommands() {
    write_durably(file("pass"), bytes_of("passphrase\n"));
    save("a", exchange_.a.sign);
    save("chen", exchange_.first.chen);
    save("management", exchange_.management);
    const Directory directory({1, begin_, begin_ + std::chrono::hours{24 * 30}},
                              exchange_.centres, exchange_.agencies);
    write_durably(file("directory.p7m"),
                  sign_directory(directory, exchange_.management, begin_).value());
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return (folder_ / name).string();
  }
  void save(const std::string& name, const SoftwareKey& key) {
    const SecretBytes secret(copy_of(bytes_of("passphrase")));
    write_durably(file(name + ".key"), key.private_key().pem(secret).view());
    write_durably(file(name + ".crt"), bytes_of(key.certificate().pem()));
  }
  static Outcome yizhan_says(std::vector<std::string> words) {
    std::ostringstream out, err;
    const int code = run_cli(std::move(words), {out, err, false});
    return {code, out.str(), err.str()};
  }
  Outcome with_key(std::vector<std::string> words, const std::string& name) const {
    words.insert(words.end(), {"--key", file(name + ".key"), "--certificate", file(name + ".crt"),
                               "--passphrase-file", file("pass")});
    return yizhan_says(std::move(words));
  }
  // 生效日 is past already, so that it may be drafted now.
  static std::vector<std::string> form(const std::string& command, const std::string& agency) {
    return {"enrol",    command, "--agency", agency,     "--effective", "2026-11-20",
            "--reason", "組織改造", "--person", "王大明", "--phone",     "02-2345-6789"};
  }
  Outcome review(const std::string& request) const {
    return with_key({"centre", "review", file(request), "--centre", "CENTRE-1", "--agreed",
                     "--person", "林維運", "--handling", "已電話核對指紋", "--into",
                     file("review.p7m")},
                    "chen");
  }
  // As management hands out what two of it have approved.
  void approve() {
    const Bytes cms = read_file(file("review.p7m"), SignedChangeReview::kBytesMax);
    const Json all = {{"format", "yizhan-approved-changes-1"},
                      {"items", Json::array({{{"case", "1"}, {"review", to_base64(cms)}}})}};
    write_durably(file("approved.json"), canonical_json(all));
  }
  Outcome draft(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"directory",    "draft",
                                   "--directory",  file("directory.p7m"),
                                   "--officer",    file("management.crt"),
                                   "--approved",   file("approved.json"),
                                   "--into",       file("directory.json")};
    words.insert(words.end(), more.begin(), more.end());
    return yizhan_says(std::move(words));
  }

  const Time begin_ = SystemClock().now() - std::chrono::hours{1};
  SmallExchange exchange_;
  TemporaryFolder folder_;
};

TEST_F(EnrolCommands, AChangeBecomesTheNextEditionOfTheDirectory) {
  CLAUSE("五(三)5");
  std::vector<std::string> words = form("request", "A01000000A");
  words.insert(words.end(), {"--name", "測試新部", "--address", "203.0.113.7", "--into",
                             file("request.p7m")});
  const Outcome asked = with_key(words, "a");
  ASSERT_EQ(asked.exit, 0) << asked.err;
  for (const char* part : {"連線異動申請表", "申請類別：資訊異動", "機關名稱：測試新部", "核對指紋"}) {
    EXPECT_NE(asked.out.find(part), std::string::npos) << part << "\n" << asked.out;
  }
  const Outcome shown = yizhan_says({"enrol", "show", file("request.p7m")});
  EXPECT_EQ(asked.out.find(shown.out), 0U) << "the centre reads what the agency read";
  ASSERT_EQ(review("request.p7m").exit, 0);
  approve();
  const Outcome drafted = draft();
  ASSERT_EQ(drafted.exit, 0) << drafted.err;
  EXPECT_NE(drafted.out.find("A01000000A 測試新部：addresses、name"), std::string::npos)
      << drafted.out;
  const Outcome signed_one = with_key(
      {"directory", "sign", file("directory.json"), "--into", file("2.p7m")}, "management");
  ASSERT_EQ(signed_one.exit, 0) << signed_one.err;
  const Directory next = verify_directory(read_file(file("2.p7m"), 1U << 20),
                                          {exchange_.management.certificate()})
                             .value();
  EXPECT_EQ(next.version(), 2);
  EXPECT_EQ(next.find(exchange_.a.code)->name, "測試新部");
  std::filesystem::rename(file("2.p7m"), file("directory.p7m"));
  EXPECT_EQ(draft().exit, 1) << "it is in effect";
}

TEST_F(EnrolCommands, AnAgencyNamesItsSupervisorInTheForm) {
  std::vector<std::string> words = form("request", "A01000000A");
  words.insert(words.end(), {"--supervisor", "B02000000B", "--into", file("request.p7m")});
  const Outcome asked = with_key(words, "a");
  ASSERT_EQ(asked.exit, 0) << asked.err;
  EXPECT_NE(asked.out.find("上級機關：B02000000B"), std::string::npos) << asked.out;
  ASSERT_EQ(review("request.p7m").exit, 0);
  approve();
  const Outcome drafted = draft();
  ASSERT_EQ(drafted.exit, 0) << drafted.err;
  EXPECT_NE(drafted.out.find("機關A01000000A：supervisor"), std::string::npos) << drafted.out;
}

TEST_F(EnrolCommands, TheDirectoryIsArrangedByWhoKeepsIt) {
  const auto arrange = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"directory", "arrange",   "--directory",
                                   file("directory.p7m"),    "--officer",
                                   file("management.crt"),   "--into",
                                   file("directory.json")};
    words.insert(words.end(), more.begin(), more.end());
    return yizhan_says(std::move(words));
  };
  write_durably(file("above.csv"), bytes_of("A01000000A,B02000000B\r\n\nD04000000D,C03000000C\n"));
  const Outcome done = arrange({"--supervisors", file("above.csv"), "--supervisor",
                                "B02000000B=C03000000C", "--supervisor", "D04000000D=",
                                "--centre", "CENTRE-1=self_managed:C03000000C", "--centre",
                                "CENTRE-2=shared"});
  ASSERT_EQ(done.exit, 0) << done.err;
  EXPECT_NE(done.out.find("CENTRE-1 CENTRE-1：kind、run_by"), std::string::npos) << done.out;
  const Directory next = Directory::parse(read_file(file("directory.json"), 1U << 20)).value();
  EXPECT_EQ(next.version(), 2);
  EXPECT_EQ(next.find(exchange_.a.code)->supervisor, exchange_.b.code);
  EXPECT_EQ(next.find(exchange_.b.code)->supervisor, exchange_.c.code);
  EXPECT_EQ(next.find(exchange_.d.code)->supervisor, std::nullopt);
  EXPECT_EQ(next.find(exchange_.first.code)->run_by, exchange_.c.code);
  const auto says = [&](const std::vector<std::string>& more, const std::string& word) {
    const Outcome refused = arrange(more);
    return refused.exit == 1 && refused.err.find(word) != std::string::npos;
  };
  EXPECT_TRUE(says({}, "沒有異動"));
  EXPECT_TRUE(says({"--supervisor", "A01000000A"}, "上級機關代碼"));
  EXPECT_TRUE(says({"--supervisor", "Z00000000Z=A01000000A"}, "Z00000000Z"));
  EXPECT_TRUE(says({"--supervisor", "A01000000A=Z00000000Z"}, "不在目錄中"));
  EXPECT_TRUE(says({"--supervisor", "A01000000A=B02000000B", "--supervisor",
                    "B02000000B=A01000000A"},
                   "上級"));
  EXPECT_TRUE(says({"--centre", "CENTRE-9=shared"}, "CENTRE-9"));
  EXPECT_TRUE(says({"--centre", "CENTRE-1"}, "self_built"));
  EXPECT_TRUE(says({"--centre", "CENTRE-1=self_built"}, "run_by"));
}

TEST_F(EnrolCommands, WhoeverMadeTheFileTheSignaturesAreJudgedAgain) {
  std::vector<std::string> words = form("request", "A01000000A");
  words.insert(words.end(), {"--name", "假部", "--into", file("request.p7m")});
  ASSERT_EQ(with_key(words, "chen").exit, 0) << "whose key it is, the directory knows";
  ASSERT_EQ(review("request.p7m").exit, 0);
  approve();
  const Outcome said = draft();
  EXPECT_EQ(said.exit, 1);
  EXPECT_NE(said.err.find("certificate_unregistered"), std::string::npos) << said.err;
  EXPECT_FALSE(std::filesystem::exists(file("directory.json")));
}

TEST_F(EnrolCommands, ANewAgencyMakesItsKeysAndComesWithItsCertificates) {
  CLAUSE("五(三)5");
  std::vector<std::string> words = form("new", "N09000000N");
  words.insert(words.end(), {"--name", "新機關", "--address", "203.0.113.70", "--centre",
                             "CENTRE-1", "--passphrase-file", file("pass"), "--into", file("n")});
  const Outcome made = yizhan_says(words);
  ASSERT_EQ(made.exit, 0) << made.err;
  EXPECT_EQ(yizhan_says(words).exit, 1) << "no key is written over";
  std::filesystem::rename(file("n") + "/request.p7m", file("request.p7m"));
  ASSERT_EQ(review("request.p7m").exit, 0);
  approve();
  const Outcome without = draft();
  EXPECT_NE(without.err.find("尚無憑證機關核發之憑證"), std::string::npos) << without.err;
  std::vector<std::string> issued;
  for (const auto& [name, usage] : {std::pair("sign", CertificateUsage::kSign),
                                    {"encrypt", CertificateUsage::kEncrypt},
                                    {"tls", CertificateUsage::kTls}}) {
    const Bytes pem = read_file(file("n") + "/" + name + ".key", 1U << 16);
    const SecretBytes secret(copy_of(bytes_of("passphrase")));
    const PrivateKey key = PrivateKey::parse_pem(pem, secret).value();
    const Certificate certificate =
        exchange_.authority.certify({.subject = name, .usage = usage}, key.public_key());
    write_durably(file(name) + ".crt", bytes_of(certificate.pem()));
    issued.insert(issued.end(), {"--issued", file(name) + ".crt"});
  }
  const Outcome drafted = draft(issued);
  EXPECT_EQ(drafted.exit, 0) << drafted.err;
  EXPECT_NE(drafted.out.find("N09000000N 新機關"), std::string::npos) << drafted.out;
}

TEST_F(EnrolCommands, SayWhatIsMissing) {
  std::vector<std::string> words = form("request", "A01000000A");
  words.insert(words.end(), {"--into", file("request.p7m")});
  EXPECT_NE(with_key(words, "a").err.find("form_invalid"), std::string::npos);
  words.insert(words.end(), {"--register", "sign"});
  EXPECT_NE(with_key(words, "a").err.find("bad_request"), std::string::npos);
  words.back() = "encrypt=" + file("chen.crt");
  EXPECT_EQ(with_key(words, "a").exit, 0);
  EXPECT_EQ(yizhan_says(words).exit, 1) << "nobody signs it";
}

}  // namespace
}  // namespace yizhan
