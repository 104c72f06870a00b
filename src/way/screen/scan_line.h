#pragma once

#include <filesystem>

#include "ground/files/files.h"
#include "model/package/package.h"

namespace yizhan {

// What the exchange asks of its scanner about one package.
struct ScanOrder {
  Bytes header;
  std::vector<Sha256> groups;
  Bytes key_block;
  Time accepted;

  static Result<ScanOrder> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
};

// The answer: a signed verdict, or why none can be given now.
Bytes describe_answer(const Result<Bytes>& verdict);
Result<Bytes> parse_answer(ByteView json);

// The exchange's end of the line. One connection an order; safe from many threads.
class ScannerLine {
 public:
  explicit ScannerLine(std::filesystem::path socket, Milliseconds answer_time_max);

  // The verdict's CMS. Refuses kScannerUnavailable when nobody answers in time, or what the
  // scanner said (kScanBudget, kRevocationUnknown, kTokenLocked, kKeyholderUnavailable).
  Result<Bytes> scan(const ScanOrder& order, const FileHandle& body) const;

 private:
  std::filesystem::path socket_;
  Milliseconds answer_time_max_;
};

// The scanner's end.
struct ReceivedOrder {
  ScanOrder order;
  FileHandle body;
};

class ScannerSocket {
 public:
  explicit ScannerSocket(std::filesystem::path socket);
  ~ScannerSocket();
  ScannerSocket(const ScannerSocket&) = delete;
  ScannerSocket& operator=(const ScannerSocket&) = delete;

  // Serves orders on `workers` threads until stop(); `answer` gives the verdict's CMS or refuses.
  using Answer = std::function<Result<Bytes>(const ReceivedOrder&)>;
  void serve(int workers, const Answer& answer);
  void stop();

 private:
  void serve_one(int connection, const Answer& answer) const;

  std::filesystem::path path_;
  FileHandle listener_;
  FileHandle wake_;  // eventfd: readable when it is time to stop
};

}  // namespace yizhan
