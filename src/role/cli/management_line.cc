#include "role/cli/management_line.h"

#include <charconv>

#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kSecretBytesMax = 4096;
constexpr std::size_t kAnchorsBytesMax = 1U << 20;

Refusal no_server(const std::string& text) {
  return {Reason::kBadRequest, "--server 須如 192.0.2.10:8445：" + text};
}

Result<Endpoint> endpoint_at(const ManagementLineOptions& options) {
  const std::size_t colon = options.server.rfind(':');
  if (colon == std::string::npos) return no_server(options.server);
  if (options.anchors.empty()) {
    return Refusal{Reason::kBadRequest, "以 --server 連線須以 --anchors 指明信任起點"};
  }
  Endpoint endpoint;
  endpoint.host = options.server.substr(0, colon);
  const std::string port = options.server.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc() || end != port.data() + port.size()) return no_server(options.server);
  const Bytes pem = read_file(options.anchors, kAnchorsBytesMax);
  endpoint.anchors = YZ_TRY(parse_pem_bundle(text_of(pem)));
  return endpoint;
}

}  // namespace

void add_management_line_options(CLI::App& app, ManagementLineOptions& options) {
  app.add_option("--socket", options.socket, "管理層之 Unix 通訊端")
      ->envname("YIZHAN_MANAGEMENT")
      ->capture_default_str();
  app.add_option("--server", options.server, "或以 HTTPS 連線：IP 位址:埠");
  app.add_option("--anchors", options.anchors, "該連線之信任起點（PEM）");
  app.add_option("--token-file", options.token_file, "登入後保存憑據之檔案")
      ->envname("YIZHAN_TOKEN_FILE");
}

SecretBytes read_secret(const std::string& file) {
  Bytes bytes = read_file(file, kSecretBytesMax);
  while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r')) bytes.pop_back();
  return SecretBytes(std::move(bytes));
}

Result<Line*> management_line(Session& session, const ManagementLineOptions& options,
                              const SoftwareKey* card) {
  std::unique_ptr<Line> line;
  if (options.server.empty()) {
    if (card != nullptr) {
      return Refusal{Reason::kBadRequest, "以憑證登入須以 --server 連往憑證登入之埠"};
    }
    line = std::make_unique<Line>(options.socket);
  } else {
    Endpoint endpoint = YZ_TRY(endpoint_at(options));
    if (card != nullptr) {
      TlsKey key = YZ_TRY(TlsKey::from_signing_key(std::make_shared<SoftwareKey>(*card)));
      endpoint.identity = TlsIdentity{{card->certificate()}, std::move(key)};
    }
    line = std::make_unique<Line>(std::move(endpoint), options.server);
  }
  if (!options.token_file.empty() && std::filesystem::exists(options.token_file)) {
    line->authorize(read_secret(options.token_file));
  }
  return &session.connect(std::move(line));
}

}  // namespace yizhan
