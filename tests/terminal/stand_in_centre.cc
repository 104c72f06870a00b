#include "tests/terminal/stand_in_centre.h"

#include "ground/merkle/merkle.h"

namespace yizhan {

namespace {

constexpr RouteLimits kLimits{.body_bytes_max = kEnvelopeBytesMax};

Bytes evidence_in(const Request& request, const char* member) {
  const Json json = parse_json(request.body, {.bytes_max = 1U << 20}).value();
  return from_base64(json.at(member).get<std::string>()).value();
}

}  // namespace

StandInCentre::StandInCentre(Parts parts) : parts_(std::move(parts)) {}

Endpoint StandInCentre::door_for(const OrgCode& org) {
  auto door = std::make_unique<Door>();
  add_routes(door->router, org);
  const std::string path =
      (parts_.folder / ("door-" + std::to_string(doors_.size()) + ".sock")).string();
  std::vector<ListenerConfig> listeners(1);
  listeners[0].unix_path = path;
  ServerConfig config;
  config.worker_threads = 2;
  config.access_log = [](const AccessRecord&) {};
  door->server = std::make_unique<Server>(std::move(listeners), door->router, config);
  door->server->start();
  doors_.push_back(std::move(door));
  return Endpoint{.unix_path = path};
}

void StandInCentre::add_routes(Router& router, const OrgCode& org) {
  const auto add = [&](Method method, const char* pattern, auto handler) {
    router.add(method, pattern, kLimits, [this, handler](const Request& request) {
      const std::lock_guard lock(mutex_);
      if (out_of_order) return Response::problem({Reason::kUnavailable, "維護中"});
      return handler(request);
    });
  };
  add(Method::kPost, "/v1/submissions", [this](const Request& r) { return submit(r); });
  add(Method::kGet, "/v1/submissions/{id}",
      [this](const Request& r) { return answer(r.parameters.at("id")); });
  add(Method::kPut, "/v1/submissions/{id}/groups/{index}",
      [this](const Request& r) { return put_group(r); });
  add(Method::kGet, "/v1/news", [this, org](const Request& r) { return news(org, r); });
  add(Method::kPost, "/v1/messages/{id}/withdrawal",
      [this](const Request& r) { return withdraw(r); });
  add(Method::kPost, "/v1/deliveries/{id}/lease", [this](const Request& r) { return lease(r); });
  add(Method::kGet, "/v1/deliveries/{id}/groups/{index}",
      [this](const Request& r) { return group(r); });
  add(Method::kPost, "/v1/deliveries/{id}/completion",
      [this](const Request& r) { return take_evidence(r); });
  add(Method::kPost, "/v1/deliveries/{id}/acknowledgement",
      [this](const Request& r) { return take_evidence(r); });
}

Response StandInCentre::submit(const Request& request) {
  Envelope envelope = Envelope::parse_submission(request.body).value();
  const std::string id = envelope.application_id;
  if (submissions_.contains(id)) return answer(id);
  SealedHeader sealed = open_header(envelope.header).value();
  Submission submission{std::move(envelope), std::move(sealed), {}, "receiving", {}, 0};
  const Moment moment{parts_.clock.now(), parts_.clock.now()};
  Result<void> sender = check_fresh(submission.sealed, moment.now);
  if (sender) sender = check_sender(submission.sealed, parts_.directory, parts_.trust, moment);
  const auto checked = check_envelope(submission.envelope, submission.sealed.header);
  if (!sender || !checked) {
    submission.state = "rejected";
    submission.reason = sender ? checked.reason() : sender.reason();
    Statement rejection = statement_for(EvidenceType::kSubmissionRejection, submission.sealed);
    rejection.reason = submission.reason;
    announce(rejection);
  } else if (submission.envelope.body) {
    submission.body = *submission.envelope.body;
    submission.groups = 1;
    accept(submission);
  }
  submissions_.emplace(id, std::move(submission));
  return answer(id);
}

Response StandInCentre::put_group(const Request& request) {
  Submission& submission = submissions_.at(request.parameters.at("id"));
  if (groups_until_break == 0) return Response::problem({Reason::kUnavailable, "線路中斷"});
  --groups_until_break;
  ++groups_received_;
  const auto index = static_cast<std::size_t>(std::stoul(request.parameters.at("index")));
  if (leaf_hash(request.body) != submission.envelope.groups.at(index)) {
    return Response::problem(Refusal{Reason::kGroupMismatch, {}});
  }
  append(submission.body, request.body);
  submission.groups = index + 1;
  if (submission.groups == submission.envelope.groups.size()) accept(submission);
  return answer(request.parameters.at("id"));
}

Response StandInCentre::answer(const std::string& id) const {
  const auto found = submissions_.find(id);
  if (found == submissions_.end()) return Response::problem(Refusal{Reason::kNotFound, {}});
  const Submission& submission = found->second;
  Json json = {{"submission", id},
               {"state", submission.state},
               {"next_group", submission.groups},
               {"group_count", submission.envelope.groups.size()}};
  if (submission.reason) json["reason"] = code_of(*submission.reason);
  return Response::json(200, json);
}

void StandInCentre::accept(Submission& submission) {
  submission.state = "accepted";
  ++accepted_;
  const SealedHeader& sealed = submission.sealed;
  Statement acceptance = statement_for(EvidenceType::kSubmissionAcceptance, sealed);
  acceptance.recipient_count = sealed.header.recipient_count;
  const SignedStatement a1 = state(acceptance);
  const SignedVerdict scanned = judge(sealed);
  announce(acceptance);
  tell(sealed.header.sender, scanned.cms,
       {{"kind", "verdict"}, {"message_id", sealed.header.message_id.text()}});
  std::vector<Bytes> evidence = {a1.cms};
  if (!leave_out_verdict) evidence.push_back(scanned.cms);
  const auto placed = place_leaves(submission.envelope.leaves);
  const CheckedEnvelope checked = check_envelope(submission.envelope, sealed.header).value();
  for (std::size_t i = 0; i < placed.size(); ++i) {
    const Time now = parts_.clock.now();
    const Addressee recipient = checked.recipients[i].leaf.addressee;
    const DeliveryId id = DeliveryId::generate(now);
    consigned_.push_back({id, sealed.header.key(), recipient,
                          Consignment{{"", 0, now}, sealed.cms, placed[i],
                                      checked.recipients[i].key_blocks,
                                      submission.envelope.groups, evidence},
                          submission.body,
                          State::kConsigned,
                          {}});
    Statement consigned = statement_for(EvidenceType::kConsignment, sealed);
    consigned.recipient = recipient;
    consigned.previous = {scanned.sha256};
    announce(consigned, id.text());
  }
}

Statement StandInCentre::statement_for(EvidenceType type, const SealedHeader& sealed) const {
  return {.type = type,
          .message = sealed.header.key(),
          .header_sha256 = sealed.sha256,
          .actor = parts_.identity.actor(),
          .time = parts_.clock.now()};
}

SignedStatement StandInCentre::state(Statement statement) {
  return sign_statement(statement, parts_.evidence_key).value();
}

SignedVerdict StandInCentre::judge(const SealedHeader& sealed) const {
  const Header& header = sealed.header;
  return sign_verdict({.centre = parts_.identity.code,
                       .scanner_certificate = parts_.scanner_key.certificate().sha256(),
                       .message = header.key(),
                       .header_sha256 = sealed.sha256,
                       .cipher_root = header.cipher_root,
                       .plaintext_root = header.plaintext_root,
                       .result = verdict,
                       .name = {},
                       .reason = {},
                       .detail = {},
                       .inventory = {},
                       .engine = "stand-in",
                       .signatures_version = "1",
                       .policy_version = 1,
                       .time = parts_.clock.now()},
                      parts_.scanner_key)
      .value();
}

void StandInCentre::announce(const Statement& statement, const std::string& delivery) {
  const SignedStatement evidence = state(statement);
  Json about = {{"kind", text_of(statement.type)},
                {"message_id", statement.message.message.text()},
                {"recipient", statement.recipient ? statement.recipient->text() : ""}};
  about["sender"] = statement.message.sender.text();
  tell(statement.message.sender, evidence.cms, about);
  if (delivery.empty()) return;
  about["delivery"] = delivery;
  for (const Consigned& item : consigned_) {
    if (item.id.text() != delivery) continue;
    const auto urgency = open_header(item.consignment.header).value().header.urgency;
    if (urgency) about["urgency"] = text_of(*urgency);
  }
  tell(statement.recipient->org, evidence.cms, about);
}

void StandInCentre::tell(const OrgCode& reader, Bytes evidence, const Json& about) {
  Json& items = news_.emplace(reader, Json::array()).first->second;
  Json item = about;
  item["evidence"] = to_base64(evidence);
  item["sequence"] = items.size() + 1;
  if (!item.contains("sender")) item["sender"] = reader.text();
  items.push_back(std::move(item));
}

Response StandInCentre::news(const OrgCode& org, const Request& request) {
  const auto after = std::stoll(request.query.at("after"));
  Json items = Json::array();
  std::int64_t next = after;
  for (const Json& item : news_.emplace(org, Json::array()).first->second) {
    if (item.at("sequence").get<std::int64_t>() <= after || items.size() == 100) continue;
    next = item.at("sequence").get<std::int64_t>();
    items.push_back(item);
  }
  const auto receipt = request.query.find("receipt");
  receipt_asked_ = receipt == request.query.end() ? "" : receipt->second;
  Json news = {{"items", std::move(items)}, {"next", next}};
  if (comeback) news["comeback"] = describe(*comeback);
  return Response::json(200, news);
}

StandInCentre::Consigned* StandInCentre::find(const std::string& delivery) {
  for (Consigned& consigned : consigned_) {
    if (consigned.id.text() == delivery) return &consigned;
  }
  return nullptr;
}

Response StandInCentre::lease(const Request& request) {
  Consigned* consigned = find(request.parameters.at("id"));
  if (consigned == nullptr || forgets_leases) {
    return Response::problem(Refusal{Reason::kNotFound, {}});
  }
  if (is_final(consigned->state)) return Response::problem(Refusal{Reason::kAlreadyFinal, {}});
  auto& terms = consigned->consignment.lease;
  terms = {"lease-" + std::to_string(terms.fencing + 1), terms.fencing + 1,
           parts_.clock.now() + std::chrono::minutes{2}};
  consigned->state = State::kLeased;
  before_lease(*consigned);
  Response response;
  const bool along = sends_bodies && consigned->consignment.groups.size() == 1 &&
                     request.header("Accept") == "application/octet-stream";
  if (!along) {
    response.body = consigned->consignment.json();
    return response;
  }
  Consignment whole = consigned->consignment;
  whole.body = consigned->body;
  before_group(*whole.body);
  response.content_type = "application/octet-stream";
  response.body = whole.answer();
  return response;
}

Response StandInCentre::group(const Request& request) {
  const Consigned* consigned = find(request.parameters.at("id"));
  const auto offset = std::stoul(request.parameters.at("index")) * kGroupBytes;
  const ByteView body = consigned->body;
  Response response;
  response.content_type = "application/octet-stream";
  const auto length = std::min<std::size_t>(kGroupBytes, body.size() - offset);
  response.body = copy_of(body.subspan(offset, length));
  before_group(response.body);
  return response;
}

Response StandInCentre::take_evidence(const Request& request) {
  Consigned* consigned = find(request.parameters.at("id"));
  if (forgetful) return Response::problem(Refusal{Reason::kNotFound, {}});
  SignedStatement evidence = open_statement(evidence_in(request, "evidence")).value();
  if (!check_actor(evidence, parts_.directory, parts_.trust.policy)) {
    return Response::problem(Refusal{Reason::kForbidden, {}});
  }
  const EvidenceType type = evidence.statement.type;
  const bool lost = evidence.statement.lease &&
                    evidence.statement.lease->id != consigned->consignment.lease.id;
  if (lost) return Response::problem(Refusal{Reason::kLeaseLost, {}});
  if (type == EvidenceType::kHandover) consigned->state = State::kReceived;
  if (type == EvidenceType::kHandoverFailure) consigned->state = State::kFailed;
  if (type == EvidenceType::kConfirmed) consigned->state = State::kConfirmed;
  if (type == EvidenceType::kReturned) consigned->state = State::kReturned;
  tell(consigned->message.sender, evidence.cms,
       {{"kind", text_of(type)},
        {"message_id", consigned->message.message.text()},
        {"sender", consigned->message.sender.text()},
        {"recipient", consigned->recipient.text()}});
  consigned->evidence.push_back(std::move(evidence));
  return Response::json(200, {{"state", text_of(consigned->state)}});
}

Response StandInCentre::withdraw(const Request& request) {
  withdrawals_.push_back(open_withdrawal(evidence_in(request, "withdrawal")).value());
  Json recipients = Json::array();
  for (Consigned& consigned : consigned_) {
    if (consigned.message != withdrawals_.back().withdrawal.message) continue;
    const Withdrawal& wish = withdrawals_.back().withdrawal;
    if (wish.recipient && consigned.recipient != *wish.recipient) continue;
    if (consigned.state == State::kConsigned) {
      const bool paper = wish.kind == WithdrawalKind::kPaper;
      consigned.state = paper ? State::kPaper : State::kWithdrawn;
      Statement ended{.type = EvidenceType::kConsignmentFailure,
                      .message = consigned.message,
                      .recipient = consigned.recipient,
                      .header_sha256 = sha256(consigned.consignment.header),
                      .actor = parts_.identity.actor(),
                      .reason = paper ? Reason::kPaper : Reason::kWithdrawn,
                      .detail = wish.reason,
                      .time = parts_.clock.now()};
      announce(ended, consigned.id.text());
    }
    recipients.push_back({{"org_code", consigned.recipient.org.text()},
                          {"unit_code", consigned.recipient.unit.text()},
                          {"state", text_of(consigned.state)}});
  }
  return Response::json(200, {{"recipients", std::move(recipients)}});
}

}  // namespace yizhan
