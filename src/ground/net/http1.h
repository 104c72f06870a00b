#pragma once

#include <memory>
#include <optional>

#include "ground/net/server.h"

// HTTP/1.1 on bytes, without sockets: requests in, answers out (RFC 9112).

namespace yizhan {

struct RequestHead {
  Method method = Method::kGet;
  std::string raw_path;  // as received, without the query: for the log
  std::string path;
  std::map<std::string, std::string> query;
  Headers headers;
  bool has_body = false;
  std::optional<std::uint64_t> body_length;  // nullopt: chunked, or no body
  bool expects_continue = false;
  bool keep_alive = true;
};

// Reads one request. Whatever two parsers could understand differently is refused: bare LF or CR,
// folded lines, control characters, any field given twice, Content-Length beside Transfer-Encoding,
// another coding than chunked, no Host, another form of target, HTTP/1.0.
// After a refusal the connection can not be used for another request.
class RequestReader {
 public:
  explicit RequestReader(const HeaderLimits& limits);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // Takes the header from the front of `unread`. False: more bytes are needed.
  // Refuses: kBadRequest, kMethodNotAllowed, kHeaderTooLarge.
  Result<bool> read_head(Bytes& unread);
  [[nodiscard]] const RequestHead& head() const { return head_; }

  // How much body to take. Refuses kTooLarge before any of it is read, if the length is told.
  Result<void> allow_body(std::size_t bytes_max);
  // Takes what belongs to the body from the front of `unread`. False: more bytes are needed.
  // Refuses: kBadRequest, kTooLarge.
  Result<bool> read_body(Bytes& unread);
  [[nodiscard]] Bytes take_body();

 private:
  struct Parser;

  // Looks for the end of the header, at lines only: what they mean is the parser's. What the parser
  // would tolerate (bare LF, folded lines) is refused here.
  struct HeadScan {
    std::size_t at = 0;     // seen so far
    std::size_t line = 0;   // where the present line begins
    std::size_t lines = 0;  // before it

    // 0: not yet.
    Result<std::size_t> find_end(std::string_view text, const HeaderLimits& limits);
  };

  Result<void> check_fields();

  HeaderLimits limits_;
  std::unique_ptr<Parser> parser_;
  HeadScan scan_;
  RequestHead head_;
};

struct AnswerFraming {
  std::string id;  // trace id
  Time now;
  bool keep_alive = true;
  bool to_head = false;  // the answer to HEAD: a length, but no body
};

// The status line and fields before the body. Throws std::invalid_argument if a field would break
// the framing.
std::string write_head(const Response& response, const AnswerFraming& framing);
// Whether the body follows the head.
bool sends_body(const Response& response, const AnswerFraming& framing);

}  // namespace yizhan
