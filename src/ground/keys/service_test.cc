#include "ground/keys/service.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <iostream>
#include <sstream>

#include "ground/json/json.h"
#include "ground/keys/keyholder.h"
#include "ground/keys/software_module.h"
#include "tests/support/clause.h"
#include "tests/support/key_folder.h"
#include "tests/support/openssl_command.h"

namespace yizhan {
namespace {

KeyGrant grant(std::string_view text) { return KeyGrant::parse(text).value(); }

class KeyholderServiceTest : public testing::Test {
 protected:
  KeyholderServiceTest()
      : sign_(put("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign)),
        tls_(put("centre-tls", KeyKind::kEcP384, CertificateUsage::kTls)),
        open_(put("agency-open", KeyKind::kRsa, CertificateUsage::kEncrypt)) {
    write_private(folder_ / "passphrase", "correct horse");
  }

  SoftwareKey put(const std::string& name, KeyKind kind, CertificateUsage usage) {
    SoftwareKey key = authority_.issue({.subject = name, .kind = kind, .usage = usage});
    put_key(folder_ / "keys", name, key, "correct horse");
    return key;
  }

  CryptoModules modules() const {
    CryptoModules modules;
    modules.push_back(std::make_unique<SoftwareModule>(
        SoftwareModule::Settings{.folder = folder_ / "keys",
                                 .passphrase_file = folder_ / "passphrase",
                                 .label = "module",
                                 .serial = "SW-0001"}));
    return modules;
  }
  std::vector<KeyCaller> callers() const {
    return {{.name = "terminal",
             .socket = folder_ / "terminal.sock",
             .uids = {::geteuid()},
             .grants = {grant("agency-sign:sign:document"), grant("agency-open:decrypt")}},
            {.name = "exchange",
             .socket = folder_ / "exchange.sock",
             .uids = {::geteuid()},
             .grants = {grant("centre-tls:sign:tls"), grant("lost:sign:log")}},
            {.name = "stranger",
             .socket = folder_ / "stranger.sock",
             .uids = {::geteuid() + 1},
             .grants = {grant("agency-sign:sign:document")}}};
  }

  void start() {
    journal_ = std::make_unique<UseJournal>(folder_ / "uses", clock_);
    service_ = std::make_unique<KeyholderService>(modules(), callers(), *journal_);
  }
  void stop() {
    service_.reset();
    journal_.reset();
  }

  // The whole keyholder as a process of its own.
  pid_t start_process() {
    const pid_t child = ::fork();
    if (child != 0) return child;
    try {
      start();
    } catch (const std::exception& accident) {
      std::cerr << accident.what() << "\n";
      ::_exit(1);
    }
    while (true) ::pause();
  }

  std::vector<Json> journal_lines() const {
    std::vector<Json> lines;
    for (const auto& file : std::filesystem::directory_iterator(folder_ / "uses")) {
      std::istringstream text(read_file(file.path()));
      for (std::string line; std::getline(text, line);) {
        lines.push_back(parse_json(bytes_of(line)).value());
      }
    }
    return lines;
  }

  TemporaryFolder folder_;
  SystemClock clock_;
  TestAuthority authority_;
  SoftwareKey sign_;
  SoftwareKey tls_;
  SoftwareKey open_;
  std::unique_ptr<UseJournal> journal_;
  std::unique_ptr<KeyholderService> service_;
  const Bytes digest_ = Bytes(32, 7);
};

TEST_F(KeyholderServiceTest, SignsForItsCaller) {
  start();
  Keyholder keyholder(folder_ / "terminal.sock");
  const auto key = keyholder.signing_key("agency-sign");
  ASSERT_TRUE(key) << key.refusal().detail;
  EXPECT_EQ((*key)->certificate(), sign_.certificate());
  const auto signature = (*key)->sign(digest_, KeyUse::kDocument);
  ASSERT_TRUE(signature) << signature.refusal().detail;
  EXPECT_TRUE(verify_signature(sign_.certificate(), (*key)->scheme(), digest_, *signature));
}

TEST_F(KeyholderServiceTest, OpensWhatWasSealedToItsCallersKey) {
  CLAUSE("五(六)");
  start();
  Keyholder keyholder(folder_ / "terminal.sock");
  const auto block = wrap_key(bytes_of("{\"content_key\":1}"), open_.certificate());
  ASSERT_TRUE(block);
  const auto key = keyholder.decryption_key_for(open_.certificate().sha256());
  ASSERT_TRUE(key) << key.refusal().detail;
  const auto opened = unwrap_key(*block, **key);
  ASSERT_TRUE(opened) << opened.refusal().detail;
  EXPECT_EQ(text_of(opened->view()), "{\"content_key\":1}");
  // Every opening stands in the journal with the kind and serial of its module.
  const Json line = journal_lines().back();
  EXPECT_EQ(line.at("operation"), "decrypt_oaep");
  EXPECT_EQ(line.at("module_kind"), "software");
  EXPECT_EQ(line.at("module_serial"), "SW-0001");
  EXPECT_EQ(line.at("certificate_sha256"), open_.certificate().sha256().hex());
}

TEST_F(KeyholderServiceTest, ShowsACallerOnlyItsOwnKeys) {
  start();
  Keyholder exchange(folder_ / "exchange.sock");
  const auto keys = exchange.list();
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 1);
  EXPECT_EQ(keys->front().name, "centre-tls");
  EXPECT_EQ(keys->front().operations, std::set{KeyOperation::kSign});
  EXPECT_EQ(exchange.signing_key("agency-sign").reason(), Reason::kKeyUnknown);
  EXPECT_EQ(exchange.decryption_key("centre-tls").reason(), Reason::kKeyUnknown);
}

TEST_F(KeyholderServiceTest, RefusesAnotherCallersKeyAndAnotherUse) {
  start();
  Keyholder exchange(folder_ / "exchange.sock");
  const auto tls = exchange.signing_key("centre-tls");
  ASSERT_TRUE(tls);
  EXPECT_EQ((*tls)->sign(Bytes(48), KeyUse::kEvidence).reason(), Reason::kKeyForbidden);
  EXPECT_TRUE((*tls)->sign(Bytes(48), KeyUse::kTls));

  const auto ask = [&](const KeyRequest& request) {
    const Descriptor line = connect_unix(folder_ / "exchange.sock");
    const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    EXPECT_FALSE(send_frame(line.get(), encode(request), soon));
    return parse_answer(std::get<SecretBytes>(receive_frame(line.get(), soon)).view());
  };
  EXPECT_EQ(ask(SignRequest{"agency-sign", KeyUse::kDocument, digest_}).reason(),
            Reason::kKeyForbidden);
  EXPECT_EQ(ask(DecryptRequest{"agency-open", Bytes(384)}).reason(), Reason::kKeyForbidden);
  EXPECT_EQ(ask(AgreeRequest{"centre-tls", Bytes(97)}).reason(), Reason::kKeyForbidden);
  EXPECT_EQ(ask(SignRequest{"lost", KeyUse::kLog, digest_}).reason(), Reason::kKeyUnknown);
  EXPECT_EQ(ask(SignRequest{"centre-tls", KeyUse::kTls, digest_}).reason(), Reason::kMalformed);
}

TEST_F(KeyholderServiceTest, TurnsAwayAnotherUid) {
  start();
  Keyholder stranger(folder_ / "stranger.sock");
  EXPECT_EQ(stranger.list().reason(), Reason::kKeyholderUnavailable);
}

TEST_F(KeyholderServiceTest, ClosesTheConnectionOnWhatIsNotARequest) {
  start();
  for (const Bytes& sent : {Bytes{0, 0, 0, 1, 99}, Bytes{0, 1, 0, 1}, Bytes{0, 0, 0, 0},
                            Bytes{0xff, 0xff, 0xff, 0xff}, Bytes{0, 0, 0, 2, 1, 1}}) {
    const Descriptor line = connect_unix(folder_ / "terminal.sock");
    ASSERT_EQ(::send(line.get(), sent.data(), sent.size(), 0), static_cast<ssize_t>(sent.size()));
    const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    EXPECT_EQ(std::get<FrameFailure>(receive_frame(line.get(), soon)), FrameFailure::kClosed);
  }
  Keyholder keyholder(folder_ / "terminal.sock");
  EXPECT_TRUE(keyholder.list());
}

TEST_F(KeyholderServiceTest, JournalsEveryUseDoneOrRefused) {
  start();
  Keyholder terminal(folder_ / "terminal.sock");
  const auto key = terminal.signing_key("agency-sign");
  ASSERT_TRUE(key);
  std::atomic<int> done = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 25; ++i) {
          done += (*key)->sign(digest_, KeyUse::kDocument).ok();
          refused += !(*key)->sign(digest_, KeyUse::kDirectory).ok();
        }
      });
    }
  }
  EXPECT_EQ(done, 200);
  EXPECT_EQ(refused, 200);
  std::map<std::string, int> outcomes;
  std::set<std::uint64_t> counts;
  for (const Json& line : journal_lines()) {
    ++outcomes[line.at("outcome").get<std::string>()];
    counts.insert(line.at("count").get<std::uint64_t>());
    EXPECT_EQ(line.at("input_sha256"), sha256(digest_).hex());
  }
  EXPECT_EQ(outcomes, (std::map<std::string, int>{{"done", 200}, {"key_forbidden", 200}}));
  EXPECT_EQ(counts.size(), 400);
  EXPECT_EQ(*counts.rbegin(), 400);

  const auto status = terminal.status();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->uses_total, 400);
  ASSERT_EQ(status->uses.size(), 1);
  EXPECT_EQ(status->uses.front().done, 200);
  EXPECT_EQ(status->uses.front().refused, 200);
  EXPECT_EQ(status->modules.front().description.serial, "SW-0001");
}

TEST_F(KeyholderServiceTest, IsFoundAgainAfterAKill) {
  pid_t process = start_process();
  Keyholder keyholder(folder_ / "terminal.sock");
  const auto comes_up = [&] {
    for (int i = 0; i < 500 && !keyholder.list(); ++i) ::usleep(20'000);
    return keyholder.list().ok();
  };
  ASSERT_TRUE(comes_up());
  const auto key = keyholder.signing_key("agency-sign");
  ASSERT_TRUE(key);
  ASSERT_TRUE((*key)->sign(digest_, KeyUse::kDocument));

  ::kill(process, SIGKILL);
  ::waitpid(process, nullptr, 0);
  EXPECT_EQ((*key)->sign(digest_, KeyUse::kDocument).reason(), Reason::kKeyholderUnavailable);

  process = start_process();
  ASSERT_TRUE(comes_up());
  EXPECT_TRUE((*key)->sign(digest_, KeyUse::kDocument));
  EXPECT_EQ(keyholder.status()->uses_total, 2);
  ::kill(process, SIGKILL);
  ::waitpid(process, nullptr, 0);
}

TEST_F(KeyholderServiceTest, HandsOutNoSignatureThatItsCertificateDoesNotConfirm) {
  // A module that has come to use another key under the same name: the client must notice.
  start();
  Keyholder keyholder(folder_ / "terminal.sock");
  const auto key = keyholder.signing_key("agency-sign");
  ASSERT_TRUE(key);
  put("agency-sign", KeyKind::kEcP256, CertificateUsage::kSign);
  service_->reload();
  EXPECT_EQ((*key)->sign(digest_, KeyUse::kDocument).reason(), Reason::kKeyholderUnavailable);
  const auto renewed = keyholder.signing_key("agency-sign");
  ASSERT_TRUE(renewed);
  EXPECT_TRUE((*renewed)->sign(digest_, KeyUse::kDocument));
}

TEST_F(KeyholderServiceTest, WaitsForItsPassphraseAndGoesOnByItself) {
  write_private(folder_ / "passphrase", "wrong");
  start();
  Keyholder keyholder(folder_ / "terminal.sock");
  EXPECT_EQ(keyholder.status()->modules.front().waiting, Waiting::kPin);
  write_private(folder_ / "passphrase", "correct horse");
  service_->tend();
  EXPECT_EQ(keyholder.status()->modules.front().waiting, Waiting::kNothing);
  EXPECT_TRUE(keyholder.signing_key("agency-sign"));
}

TEST_F(KeyholderServiceTest, AnswersWhatIsUnderWayWhenItStops) {
  start();
  Keyholder keyholder(folder_ / "terminal.sock");
  const auto key = keyholder.signing_key("agency-sign");
  ASSERT_TRUE(key);
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        while ((*key)->sign(digest_, KeyUse::kDocument)) ++done;
      });
    }
    ::usleep(200'000);
    stop();
  }
  EXPECT_GT(done, 0);
  EXPECT_EQ(journal_lines().size(), static_cast<std::size_t>(done));
}

TEST_F(KeyholderServiceTest, MeasuresOneSignature) {
  start();
  Keyholder keyholder(folder_ / "terminal.sock");
  const auto key = keyholder.signing_key("agency-sign");
  ASSERT_TRUE(key);
  constexpr int kCalls = 500;
  const auto mean_of = [&](const std::function<void()>& call) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kCalls; ++i) call();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
               .count() /
           kCalls;
  };
  const double remote = mean_of([&] { EXPECT_TRUE((*key)->sign(digest_, KeyUse::kDocument)); });
  const double local = mean_of([&] { EXPECT_TRUE(sign_.sign(digest_, KeyUse::kDocument)); });
  const Bytes signature = sign_.sign(digest_, KeyUse::kDocument).value();
  const double verified = mean_of([&] {
    EXPECT_TRUE(verify_signature(sign_.certificate(), sign_.scheme(), digest_, signature));
  });
  std::cout << "P-256: " << remote << " us remote = " << local << " sign + " << verified
            << " verify + " << remote - local - verified << " asking and journal\n";
}

// The right to a key is one to all its generations, and no right to renew it.
TEST_F(KeyholderServiceTest, RenewsForWhoMayRenewAndServesBothGenerations) {
  CLAUSE("五(六)");
  std::vector<KeyCaller> all = callers();
  all.push_back({.name = "operator",
                 .socket = folder_ / "operator.sock",
                 .uids = {::geteuid()},
                 .grants = {grant("agency-sign:renew")}});
  journal_ = std::make_unique<UseJournal>(folder_ / "uses", clock_);
  service_ = std::make_unique<KeyholderService>(modules(), all, *journal_);
  Keyholder terminal(folder_ / "terminal.sock"), people(folder_ / "operator.sock");
  EXPECT_EQ(terminal.prepare("agency-sign", "agency-sign").reason(), Reason::kKeyForbidden);
  EXPECT_EQ(people.prepare("agency-open", "agency-sign").reason(), Reason::kKeyForbidden);

  EXPECT_EQ(people.prepare("agency-sign", "agency-open").reason(), Reason::kKeyUnknown);

  const auto next = people.prepare("agency-sign", "agency-sign");
  ASSERT_TRUE(next) << next.refusal().detail;
  const auto vouched = cms_verify(next->vouched, 1U << 16);
  ASSERT_TRUE(vouched);
  EXPECT_EQ(vouched->content, next->request);
  EXPECT_EQ(vouched->signer, sign_.certificate());
  // The right to renew is none to sign.
  EXPECT_EQ(people.signing_key("agency-sign").reason(), Reason::kKeyUnknown);
  OpensslCommand openssl;
  openssl.write("request.csr", bytes_of(request_pem(next->request)));
  ASSERT_TRUE(openssl.run({"req", "-in", "request.csr", "-pubkey", "-noout", "-out", "k.pem"}));
  ASSERT_TRUE(
      openssl.run({"pkey", "-pubin", "-in", "k.pem", "-outform", "DER", "-out", "k.der"}));
  const Certificate certificate =
      authority_.certify({.subject = "agency-sign"}, openssl.read("k.der"));
  EXPECT_EQ(terminal.install("agency-sign", certificate).reason(), Reason::kKeyForbidden);
  EXPECT_EQ(people.install("agency-sign", certificate).value(), "agency-sign@2");

  const auto generations = terminal.signing_keys("agency-sign");
  ASSERT_TRUE(generations);
  ASSERT_EQ(generations->size(), 2);
  EXPECT_EQ(generations->front()->certificate(), sign_.certificate());
  EXPECT_EQ(generations->back()->certificate(), certificate);
  for (const auto& key : *generations) EXPECT_TRUE(key->sign(digest_, KeyUse::kDocument));
  EXPECT_EQ(generations->back()->sign(digest_, KeyUse::kLog).reason(), Reason::kKeyForbidden);
  stop();
  std::map<std::string, int> lines;
  for (const Json& line : journal_lines()) {
    ++lines[line.at("operation").get<std::string>() + " " + line.at("outcome").get<std::string>()];
  }
  EXPECT_EQ(lines["prepare done"], 1);
  EXPECT_EQ(lines["prepare key_forbidden"], 2);
  EXPECT_EQ(lines["prepare key_unknown"], 1);
  EXPECT_EQ(lines["sign done"], 3) << "the request's signature has its line";
  EXPECT_EQ(lines["install done"], 1);
}

}  // namespace
}  // namespace yizhan
