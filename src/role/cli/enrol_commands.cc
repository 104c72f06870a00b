#include "ground/files/files.h"
#include "ground/keys/keys.h"
#include "role/cli/centre_options.h"
#include "role/cli/change_text.h"
#include "role/cli/officer_key.h"

// 連線異動申請表: what an agency signs, and what an officer of its centre finds of it. Offline, but
// for a key in the keyholder.

namespace yizhan {

namespace {

constexpr std::size_t kFileBytesMax = 64U << 10;

// What every request says.
struct FormOptions {
  std::string agency;
  std::string effective;
  std::string reason;
  std::string person;
  std::string phone;
  std::string remark;
  std::string name;
  std::vector<std::string> addresses;
  std::string postal_address;
  std::string supervisor;
};

struct NewOptions {
  FormOptions form;
  std::string centre;
  std::string passphrase_file;
  std::string into;
};

struct RequestOptions {
  FormOptions form;
  std::string kind = "change";
  std::string code;
  std::string successor;
  std::vector<std::string> registered;  // PURPOSE=FILE
  OfficerKeyOptions key;
  std::string keyholder;
  std::string key_name = "sign";
  std::string into;
};

struct ShowOptions {
  std::string file;
};

struct ReviewOptions {
  std::string file;
  std::string code;
  bool agreed = false;
  bool returned = false;
  std::string person;
  std::string handling;
  OfficerKeyOptions key;
  std::string into;
};

Result<ChangeRequest> begin(const FormOptions& options, ChangeRequest::Kind kind) {
  const OrgCode agency = YZ_TRY(OrgCode::parse(options.agency));
  const std::optional<Day> effective = find_day(options.effective);
  if (!effective) {
    return Refusal{Reason::kBadRequest, "日期須如 2026-12-01：" + options.effective};
  }
  ChangeRequest request{agency,        kind,          *effective,     options.reason,
                        options.person, options.phone, options.remark, SystemClock().now()};
  if (!options.name.empty()) request.name = options.name;
  if (!options.postal_address.empty()) request.postal_address = options.postal_address;
  if (!options.supervisor.empty()) {
    request.supervisor = YZ_TRY(OrgCode::parse(options.supervisor));
  }
  request.addresses = options.addresses;
  return request;
}

Exit say_signed(const Session& session, const SignedChangeRequest& change,
                const std::string& file) {
  if (session.json) {
    Json all = describe(change);
    all["file"] = file;
    session.print(all);
    return Exit::kDone;
  }
  print_request(session.out(), change);
  session.out() << "已寫入 " << file << "（交所屬交換中心審核）\n";
  return Exit::kDone;
}

struct NewKey {
  Purpose purpose;
  PrivateKey key;
  Bytes request;
};

// 專用: a key of its own for each purpose; none of them leaves the folder.
std::vector<NewKey> make_keys(const std::string& agency) {
  std::vector<NewKey> keys;
  for (const Purpose purpose : {Purpose::kSign, Purpose::kEncrypt, Purpose::kTls}) {
    PrivateKey key = PrivateKey::generate(KeyKind::kEcP256);
    const FirstUse use =
        purpose == Purpose::kEncrypt ? FirstUse::kReceiving : FirstUse::kSigning;
    Bytes request = first_request(key, agency + " " + std::string(text_of(purpose)), use);
    keys.push_back({purpose, std::move(key), std::move(request)});
  }
  return keys;
}

SecretBytes read_passphrase(const std::string& file) {
  Bytes secret = read_file(file, kFileBytesMax);
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  return SecretBytes(std::move(secret));
}

Result<void> write_keys(const std::filesystem::path& folder, const std::vector<NewKey>& keys,
                        const SecretBytes& passphrase) {
  if (passphrase.size() == 0) return Refusal{Reason::kBadRequest, "密碼檔不得為空"};
  make_directory(folder);
  for (const NewKey& one : keys) {
    const std::filesystem::path file = folder / std::string(text_of(one.purpose));
    const std::string key = file.string() + ".key";
    // Who has sent a request for that key would have nothing to open the answer with.
    if (std::filesystem::exists(key)) {
      return Refusal{Reason::kConflict, key + " 已存在；請改用其他資料夾"};
    }
    write_durably(key, one.key.pem(passphrase).view());
    write_durably(file.string() + ".csr", bytes_of(request_pem(one.request)), 0644);
  }
  return {};
}

Result<Exit> enrol_new(Session& session, const NewOptions& options) {
  ChangeRequest request = YZ_TRY(begin(options.form, ChangeRequest::Kind::kNew));
  request.centre = YZ_TRY(CentreCode::parse(options.centre));
  const std::string agency = request.agency.text();
  const std::vector<NewKey> keys = make_keys(agency);
  for (const NewKey& one : keys) request.keys.push_back({one.purpose, {}, one.request, ""});
  // Nobody has certified it yet: what the centre compares is the fingerprint.
  SoftwareKey signer = YZ_TRY(
      SoftwareKey::make(keys.front().key, self_signed(keys.front().key, agency, request.time)));
  const SignedChangeRequest change = YZ_TRY(sign_change(request, signer));
  const std::filesystem::path folder = options.into;
  YZ_TRY(write_keys(folder, keys, read_passphrase(options.passphrase_file)));
  const std::string file = (folder / "request.p7m").string();
  write_durably(file, change.cms, 0644);
  const Exit done = say_signed(session, change, file);
  if (!session.json) {
    session.out() << "憑證申請檔 " << options.into
                  << "/{sign,encrypt,tls}.csr 交憑證機關；核發後存為同名之 .crt，"
                     "與 .key 一併置於金鑰服務之資料夾\n";
  }
  return done;
}

// DER of what stands between the two lines of a PEM.
std::optional<Bytes> request_in(std::string_view pem) {
  std::string base64;
  bool inside = false;
  while (!pem.empty()) {
    const std::size_t end = std::min(pem.find('\n'), pem.size());
    std::string_view line = pem.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    pem.remove_prefix(std::min(end + 1, pem.size()));
    if (line.starts_with("-----END")) break;
    if (inside) base64 += line;
    inside = inside || line == "-----BEGIN CERTIFICATE REQUEST-----";
  }
  return from_base64(base64);
}

// "encrypt=FILE": a certificate, or what the authority was asked with.
Result<ChangeKey> read_key(const std::string& text) {
  const std::size_t equals = text.find('=');
  const auto purpose = find_purpose(text.substr(0, equals));
  if (equals == std::string::npos || !purpose) {
    return Refusal{Reason::kBadRequest, "須如 sign=檔案、encrypt=檔案、tls=檔案：" + text};
  }
  const Bytes file = read_file(text.substr(equals + 1), kFileBytesMax);
  const std::string_view pem = text_of(file);
  if (pem.find("-----BEGIN CERTIFICATE REQUEST-----") == std::string_view::npos) {
    Certificate certificate = YZ_TRY(Certificate::parse_pem(pem));
    return ChangeKey{*purpose, std::move(certificate), {}, ""};
  }
  auto request = request_in(pem);
  if (!request) return Refusal{Reason::kMalformed, "憑證申請檔不合 PEM 格式：" + text};
  return ChangeKey{*purpose, std::nullopt, std::move(*request), ""};
}

Result<SignedChangeRequest> sign_as_wished(const ChangeRequest& request,
                                           const RequestOptions& options) {
  if (options.keyholder.empty() == options.key.key.empty()) {
    return Refusal{Reason::kBadRequest, "請以 --key 或 --keyholder 擇一指明簽署之金鑰"};
  }
  if (options.keyholder.empty()) {
    SoftwareKey key = YZ_TRY(read_officer_key(options.key));
    return sign_change(request, key);
  }
  Keyholder keyholder(options.keyholder);
  const auto key = YZ_TRY(keyholder.signing_key(options.key_name));
  return sign_change(request, *key);
}

Result<Exit> enrol_request(Session& session, const RequestOptions& options) {
  const auto kind = find_change_kind(options.kind);
  if (!kind || *kind == ChangeRequest::Kind::kNew) {
    return Refusal{Reason::kBadRequest, "種類須為 change、merge 或 dissolve：" + options.kind};
  }
  ChangeRequest request = YZ_TRY(begin(options.form, *kind));
  if (!options.code.empty()) request.code = YZ_TRY(OrgCode::parse(options.code));
  if (!options.successor.empty()) request.successor = YZ_TRY(OrgCode::parse(options.successor));
  for (const std::string& text : options.registered) {
    request.keys.push_back(YZ_TRY(read_key(text)));
  }
  const SignedChangeRequest change = YZ_TRY(sign_as_wished(request, options));
  write_durably(options.into, change.cms, 0644);
  return say_signed(session, change, options.into);
}

Result<SignedChangeRequest> read_request(const std::string& file) {
  return open_change(read_file(file, SignedChangeRequest::kBytesMax));
}

Result<Exit> show(Session& session, const ShowOptions& options) {
  const SignedChangeRequest change = YZ_TRY(read_request(options.file));
  if (session.json) {
    session.print(describe(change));
  } else {
    print_request(session.out(), change);
  }
  return Exit::kDone;
}

Result<Exit> review(Session& session, const ReviewOptions& options) {
  if (options.agreed == options.returned) {
    return Refusal{Reason::kBadRequest, "請以 --agreed 或 --returned 擇一載明審核結果"};
  }
  SignedChangeRequest change = YZ_TRY(read_request(options.file));
  const CentreCode centre = YZ_TRY(CentreCode::parse(options.code));
  SoftwareKey key = YZ_TRY(read_officer_key(options.key));
  const auto kind =
      options.agreed ? ChangeReview::Kind::kAgreed : ChangeReview::Kind::kReturned;
  const SignedChangeReview signed_review =
      YZ_TRY(sign_review({centre, std::move(change), kind, options.person, options.handling,
                          SystemClock().now()},
                         key));
  write_durably(options.into, signed_review.cms, 0644);
  if (session.json) {
    Json all = describe(signed_review.review.change);
    all["review"] = text_of(kind);
    all["file"] = options.into;
    session.print(all);
    return Exit::kDone;
  }
  print_request(session.out(), signed_review.review.change);
  session.out() << (options.agreed ? "審核同意" : "退回補正") << "，已寫入 " << options.into
                << "\n接著：yizhan management request review " << options.into << "\n";
  return Exit::kDone;
}

void add_form_options(CLI::App& app, FormOptions& options) {
  app.add_option("--agency", options.agency, "機關代碼")->required();
  app.add_option("--effective", options.effective, "生效日期，如 2026-12-01")->required();
  app.add_option("--reason", options.reason, "異動原因")->required();
  app.add_option("--person", options.person, "申請人")->required();
  app.add_option("--phone", options.phone, "電話")->required();
  app.add_option("--remark", options.remark, "備註");
  app.add_option("--name", options.name, "機關名稱");
  app.add_option("--address", options.addresses, "主機之固定 IP 位址；可重複，載明全部");
  app.add_option("--postal-address", options.postal_address, "機關地址");
  app.add_option("--supervisor", options.supervisor, "上級機關之代碼");
}

void add_new_command(CLI::App& enrol, Session& session) {
  auto command = add_command<NewOptions>(
      enrol, "new", "新機關：產生三把金鑰及憑證申請檔，簽署一份連線申請，並顯示電話核對之指紋");
  NewOptions& options = *command.options;
  add_form_options(*command.app, options.form);
  command.app->add_option("--centre", options.centre, "所屬交換中心代碼")->required();
  command.app->add_option("--passphrase-file", options.passphrase_file, "加密金鑰之密碼檔")
      ->required()
      ->check(CLI::ExistingFile);
  command.app->add_option("--into", options.into, "寫入之資料夾")->required();
  command
      .example(
          "  yizhan enrol new --agency A01000000A --name 測試部 --centre CENTRE-1 \\\n"
          "      --address 203.0.113.7 --effective 2026-12-01 --reason 新設機關 --person 王大明 \\\n"
          "      --phone 02-2345-6789 --passphrase-file pass --into 申請")
      .runs(session, enrol_new);
}

void add_request_command(CLI::App& enrol, Session& session) {
  auto command = add_command<RequestOptions>(
      enrol, "request", "機關以其簽署金鑰填送連線異動申請表：名稱、代碼、位址、憑證、整併、裁撤");
  RequestOptions& options = *command.options;
  CLI::App& app = *command.app;
  add_form_options(app, options.form);
  app.add_option("--kind", options.kind, "change（資訊異動）、merge（整併）或 dissolve（裁撤）")
      ->capture_default_str();
  app.add_option("--code", options.code, "新機關代碼");
  app.add_option("--successor", options.successor, "承受機關之代碼");
  app.add_option("--register", options.registered,
                 "登錄之憑證或憑證申請檔（PEM），如 encrypt=encrypt.crt；可重複");
  app.add_option("--key", options.key.key, "簽署之私密金鑰（加密之 PEM）");
  app.add_option("--certificate", options.key.certificate, "其憑證（PEM）");
  app.add_option("--passphrase-file", options.key.passphrase_file, "其密碼檔");
  app.add_option("--keyholder", options.keyholder, "或：金鑰服務中授予終端之通訊端");
  app.add_option("--key-name", options.key_name, "金鑰服務中簽署金鑰之名稱")
      ->capture_default_str();
  app.add_option("--into", options.into, "寫入之檔案")->required();
  command
      .example(
          "  yizhan enrol request --agency A01000000A --name 測試新部 --effective 2027-01-01 \\\n"
          "      --reason 組織改造 --person 王大明 --phone 02-2345-6789 \\\n"
          "      --keyholder /run/yizhan-keyholder/terminal.sock --into 異動.p7m")
      .runs(session, enrol_request);
}

}  // namespace

void add_enrol_commands(CLI::App& app, Session& session) {
  CLI::App* enrol = app.add_subcommand("enrol", "連線異動申請表（附錄一）：填寫及簽署");
  enrol->group("管理")->require_subcommand(1);
  add_new_command(*enrol, session);
  add_request_command(*enrol, session);
  auto shown = add_command<ShowOptions>(*enrol, "show", "一份申請之內容及其指紋");
  shown.app->add_option("file", shown.options->file, "申請檔")
      ->required()
      ->check(CLI::ExistingFile);
  shown.runs(session, show);
}

void add_centre_change_commands(CLI::App& centre, Session& session) {
  auto command = add_command<ReviewOptions>(
      centre, "review", "以中心承辦人員之金鑰簽署連線異動之審核（離線）；先以電話核對指紋");
  ReviewOptions& options = *command.options;
  CLI::App& app = *command.app;
  app.add_option("file", options.file, "申請檔")->required()->check(CLI::ExistingFile);
  app.add_option("--centre", options.code, "交換中心代碼")->required();
  app.add_flag("--agreed", options.agreed, "審核同意");
  app.add_flag("--returned", options.returned, "退回補正");
  app.add_option("--person", options.person, "中心處理人員")->required();
  app.add_option("--handling", options.handling, "處理情形說明")->required();
  add_officer_key_options(app, options.key);
  app.add_option("--into", options.into, "寫入之檔案")->required();
  command
      .example(
          "  yizhan centre review 異動.p7m --centre CENTRE-1 --agreed --person 林維運 \\\n"
          "      --handling 已電話核對指紋 --key lin.key --certificate lin.crt \\\n"
          "      --passphrase-file pass --into 審核.p7m")
      .runs(session, review);
}

}  // namespace yizhan
