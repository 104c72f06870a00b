#include "role/exchange/terminal_routes.h"

#include <algorithm>

#include "ground/control/control.h"
#include "role/exchange/incident_tracing.h"
#include "role/exchange/requests.h"

namespace yizhan {

namespace {

constexpr RouteLimits kSmall{.body_bytes_max = 64U << 10};
constexpr RouteLimits kEvidence{.body_bytes_max = 256U << 10};
// Large bodies have the time that a line of 1 Mbit/s needs for them, and half as much again.
constexpr RouteLimits kEnvelope{.body_bytes_max = kEnvelopeBytesMax,
                                .deadline = std::chrono::minutes{7}};
constexpr RouteLimits kGroup{.body_bytes_max = kGroupBytes, .deadline = std::chrono::minutes{1}};

using Work = std::function<Result<Response>(const OrgCode&, const Request&)>;

// Every request of a terminal: who is it, then the work, then the answer or the refusal, of which
// only what may be said outside is said.
Handler handle(const TerminalDesk& desk, Work work) {
  return [desk, work = std::move(work)](const Request& request) {
    const Result<OrgCode> org =
        identify(request.peer, *desk.directory.current(), desk.custody.now());
    if (!org) return Response::problem(org.refusal());
    Result<Response> answer = work(*org, request);
    return answer ? std::move(*answer) : Response::problem(outward(answer.refusal()));
  };
}

Result<Response> submit(const TerminalDesk& desk, const OrgCode& org, const Request& request) {
  YZ_TRY(desk.maintenance.check_open());
  YZ_TRY(desk.attesting.standing().check_open());
  YZ_TRY(check_distribution(desk.distributing));
  Envelope envelope = YZ_TRY(Envelope::parse_submission(request.body));
  const SubmissionStatus status =
      YZ_TRY(desk.admission.submit({org, request.peer.address}, std::move(envelope)));
  return Response::json(status.seen_before ? 200 : 201, status.describe());
}

Result<Response> put_group(const TerminalDesk& desk, const OrgCode& org, const Request& request) {
  const SubmissionId id = YZ_TRY(id_in<SubmissionNoun>(request, "submission"));
  const std::int64_t index = YZ_TRY(number_in(request.parameters.at("index")));
  const SubmissionStatus status =
      YZ_TRY(desk.admission.put_group({org, request.peer.address}, id, index, request.body));
  return Response::json(200, status.describe());
}

Result<Response> lease(const TerminalDesk& desk, const OrgCode& org, const Request& request) {
  const DeliveryId id = YZ_TRY(id_in<DeliveryNoun>(request, "delivery"));
  const Json json = YZ_TRY(parse_json(request.body, {.bytes_max = 4096, .depth_max = 2}));
  Members members(json, "lease");
  const std::string octets = "application/octet-stream";
  const bool with_body = request.header("Accept") == octets;
  const LeaseWish wish{members.text("terminal"), members.text("key"), with_body};
  YZ_TRY(members.check());
  const Consignment consignment = YZ_TRY(desk.delivering.lease(org, id, wish));
  if (with_body) return bytes_response(consignment.answer(), octets);
  return bytes_response(consignment.json(), "application/json");
}

Result<Response> get_group(const TerminalDesk& desk, const OrgCode& org, const Request& request) {
  const DeliveryId id = YZ_TRY(id_in<DeliveryNoun>(request, "delivery"));
  const std::int64_t index = YZ_TRY(number_in(request.parameters.at("index")));
  return bytes_response(
      YZ_TRY(desk.delivering.group(org, id, query(request, "lease", ""), index)),
      "application/octet-stream");
}

Result<Response> withdraw(const TerminalDesk& desk, const OrgCode& org, const Request& request) {
  const MessageId id = YZ_TRY(id_in<MessageNoun>(request, "message"));
  const Bytes cms = YZ_TRY(member_in(request, "withdrawal"));
  const SignedWithdrawal wish = YZ_TRY(open_withdrawal(cms));
  if (wish.withdrawal.message != MessageKey{org, id}) return Reason::kForbidden;
  Json recipients = Json::array();
  for (const WithdrawalOutcome& outcome : YZ_TRY(desk.holding.withdraw(wish))) {
    recipients.push_back({{"org_code", outcome.addressee.org.text()},
                          {"unit_code", outcome.addressee.unit.text()},
                          {"state", text_of(outcome.state)}});
  }
  return Response::json(200, {{"recipients", std::move(recipients)}});
}

// 五(三)2: what its own scanner stopped, an agency tells its centre.
Result<Response> take_detection(const TerminalDesk& desk, const OrgCode& org,
                                const Request& request) {
  if (desk.incidents == nullptr) return Refusal{Reason::kNotFound, "本中心不受理惡意程式之通報"};
  const Bytes cms = YZ_TRY(member_in(request, "detection"));
  const SignedDetection given =
      YZ_TRY(open_detection(cms, *desk.directory.current(), desk.custody.now()));
  if (!upheld("detection_own", given.detection.agency == org)) {
    return Refusal{Reason::kForbidden, "惡意程式之通報限由偵測之機關為之"};
  }
  desk.database.transact([&](Transaction& tx) {
    desk.incidents->open(tx, finding_of(given, request.peer.address));
  });
  return Response::json(200, {{"taken", true}});
}

Result<Response> prove(const TerminalDesk& desk, const OrgCode& org, const Request& request) {
  const auto name = Sha256::from_hex(request.parameters.at("evidence"));
  if (!name) return Reason::kNotFound;
  std::optional<EvidenceRow> row;
  bool concerned = false;
  desk.database.read([&](Transaction& tx) {
    EvidenceStore& evidence = desk.custody.evidence();
    row = evidence.find(tx, *name);
    if (!row) return;
    const bool about_all = !row->recipient && evidence.has_recipient(tx, row->message, org);
    concerned = row->message.sender == org || about_all ||
                (row->recipient && row->recipient->org == org);
  });
  if (!concerned || !row->log_index) return Reason::kNotFound;
  const LogProof proof =
      YZ_TRY(desk.attesting.proving().prove(static_cast<std::uint64_t>(*row->log_index)));
  return bytes_response(proof.json(), "application/json");
}

Result<Response> directory(const TerminalDesk& desk, const Request& request) {
  const std::string tag = "\"" + std::to_string(desk.directory.current()->version()) + "\"";
  Response response = bytes_response({}, "application/pkcs7-mime");
  response.headers.emplace_back("ETag", tag);
  if (request.header("If-None-Match") == tag) {
    response.status = 304;
    return response;
  }
  response.body = desk.directory.signed_bytes();
  return response;
}

// Whether new documents are taken, and if not, why and how long.
Response status(const TerminalDesk& desk) {
  const auto maintenance = desk.maintenance.current();
  const Result<void> attested = desk.attesting.standing().check_open();
  const Result<void> handed_down = check_distribution(desk.distributing);
  Json json = {{"centre", desk.custody.centre().code.text()},
               {"time", desk.custody.now().text()},
               {"accepting", !maintenance && attested && handed_down}};
  if (maintenance) json["maintenance"] = maintenance->describe();
  if (!attested) json["log"] = attested.refusal().detail;
  if (!handed_down) json["distribution"] = handed_down.refusal().detail;
  return Response::json(200, json);
}

Response checkpoint(const TerminalDesk& desk) {
  const auto note = desk.attesting.checkpoint();
  if (!note) return Response::problem({Reason::kNotFound, "日誌尚無檢查點"});
  return bytes_response(note->bytes(), "text/plain; charset=utf-8");
}

// C2SP tlog-witness, for the logs of other centres.
Response add_checkpoint(const TerminalDesk& desk, const Request& request) {
  const Result<void> known = desk.attesting.check_asker(request.peer);
  if (!upheld("witness_asker", known)) return Response::problem(known.refusal());
  WitnessAnswer answer = desk.attesting.add_checkpoint(request.body);
  Response response = bytes_response(
      copy_of(bytes_of(answer.body)),
      std::string(answer.status == 409 ? WitnessAnswer::kSizeType : "text/plain; charset=utf-8"));
  response.status = answer.status;
  return response;
}

void add_log_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kPost, kWitnessPath, kSmall,
             [desk](const Request& request) { return add_checkpoint(desk, request); });
  router.add(Method::kGet, "/v1/log/checkpoint", kSmall,
             [desk](const Request&) { return checkpoint(desk); });
}

void add_submission_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kPost, "/v1/submissions", kEnvelope,
             handle(desk, [desk](const OrgCode& org, const Request& request) {
               return submit(desk, org, request);
             }));
  router.add(Method::kPut, "/v1/submissions/{submission}/groups/{index}", kGroup,
             handle(desk, [desk](const OrgCode& org, const Request& request) {
               return put_group(desk, org, request);
             }));
  router.add(Method::kGet, "/v1/submissions/{submission}", kSmall,
             handle(desk, [desk](const OrgCode& org, const Request& request) -> Result<Response> {
               const SubmissionId id = YZ_TRY(id_in<SubmissionNoun>(request, "submission"));
               const auto status = YZ_TRY(desk.admission.find({org, request.peer.address}, id));
               return Response::json(200, status.describe());
             }));
}

void add_delivery_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kPost, "/v1/deliveries/{delivery}/lease", kSmall,
             handle(desk, [desk](const OrgCode& org, const Request& request) {
               return lease(desk, org, request);
             }));
  router.add(Method::kGet, "/v1/deliveries/{delivery}/groups/{index}", kSmall,
             handle(desk, [desk](const OrgCode& org, const Request& request) {
               return get_group(desk, org, request);
             }));
  router.add(Method::kPost, "/v1/deliveries/{delivery}/completion", kEvidence,
             handle(desk, [desk](const OrgCode& org, const Request& request) -> Result<Response> {
               const DeliveryId id = YZ_TRY(id_in<DeliveryNoun>(request, "delivery"));
               const Bytes evidence = YZ_TRY(member_in(request, "evidence"));
               const State state = YZ_TRY(desk.delivering.complete(org, id, evidence));
               return Response::json(200, {{"state", text_of(state)}});
             }));
  router.add(Method::kPost, "/v1/deliveries/{delivery}/acknowledgement", kEvidence,
             handle(desk, [desk](const OrgCode& org, const Request& request) -> Result<Response> {
               const DeliveryId id = YZ_TRY(id_in<DeliveryNoun>(request, "delivery"));
               const Bytes evidence = YZ_TRY(member_in(request, "evidence"));
               const State state = YZ_TRY(desk.delivering.acknowledge(org, id, evidence));
               return Response::json(200, {{"state", text_of(state)}});
             }));
}

void add_message_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kGet, "/v1/messages/{message}", kSmall,
             handle(desk, [desk](const OrgCode& org, const Request& request) -> Result<Response> {
               const MessageId id = YZ_TRY(id_in<MessageNoun>(request, "message"));
               return Response::json(200, YZ_TRY(desk.reading.message(org, id)));
             }));
  router.add(Method::kPost, "/v1/messages/{message}/withdrawal", kEvidence,
             handle(desk, [desk](const OrgCode& org, const Request& request) {
               return withdraw(desk, org, request);
             }));
  router.add(Method::kPost, "/v1/evidence", kRetold,
             handle(desk, [desk](const OrgCode& org, const Request& request) {
               return recollect(desk.recollecting, org, request);
             }));
  router.add(Method::kPost, "/v1/detections", kSmall,
             handle(desk, [desk](const OrgCode& org, const Request& request) {
               return take_detection(desk, org, request);
             }));
  router.add(Method::kGet, "/v1/evidence/{evidence}/proof", kSmall,
             handle(desk, [desk](const OrgCode& org, const Request& request) {
               return prove(desk, org, request);
             }));
  router.add(Method::kGet, "/v1/status", kSmall,
             handle(desk, [desk](const OrgCode&, const Request&) -> Result<Response> {
               return status(desk);
             }));
  router.add(Method::kGet, "/v1/directory", kSmall,
             handle(desk, [desk](const OrgCode&, const Request& request) {
               return directory(desk, request);
             }));
}

RepositoryDesk mirror_of(const TerminalDesk& desk) {
  const auto org_of = [desk](const Request& request) {
    return identify(request.peer, *desk.directory.current(), desk.custody.now());
  };
  const Distributing& distributing = *desk.distributing;
  return {.admit = [org_of](const Request& request) -> Result<void> {
            YZ_TRY(org_of(request));
            return {};
          },
          .file = [&distributing](const std::string& at) { return distributing.file(at); },
          .version = [&distributing] { return distributing.standing().version; },
          .take_report = [org_of, &distributing](const Request& request) -> Result<void> {
            const OrgCode org = YZ_TRY(org_of(request));
            return distributing.take_report(request.body, org);
          }};
}

void add_news_route(Router& router, const TerminalDesk& desk) {
  const auto org_of = [desk](const Request& request) {
    return identify(request.peer, *desk.directory.current(), desk.custody.now());
  };
  const TopicOf topic = [org_of](const Request& request) {
    const Result<OrgCode> org = org_of(request);
    return org ? news_topic(*org) : std::string();
  };
  const WaitingHandler handler = [desk, org_of](const Request& request,
                                                bool last) -> std::optional<Response> {
    const Result<OrgCode> org = org_of(request);
    if (!org) return Response::problem(org.refusal());
    return news_answer(desk.reading, *org, request, last);
  };
  router.add_waiting(Method::kGet, "/v1/news", kSmall, {topic, handler});
}

}  // namespace

void add_terminal_routes(Router& router, const TerminalDesk& desk) {
  add_submission_routes(router, desk);
  add_delivery_routes(router, desk);
  add_message_routes(router, desk);
  add_news_route(router, desk);
  add_log_routes(router, desk);
  if (desk.distributing != nullptr) add_repository_routes(router, mirror_of(desk));
}

Result<OrgCode> identify(const Peer& peer, const Directory& directory, Time now) {
  if (!peer.certificate) return Reason::kCertificateUnregistered;
  const Agency* agency = directory.find_agency_by_tls(peer.certificate->sha256(), now);
  if (agency == nullptr) return Reason::kCertificateUnregistered;
  // 五(二)4: 以一對一固定 IP 位址為原則
  const auto& listed = agency->addresses;
  const bool is_listed = std::find(listed.begin(), listed.end(), peer.address) != listed.end();
  if (!upheld("source_address", is_listed)) {
    return Refusal{Reason::kUnlistedAddress, peer.address};
  }
  return agency->code;
}

}  // namespace yizhan
