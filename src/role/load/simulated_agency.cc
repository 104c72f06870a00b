#include "role/load/simulated_agency.h"

#include <algorithm>
#include <array>
#include <thread>

namespace yizhan {

namespace {

constexpr std::size_t kPemBytesMax = 1U << 16;
constexpr std::size_t kEnvelopeWithBodyMax = kEnvelopeBytesMax - (4U << 20);
constexpr auto kGiveUp = std::chrono::seconds{30};
constexpr auto kFirstPause = std::chrono::milliseconds{50};
constexpr auto kLongestPause = std::chrono::seconds{2};
constexpr int kErrandsMax = 8;

Stamp now() { return std::chrono::steady_clock::now(); }

std::shared_ptr<SoftwareKey> read_key(const std::filesystem::path& file) {
  const Bytes pem = read_file(file, kPemBytesMax);
  const auto wrong = [&] { return std::runtime_error("金鑰檔無法讀取：" + file.string()); };
  Result<PrivateKey> key = PrivateKey::parse_pem(pem, SecretBytes());
  Result<Certificate> certificate = Certificate::parse_pem(text_of(pem));
  if (!key || !certificate) throw wrong();
  Result<SoftwareKey> both = SoftwareKey::make(std::move(*key), std::move(*certificate));
  if (!both) throw wrong();
  return std::make_shared<SoftwareKey>(std::move(*both));
}

// The same question may be answered another time.
bool is_passing(Reason reason) {
  constexpr auto kPassing = std::to_array(
      {Reason::kUnavailable, Reason::kTooManyRequests, Reason::kInternal, Reason::kLeaseLost,
       Reason::kGroupMismatch, Reason::kScannerUnavailable, Reason::kScanIncomplete});
  return std::ranges::find(kPassing, reason) != kPassing.end();
}

// Asks again for half a minute, more and more slowly.
template <class T>
Result<T> persist(const std::function<Result<T>()>& question,
                  const std::function<void(Reason)>& report) {
  const Stamp end = now() + kGiveUp;
  std::chrono::milliseconds pause = kFirstPause;
  while (true) {
    Result<T> answer = question();
    if (answer || !is_passing(answer.reason()) || now() > end) return answer;
    report(answer.reason());
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::milliseconds>(2 * pause, kLongestPause);
  }
}

}  // namespace

AgencyKeys read_agency_keys(const std::filesystem::path& folder, const OrgCode& code) {
  const auto file = [&](const char* purpose) { return folder / (code.text() + purpose); };
  return {read_key(file(".sign.pem")), read_key(file(".encrypt.pem")), read_key(file(".tls.pem"))};
}

SimulatedAgency::SimulatedAgency(Surroundings& surroundings, OrgCode code, AgencyKeys keys)
    : surroundings_(surroundings),
      code_(std::move(code)),
      keys_(std::move(keys)),
      identity_{code_, keys_.sign->certificate().sha256(), "yizhan-load", "software"},
      checking_({surroundings.directory, surroundings.trust,
                 [this](const Sha256& certificate) -> Result<std::shared_ptr<DecryptionKey>> {
                   if (certificate != keys_.encrypt->certificate().sha256()) {
                     return Reason::kKeyUnknown;
                   }
                   return std::shared_ptr<DecryptionKey>(keys_.encrypt);
                 },
                 surroundings.judge, surroundings.scanner, surroundings.clock,
                 surroundings.workspace}) {}

Correspondent SimulatedAgency::correspondent() const {
  const auto name = surroundings_.directory.current()->name_of({code_, {}});
  if (!name) throw std::runtime_error("目錄沒有模擬機關：" + code_.text());
  return {code_, *name};
}

std::shared_ptr<CentreLine> SimulatedAgency::line() {
  const std::scoped_lock lock(mutex_);
  if (line_) return line_;
  const auto directory = surroundings_.directory.current();
  const auto trust = surroundings_.trust.current();
  const CentreAddress centre = centre_address(*directory, code_, surroundings_.clock.now());
  line_ = std::make_shared<CentreLine>(
      centre_endpoint(centre, tls_identity(keys_.tls, *trust), *trust));
  return line_;
}

void SimulatedAgency::close() {
  const std::scoped_lock lock(mutex_);
  line_.reset();
}

Result<SealedLetter> SimulatedAgency::seal(const PlannedDocument& plan,
                                           std::vector<Correspondent> recipients) {
  const Time time = surroundings_.clock.now();
  std::ranges::sort(recipients, {}, &Correspondent::code);
  ComposedLetter letter = compose_letter(
      {plan.number, plan.bytes, correspondent(), recipients, time});
  for (std::size_t i = 0; i < letter.parts.size(); ++i) {
    YZ_TRY(surroundings_.scanner.scan(letter.manifest.parts[i], letter.parts[i]));
  }
  SealingOrder order{.directory = *surroundings_.directory.current(),
                     .policy = policy(),
                     .sender = code_,
                     .document = DocumentId::generate(time),
                     .recipients = {},
                     .with_attachments = true,
                     .manifest = std::move(letter.manifest),
                     .now = time};
  std::vector<OrgCode> codes;
  for (const Correspondent& recipient : recipients) {
    order.recipients.push_back({{recipient.code, {}}, CopyKind::kOriginal});
    codes.push_back(recipient.code);
  }
  FileHandle cipher = memory_file("cipher");
  SealedPackage package =
      YZ_TRY(seal_package(std::move(order), letter.parts, *keys_.sign, cipher));
  std::vector<Sha256> parts;
  for (const Part& part : package.manifest.parts) parts.push_back(part.sha256);
  const Header& header = package.sealed.header;
  SentDocument document{header.message_id, package.sealed.sha256, std::move(parts),
                        std::move(codes), header.plain_length, now()};
  if (package.envelope.groups.size() == 1 &&
      package.envelope.json().size() + cipher.size() < kEnvelopeWithBodyMax) {
    package.envelope.body = cipher.read_at(0, kGroupBytes);
  }
  return SealedLetter{std::move(package), std::move(cipher), std::move(document)};
}

bool SimulatedAgency::submit(const SealedLetter& letter, Ledger& ledger) {
  const MessageId& message = letter.document.message;
  const Result<SubmissionAnswer> answer = persist<SubmissionAnswer>(
      [&] { return hand_in(letter); },
      [&](Reason reason) { ledger.trouble("submit", reason); });
  if (answer && answer->progress == SubmissionProgress::kAccepted) {
    ledger.accepted(message, now());
    return true;
  }
  if (answer) {
    ledger.refused(message, answer->why.value_or(Refusal{Reason::kInternal, {}}));
  } else if (is_passing(answer.reason())) {
    ledger.unanswered(message);
  } else {
    ledger.refused(message, answer.refusal());
  }
  return false;
}

Result<SubmissionAnswer> SimulatedAgency::hand_in(const SealedLetter& letter) {
  SubmissionAnswer answer = YZ_TRY(line()->submit(letter.package.envelope));
  return upload(letter, std::move(answer));
}

Result<SubmissionAnswer> SimulatedAgency::upload(const SealedLetter& letter,
                                                 SubmissionAnswer answer) {
  while (answer.progress == SubmissionProgress::kReceiving) {
    const std::int64_t index = answer.next_group;
    const Bytes group =
        letter.cipher.read_at(static_cast<std::uint64_t>(index) * kGroupBytes, kGroupBytes);
    answer = YZ_TRY(line()->put_group(answer.submission, index, group));
    const bool stuck =
        answer.progress == SubmissionProgress::kReceiving && answer.next_group <= index;
    if (stuck) return Reason::kUnavailable;
  }
  return answer;
}

Result<void> SimulatedAgency::catch_up() {
  while (true) {
    const NewsPage page = YZ_TRY(line()->news(cursor_, std::chrono::seconds{0}));
    if (page.items.empty()) return {};
    cursor_ = cursor_at(page.items.back());
  }
}

Result<SimulatedAgency::Served> SimulatedAgency::serve(std::chrono::seconds wait,
                                                       Ledger& ledger) {
  Served served;
  const bool in_haste = !errands_.empty();
  const NewsPage page =
      YZ_TRY(line()->news(cursor_, in_haste ? std::chrono::seconds{0} : wait));
  for (const NewsEntry& news : page.items) {
    const Result<void> taken = take(news, ledger, served);
    if (!taken) ledger.trouble("evidence", taken.reason());
  }
  if (!page.items.empty()) cursor_ = cursor_at(page.items.back());
  for (Errand& errand : std::exchange(errands_, {})) {
    const Result<Receipt> receipt = receive(errand);
    if (receipt) {
      if (ledger.received(*receipt)) ++served.received;
      continue;
    }
    ledger.trouble("receive", receipt.reason());
    ++errand.attempts;
    if (!is_passing(receipt.reason()) || errand.attempts > kErrandsMax) continue;
    std::this_thread::sleep_for(kFirstPause * errand.attempts);
    errands_.push_back(std::move(errand));
  }
  return served;
}

Result<void> SimulatedAgency::take(const NewsEntry& news, Ledger& ledger, Served& served) {
  if (news.message.sender == code_) return take_evidence(news, ledger, served);
  const bool consigned = news.kind == text_of(EvidenceType::kConsignment) && news.delivery;
  return consigned ? take_consignment(news, ledger) : Result<void>();
}

Result<void> SimulatedAgency::take_consignment(const NewsEntry& news, Ledger& ledger) {
  ledger.consigned(news.message.message, code_);
  const SignedStatement statement = YZ_TRY(open_statement(news.evidence));
  YZ_TRY(check_actor(statement, *surroundings_.directory.current(), policy()));
  errands_.push_back({news, statement.statement.header_sha256});
  return {};
}

Result<void> SimulatedAgency::take_evidence(const NewsEntry& news, Ledger& ledger,
                                            Served& served) {
  if (Result<SignedStatement> statement = open_statement(news.evidence)) {
    YZ_TRY(check_actor(*statement, *surroundings_.directory.current(), policy()));
    if (ledger.stated(statement->statement, now())) ++served.decided;
    return {};
  }
  const SignedVerdict verdict = YZ_TRY(open_verdict(news.evidence));
  if (verdict.verdict.result == ScanResult::kClean) return {};
  return verdict.verdict.reason.value_or(Reason::kInfected);
}

Result<Receipt> SimulatedAgency::receive(const Errand& errand) {
  const NewsEntry& news = errand.news;
  const Time time = surroundings_.clock.now();
  const Mail mail{*news.delivery, news.message, {code_, {}}, MailState::kConsigned, {}, time, 0,
                  time,           "",           {},          time};
  const Consignment consignment =
      YZ_TRY(line()->lease({mail.id, identity_.terminal, mail.id.text()}));
  const ProvenPackage package = YZ_TRY(checking_.prove_package(mail, consignment, errand.header));
  const FileHandle cipher = YZ_TRY(fetch(mail.id, consignment));
  const OpenedPackage opened =
      YZ_TRY(checking_.open(package, consignment, read_body_from(cipher)));
  YZ_TRY(finish(news, consignment, package));
  Receipt receipt{news.message.message, code_, {}};
  for (const Part& part : opened.body.manifest.parts) receipt.parts.push_back(part.sha256);
  return receipt;
}

Result<FileHandle> SimulatedAgency::fetch(const DeliveryId& delivery,
                                          const Consignment& consignment) {
  FileHandle cipher = memory_file("fetched");
  if (consignment.body) {
    cipher.write_at(0, *consignment.body);
    return cipher;
  }
  for (std::size_t i = 0; i < consignment.groups.size(); ++i) {
    const Bytes group = YZ_TRY(
        line()->group(delivery, consignment.lease.id, static_cast<std::int64_t>(i)));
    cipher.write_at(i * kGroupBytes, group);
  }
  return cipher;
}

// E.1, then F.1 after it.
Result<void> SimulatedAgency::finish(const NewsEntry& news, const Consignment& consignment,
                                     const ProvenPackage& package) {
  const auto& statements = package.evidence.statements;
  const auto consigned = std::ranges::find_if(statements, [&](const SignedStatement& item) {
    return item.statement.type == EvidenceType::kConsignment;
  });
  if (consigned == statements.end()) return Reason::kVerdictMissing;
  Statement statement{.type = EvidenceType::kHandover,
                      .message = news.message,
                      .recipient = Addressee{code_, {}},
                      .header_sha256 = package.sealed.sha256,
                      .plaintext_root = package.sealed.header.plaintext_root,
                      .previous = {consigned->sha256},
                      .actor = identity_.actor(),
                      .lease = LeaseMark{consignment.lease.id, consignment.lease.fencing},
                      .time = surroundings_.clock.now()};
  const SignedStatement handover = YZ_TRY(sign_statement(statement, *keys_.sign));
  YZ_TRY(keep_asking([&] { return line()->complete(*news.delivery, handover.cms); }));
  statement.type = EvidenceType::kConfirmed;
  statement.plaintext_root.reset();
  statement.lease.reset();
  statement.previous = {handover.sha256};
  statement.time = surroundings_.clock.now();
  const SignedStatement confirmed = YZ_TRY(sign_statement(statement, *keys_.sign));
  return keep_asking([&] { return line()->acknowledge(*news.delivery, confirmed.cms); });
}

Result<void> SimulatedAgency::keep_asking(const std::function<Result<State>()>& question) {
  YZ_TRY(persist<State>(question, [](Reason) {}));
  return {};
}

}  // namespace yizhan
