#include "ground/net/http1.h"

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <ctime>
#include <stdexcept>

#include "ground/net/target.h"

namespace yizhan {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

// Chunk lines and trailers may not grow beyond this while we wait for their end.
constexpr std::size_t kChunkLineMax = 4096;
constexpr std::size_t kLastChunkSize = 5;

Refusal bad(std::string_view what) { return {Reason::kBadRequest, std::string(what)}; }

bool breaks_line(char c) {
  const auto value = static_cast<std::uint8_t>(c);
  return (value < 0x20 && c != '\t') || value == 0x7f;
}

bool is_host(std::string_view host) {
  constexpr std::string_view kOthers = ".-_:[]";
  return !host.empty() && std::ranges::all_of(host, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

bool is_length(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<void> check_host(const Headers& headers) {
  const auto host = find_header(headers, "Host");
  if (!host || !is_host(*host)) return bad("缺少 Host，或內容有誤");
  return {};
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
  if (std::ranges::any_of(name, breaks_line) || std::ranges::any_of(value, breaks_line)) {
    throw std::invalid_argument("answer field with control characters: " + std::string(name));
  }
  head.append(name).append(": ").append(value).append("\r\n");
}

std::string http_date(Time now) {  // RFC 9110 §5.6.7
  const std::time_t seconds = now.ms() / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

struct RequestReader::Parser {
  http::request_parser<http::vector_body<std::uint8_t>> http;
};

Result<std::size_t> RequestReader::HeadScan::find_end(std::string_view text,
                                                      const HeaderLimits& limits) {
  for (; at < text.size(); ++at) {
    const char c = text[at];
    const bool after_cr = at > line && text[at - 1] == '\r';
    if (c != '\n') {
      if (after_cr || (c != '\r' && breaks_line(c))) return bad("標頭含有控制字元");
      const bool blank = c == ' ' || c == '\t';
      if (blank && at == line && lines > 0) return bad("標頭不得折行");
      continue;
    }
    if (!after_cr) return bad("標頭之行尾須為 CRLF");
    const bool empty = at == line + 1;
    if (empty && lines == 0) return bad("請求不得以空行起始");
    if (empty) return at + 1;
    if (lines == limits.fields_max + 1) return Refusal{Reason::kHeaderTooLarge, "標頭欄位過多"};
    ++lines;
    line = at + 1;
  }
  if (text.size() >= limits.bytes_max) return Refusal{Reason::kHeaderTooLarge, "標頭過長"};
  return std::size_t{0};
}

RequestReader::RequestReader(const HeaderLimits& limits)
    : limits_(limits), parser_(std::make_unique<Parser>()) {
  parser_->http.header_limit(static_cast<std::uint32_t>(limits.bytes_max));
  parser_->http.body_limit(boost::none);  // allow_body() sets it, once the route is known
  parser_->http.eager(true);
}

RequestReader::~RequestReader() = default;

Result<bool> RequestReader::read_head(Bytes& unread) {
  const std::size_t size = YZ_TRY(scan_.find_end(text_of(unread), limits_));
  if (size == 0) return false;
  if (size > limits_.bytes_max) return Refusal{Reason::kHeaderTooLarge, "標頭過長"};
  beast::error_code error;
  const auto used = parser_->http.put(boost::asio::const_buffer(unread.data(), size), error);
  if (error && error != http::error::need_more) return bad("標頭不符 HTTP/1.1：" + error.message());
  if (!parser_->http.is_header_done() || used != size) return bad("標頭不符 HTTP/1.1");
  unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(size));

  const auto& message = parser_->http.get();
  const std::string_view target(message.target().data(), message.target().size());
  head_.raw_path = target.substr(0, target.find('?'));
  for (const auto& field : message) {
    const std::string name(field.name_string());
    if (find_header(head_.headers, name)) return bad("標頭欄位重複：" + name);
    head_.headers.emplace_back(name, std::string(field.value()));
  }
  if (message.version() != 11) return bad("只接受 HTTP/1.1");
  if (target.size() > limits_.target_bytes_max) {
    return Refusal{Reason::kHeaderTooLarge, "網址過長"};
  }
  auto parsed = YZ_TRY(parse_target(target));
  head_.path = std::move(parsed.path);
  head_.query = std::move(parsed.query);
  YZ_TRY(check_fields());
  const auto method = find_method(std::string_view(message.method_string()));
  if (!method) return Refusal{Reason::kMethodNotAllowed, "不支援此方法"};
  head_.method = *method;
  return true;
}

Result<void> RequestReader::check_fields() {
  YZ_TRY(check_host(head_.headers));
  const auto length = find_header(head_.headers, "Content-Length");
  const auto coding = find_header(head_.headers, "Transfer-Encoding");
  const auto expect = find_header(head_.headers, "Expect");
  if (length && coding) return bad("Content-Length 與 Transfer-Encoding 不得並存");
  if (length && !is_length(*length)) return bad("Content-Length 有誤");
  if (coding && !parser_->http.chunked()) return bad("Transfer-Encoding 只接受 chunked");
  if (coding && coding->size() != std::string_view("chunked").size()) {
    return bad("Transfer-Encoding 只接受 chunked");
  }
  if (expect && *expect != "100-continue") return bad("Expect 只接受 100-continue");
  if (length) head_.body_length = std::stoull(std::string(*length));
  head_.has_body = coding.has_value() || head_.body_length.value_or(0) > 0;
  head_.expects_continue = expect.has_value() && head_.has_body;
  head_.keep_alive = parser_->http.keep_alive();
  return {};
}

Result<void> RequestReader::allow_body(std::size_t bytes_max) {
  if (head_.body_length.value_or(0) > bytes_max) {
    return Refusal{Reason::kTooLarge, "內容上限為 " + std::to_string(bytes_max) + " 位元組"};
  }
  parser_->http.body_limit(bytes_max);
  return {};
}

Result<bool> RequestReader::read_body(Bytes& unread) {
  beast::error_code error;
  // Before its end a chunked body always has 5 bytes more ("0 CR LF CR LF"). Beast 1.81 asserts
  // that it never sees fewer of them twice, which a peer that sends single bytes could make untrue.
  const std::size_t enough = parser_->http.chunked() ? kLastChunkSize : 1;
  while (!parser_->http.is_done() && unread.size() >= enough && !error) {
    const auto used = parser_->http.put(boost::asio::buffer(unread), error);
    unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(used));
  }
  if (error == http::error::body_limit) return Refusal{Reason::kTooLarge, "內容超過此路徑之上限"};
  if (error && error != http::error::need_more) return bad("內容不符 HTTP/1.1：" + error.message());
  if (!parser_->http.is_done() && unread.size() > kChunkLineMax) return bad("分塊之標頭過長");
  return parser_->http.is_done();
}

Bytes RequestReader::take_body() { return std::move(parser_->http.get().body()); }

bool sends_body(const Response& response, const AnswerFraming& framing) {
  return may_have_body(response.status) && !framing.to_head;
}

std::string write_head(const Response& response, const AnswerFraming& framing) {
  const auto status = http::int_to_status(static_cast<unsigned>(response.status));
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  head.append(std::string_view(http::obsolete_reason(status))).append("\r\n");
  append_field(head, "Date", http_date(framing.now));
  append_field(head, "X-Request-Id", framing.id);
  append_field(head, "X-Content-Type-Options", "nosniff");
  if (!response.header("Cache-Control")) append_field(head, "Cache-Control", "no-store");
  if (!framing.keep_alive) append_field(head, "Connection", "close");
  if (may_have_body(response.status)) {
    append_field(head, "Content-Length", std::to_string(response.body.size()));
    if (!response.body.empty()) append_field(head, "Content-Type", response.content_type);
  }
  for (const auto& [name, value] : response.headers) append_field(head, name, value);
  return head + "\r\n";
}

}  // namespace yizhan
