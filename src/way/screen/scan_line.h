#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>

#include "ground/files/files.h"
#include "model/package/package.h"

// The line between an exchange and its scanner: docs/protocol/scanner.md.

namespace yizhan {

// What the exchange asks of its scanner about one package.
struct ScanOrder {
  Bytes header;
  std::vector<Sha256> groups;
  Bytes key_block;
  Time accepted;

  static Result<ScanOrder> parse(ByteView json);  // kMalformed, kTooLarge
  [[nodiscard]] Bytes json() const;
};

// The answer: a signed verdict, or why none can be given now.
Bytes describe_scan_answer(const Result<Bytes>& verdict);
Result<Bytes> parse_scan_answer(ByteView json);

// The exchange's end of the line. One connection an order; safe from many threads.
class ScannerLine {
 public:
  // `scanner_uid`: who must be listening (SO_PEERCRED); unset: not checked.
  explicit ScannerLine(std::filesystem::path socket, Milliseconds answer_time_max,
                       std::optional<uid_t> scanner_uid = std::nullopt);

  // The verdict's CMS. Refuses kScannerUnavailable when nobody answers in time, or what the
  // scanner said (kScanBudget, kRevocationUnknown, kTokenLocked, kKeyholderUnavailable).
  // The body is handed over read-only, whatever the handle itself may do.
  Result<Bytes> scan(const ScanOrder& order, const FileHandle& body) const;

  // Has the scanner show its engine the test virus, and a confined child a file. Refuses
  // kScannerUnavailable, also when nobody answers within that time.
  Result<void> check(Milliseconds answer_time_max) const;

 private:
  Result<Bytes> ask(ByteView request, std::optional<int> body, Milliseconds answer_time_max) const;

  std::filesystem::path socket_;
  Milliseconds answer_time_max_;
  std::optional<uid_t> scanner_uid_;
};

// The scanner's end.
struct IncomingScan {
  ScanOrder order;
  FileHandle body;  // a regular file or memory file
};

class ScannerSocket {
 public:
  struct Settings {
    std::filesystem::path socket;
    std::optional<uid_t> exchange_uid = {};  // who may ask; unset: whoever may open the socket
    std::function<void(const std::string& what)> on_accident = {};  // of an answer; any thread
    std::function<Result<void>()> check = {};  // any thread; unset: nobody is answered
  };

  // Listens when it returns; replaces what stands at the path. Throws std::system_error.
  explicit ScannerSocket(Settings settings);
  ~ScannerSocket();
  ScannerSocket(const ScannerSocket&) = delete;
  ScannerSocket& operator=(const ScannerSocket&) = delete;

  // Serves orders on `workers` threads until stop(); `answer` gives the verdict's CMS or refuses.
  // An accident (exception) of an answer is kScannerUnavailable to the exchange. A peer that does
  // not keep to the protocol is hung up on.
  using Answer = std::function<Result<Bytes>(const IncomingScan&)>;
  void serve(int workers, const Answer& answer);
  void stop();  // orders under way are finished first

 private:
  void accept_until_stopped(const Answer& answer) const;
  void serve_one(FileHandle connection, const Answer& answer) const;
  [[nodiscard]] std::optional<Bytes> answer_check() const;
  [[nodiscard]] Result<Bytes> safely(const std::function<Result<Bytes>()>& work) const;

  Settings settings_;
  FileHandle listener_;
  FileHandle wake_;  // eventfd: readable when it is time to stop
};

}  // namespace yizhan
