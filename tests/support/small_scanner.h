#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "ground/confine/confine.h"
#include "tests/support/clamd.h"
#include "tests/support/small_package.h"
#include "way/screen/screen.h"

// A scanner of a SmallExchange's first centre with a real engine, a real nursery and real packages
// from agency a, asked over its socket as an exchange asks.

namespace yizhan {

// For tests in which nobody listens.
class NoAlarm final : public Alarm {
  void malware_found(Transaction&, const StoredPackage&, const Verdict&) override {}
  void scanner_changed(Transaction&, const std::optional<Refusal>&) override {}
};

inline std::filesystem::path fresh_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "yizhan-scan-XXXXXX").string();
  YZ_ASSERT(::mkdtemp(name.data()) != nullptr);
  return name;
}

inline std::string document_fixture(const std::string& name) {
  const char* root = std::getenv("YIZHAN_SOURCE");
  const std::filesystem::path folder = root == nullptr ? "." : root;
  const Bytes bytes = read_file(folder / "tests/fixtures/documents/valid" / name, 1U << 20);
  return std::string(text_of(bytes));
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  YZ_ASSERT(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

struct TestPart {
  std::string name;
  PartKind kind;
  std::string content;
};

// A 書函 of agency a with one attachment of that name.
inline std::string letter_with(const std::string& attachment) {
  return replaced(replaced(document_fixture("104_utf8/split.di"), "T01000000A", "A01000000A"),
                  "1150001240-ATTCH1.pdf", attachment);
}

inline std::vector<TestPart> mail_with(const std::string& attachment, const std::string& content) {
  return {{"1150001240.di", PartKind::kDi, letter_with(attachment)},
          {"1150001240.sw", PartKind::kSw, document_fixture("104_utf8/split.sw")},
          {attachment, PartKind::kAttachment, content}};
}

// Sealed for its recipients (none: agency b) and their centres' scanners, as the sender's terminal
// does it.
inline TestPackage seal(SmallExchange& exchange, const std::vector<TestPart>& parts,
                        const std::function<void(Header&)>& change = {},
                        const std::vector<Addressee>& recipients = {}) {
  Manifest manifest{random_bytes(32), "主旨", "1150001240", "letter", "", {}};
  std::vector<FileHandle> files;
  for (const TestPart& part : parts) {
    const ByteView content = bytes_of(part.content);
    manifest.parts.push_back({part.name, "application/octet-stream", part.kind, content.size(),
                              sha256(content)});
    files.push_back(file_of(content));
  }
  Header header = header_for(exchange, {});
  TestPackage package{{{}, {}, header, exchange.a.sign.certificate(), kTestNow,
                       exchange.a.sign.scheme()}, {}, {},
                      random_bytes(kContentKeySize), manifest};
  FileHandle cipher = memory_file("body");
  const BodyFacts facts =
      write_body({package.key(), header.salt, header.context(), manifest}, files, cipher);
  header.commitment = facts.commitment;
  header.cipher_root = facts.cipher_root;
  header.plaintext_root = facts.plaintext_root;
  header.plain_length = facts.plain_length;
  package.body = cipher.read_at(0, cipher.size());
  package.envelope.groups = facts.groups;
  address(exchange, package, header,
          recipients.empty() ? std::vector{exchange.b.addressee()} : recipients);
  if (change) change(header);
  package.sealed = seal_header(header, exchange.a.sign, kTestNow).value();
  package.envelope.header = package.sealed.cms;
  return package;
}

// Agrees after the test has done what it wants to do at that moment.
class WatchedKey final : public DecryptionKey {
 public:
  WatchedKey(SoftwareKey key, std::function<void()> before)
      : key_(std::move(key)), before_(std::move(before)) {}
  [[nodiscard]] const Certificate& certificate() const override { return key_.certificate(); }
  [[nodiscard]] Result<SecretBytes> decrypt_oaep(ByteView ciphertext) override {
    return key_.decrypt_oaep(ciphertext);
  }
  [[nodiscard]] Result<SecretBytes> agree(ByteView peer_point) override {
    if (before_) before_();
    return key_.agree(peer_point);
  }

 private:
  SoftwareKey key_;
  std::function<void()> before_;
};

class KeysInMemory final : public ScannerKeys {
 public:
  explicit KeysInMemory(SoftwareKey key) : key_(std::move(key)) {}
  Result<ScannerKey> find(const Sha256& certificate) override {
    if (away) return Refusal{Reason::kKeyholderUnavailable, "金鑰服務未啟動"};
    if (certificate != key_.certificate().sha256()) return Reason::kKeyUnknown;
    return ScannerKey{std::make_shared<SoftwareKey>(key_),
                      std::make_shared<WatchedKey>(key_, before_opening)};
  }
  std::atomic<bool> away = false;
  std::function<void()> before_opening;

 private:
  SoftwareKey key_;
};

// Directory and trust as they lie on a scanner's disk.
class ScannerFiles {
 public:
  ScannerFiles(SmallExchange& exchange, Time lists_from)
      : folder_(fresh_folder()), exchange_(exchange) {
    for (const char* name : {"anchors", "intermediates", "revocation"}) {
      std::filesystem::create_directory(folder_ / name);
    }
    write_directory(1);
    write("anchors/root.pem", bytes_of(exchange.authority.root().pem()));
    write("intermediates/ca.pem", bytes_of(exchange.authority.intermediate().pem()));
    const Time until = lists_from + std::chrono::hours{24 * 7};
    write("revocation/ca.crl", exchange.authority.crl(lists_from, until));
    write("revocation/root.crl", exchange.authority.root_crl(lists_from, until));
  }
  ~ScannerFiles() { std::filesystem::remove_all(folder_); }
  ScannerFiles(const ScannerFiles&) = delete;
  ScannerFiles& operator=(const ScannerFiles&) = delete;

  void write_directory(std::int64_t version) {
    write("directory",
          sign_directory(exchange_.directory(version), exchange_.management, kTestNow).value());
  }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  void write(const std::string& name, ByteView bytes) const {
    write_durably(folder_ / name, bytes);
  }

  std::filesystem::path folder_;
  SmallExchange& exchange_;
};

struct ScannerWish {
  ScanPolicy policy;
  Time lists_from = kTestNow;  // of the revocation lists
};

// One scanner at work.
struct TestScanner {
  TestScanner(SmallExchange& exchange, Nursery& nursery, const std::string& clamd,
              ScannerWish wish)
      : files(exchange, wish.lists_from),
        directory(files.folder() / "directory", {exchange.management.certificate()}),
        trust(files.folder()),
        keys(exchange.first.scanner),
        inspector(nursery),
        engine({.socket_path = clamd,
                .answer_time_max = std::chrono::seconds{1},
                .scan_time_max = std::chrono::seconds{20},
                .server_uid = std::nullopt}),
        desk({exchange.first.code, keys, directory, trust, inspector, engine, clock,
              [this](const ScanReport& report) {
                const std::lock_guard lock(mutex);
                reports.push_back(report);
              }},
             std::move(wish.policy)),
        socket({.socket = files.folder() / "scan.sock"}),
        line(files.folder() / "scan.sock", std::chrono::seconds{60}),
        serving([this] {
          socket.serve(4, [this](const IncomingScan& scan) { return desk.scan(scan); });
        }) {}
  ~TestScanner() { socket.stop(); }
  TestScanner(const TestScanner&) = delete;
  TestScanner& operator=(const TestScanner&) = delete;

  ScannerFiles files;
  DirectorySource directory;
  TrustSource trust;
  KeysInMemory keys;
  Inspector inspector;
  Clamd engine;
  TestClock clock;
  std::mutex mutex;
  std::vector<ScanReport> reports;
  ScanDesk desk;
  ScannerSocket socket;
  ScannerLine line;
  std::jthread serving;  // last: joined first
};

inline ScanOrder order_for(const TestPackage& package) {
  return {package.sealed.cms, package.envelope.groups, package.envelope.key_blocks.back(),
          kTestNow};
}

}  // namespace yizhan
