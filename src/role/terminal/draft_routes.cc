#include "role/terminal/desk.h"
#include "role/terminal/requests.h"
#include "way/seal/seal.h"

namespace yizhan {

namespace {

// Large bodies have the time that a line of 1 Mbit/s needs for them, and half as much again.
constexpr RouteLimits kPiece{.body_bytes_max = static_cast<std::size_t>(kPieceBytesMax),
                             .deadline = std::chrono::minutes{1}};
constexpr std::size_t kOrderBytesMax = 4U << 20;
constexpr RouteLimits kOrder{.body_bytes_max = kOrderBytesMax, .deadline = std::chrono::minutes{1}};
constexpr std::size_t kValidationBytesMax = 18U << 20;  // three files of 4 MiB in base64
constexpr RouteLimits kValidation{.body_bytes_max = kValidationBytesMax,
                                  .deadline = std::chrono::minutes{4}};
// Answered at once; the rest of a long 分繕 is judged before it is sealed.
constexpr std::size_t kCheckedAtOnce = 16;

Result<Response> put_piece(const TerminalDesk& desk, const Request& request) {
  const DraftId id = YZ_TRY(id_in<DraftNoun>(request, "draft"));
  const Piece piece = YZ_TRY(piece_in(request));
  const std::uint64_t size = YZ_TRY(
      desk.drafting.put(id, {request.parameters.at("name"), piece.offset, request.body}));
  return Response::json(200, {{"size", size}});
}

std::vector<std::string> names_in(Members& members, const char* list) {
  std::vector<std::string> names;
  if (!members.has(list)) return names;
  for (const Json& name : members.array(list)) {
    if (!name.is_string()) members.refuse(list, "須為檔名");
    else names.push_back(name.get<std::string>());
  }
  return names;
}

Result<SendingWish::NamedPair> parse_pair(const Json& json) {
  Members m(json, "pairs");
  SendingWish::NamedPair pair{.di = m.text("di"),
                              .sw = m.optional_text("sw").value_or(""),
                              .files = names_in(m, "files"),
                              .dm = m.optional_text("dm").value_or(""),
                              .renditions = names_in(m, "renditions")};
  YZ_TRY(m.check());
  return pair;
}

Result<std::optional<Resend>> parse_resend(Members& members, const Json& json) {
  if (!members.has("resend")) return std::optional<Resend>();
  Members m(json.at("resend"), "resend");
  const auto of = m.parsed<MessageId>("of", MessageId::parse);
  const std::string reason = m.text("reason");
  YZ_TRY(m.check());
  return std::optional(Resend{*of, reason});
}

Result<std::map<std::string, Sha256>> parse_digests(Members& members, const Json& json) {
  std::map<std::string, Sha256> digests;
  if (!members.has("digests")) return digests;
  for (const auto& [name, value] : json.at("digests").items()) {
    const auto digest =
        value.is_string() ? Sha256::from_hex(value.get<std::string>()) : std::nullopt;
    if (!digest) return Refusal{Reason::kMalformed, "digests 須為檔名與其 SHA-256"};
    digests.emplace(name, *digest);
  }
  return digests;
}

Result<PaperChoice> parse_paper(Members& members, const Json& json) {
  if (!members.has("paper")) return PaperChoice();
  return PaperChoice::parse(json.at("paper"));
}

Result<SendingWish> wish_in(const TerminalDesk& desk, const Request& request) {
  const Json json = YZ_TRY(body_in(request, kOrderBytesMax));
  Members members(json, "sending");
  SendingWish wish;
  wish.key = request.header("Idempotency-Key").value_or("");
  const std::string unit = members.optional_text("unit_code").value_or("");
  wish.person = YZ_TRY(person_in(members, desk.person));
  const Json& pairs = members.array("pairs");
  wish.resend = YZ_TRY(parse_resend(members, json));
  wish.digests = YZ_TRY(parse_digests(members, json));
  wish.paper = YZ_TRY(parse_paper(members, json));
  YZ_TRY(members.check());
  wish.unit = YZ_TRY(UnitCode::parse(unit));
  for (const Json& pair : pairs) wish.pairs.push_back(YZ_TRY(parse_pair(pair)));
  return wish;
}

// What is wrong with the documents, each with the file that it is about; who gets them on paper.
struct Judged {
  Json issues = Json::array();
  std::vector<PaperRecipient> paper = {};
};

Result<Judged> judge(const TerminalDesk& desk, const Drafting::Composed& composed) {
  Judged judged;
  const SendingOrder& order = composed.order;
  for (std::size_t i = 0; i < std::min(order.pairs.size(), kCheckedAtOnce); ++i) {
    const auto files = desk.drafting.open_documents(composed, order.pairs[i]);
    CheckedDocument checked = YZ_TRY(desk.check.check({order.pairs[i].files, files, order.paper,
                                                       order.resend.has_value(),
                                                       static_cast<std::int64_t>(i)}));
    for (const InspectionIssue& issue : checked.issues) judged.issues.push_back(describe(issue));
    std::ranges::move(checked.paper, std::back_inserter(judged.paper));
  }
  if (order.pairs.size() > kCheckedAtOnce) return judged;
  for (const InspectionIssue& issue : check_choice(order.paper, judged.paper)) {
    judged.issues.push_back(describe(issue));
  }
  return judged;
}

Response issues_response(const Request& request, const Json& issues) {
  const Refusal refusal{Reason::kDocumentInvalid, issues.front().at("message").get<std::string>()};
  Response response = Response::problem(refusal);
  Json problem = Json::parse(text_of(response.body));
  problem["trace_id"] = request.id;
  problem["issues"] = issues;
  response.body = copy_of(bytes_of(problem.dump()));
  response.refusal.reset();  // or the server would write the body anew
  return response;
}

Result<Response> send(const TerminalDesk& desk, const Request& request) {
  const DraftId id = YZ_TRY(id_in<DraftNoun>(request, "draft"));
  const SendingWish wish = YZ_TRY(wish_in(desk, request));
  const Drafting::Composed composed = YZ_TRY(desk.drafting.compose(id, wish));
  const Judged judged = YZ_TRY(judge(desk, composed));
  if (!judged.issues.empty()) return issues_response(request, judged.issues);
  const Sending sending = YZ_TRY(desk.drafting.hand_in(composed));
  desk.bell.ring();
  Json document = sending.describe();
  document["packages"] = Json::array();
  document["paper_recipients"] = describe(judged.paper);
  document["warnings"] = Json::array();
  for (const Pair& pair : composed.order.pairs) {
    for (Json& warning : warnings_about(pair.files)) {
      document["warnings"].push_back(std::move(warning));
    }
  }
  return Response::json(202, document);
}

// The parts of a validation: nothing is stored.
struct Question {
  std::vector<Part> parts;
  std::vector<FileHandle> files;
  PaperChoice paper = {};

  void add(PartKind kind, const std::string& name, const Bytes& bytes) {
    parts.push_back({name, "application/xml", kind, bytes.size(), sha256(bytes)});
    files.push_back(memory_file("validation"));
    files.back().append(bytes);
    files.back().seal();
  }
};

Result<Question> question_in(const Request& request) {
  const Json json = YZ_TRY(body_in(request, kValidationBytesMax));
  Members members(json, "validation");
  Question question;
  question.add(PartKind::kDi, "document.di", members.base64("di"));
  if (members.has("sw")) question.add(PartKind::kSw, "document.sw", members.base64("sw"));
  if (members.has("dm")) {
    question.add(PartKind::kDm, members.text("dm_name"), members.base64("dm"));
  }
  static const Json kNone = Json::array();
  const Json& files = members.has("files") ? members.array("files") : kNone;
  question.paper = YZ_TRY(parse_paper(members, json));
  YZ_TRY(members.check());
  for (const Json& item : files) {
    Members m(item, "files");
    const std::string name = m.text("name");
    const auto size = static_cast<std::uint64_t>(m.integer("size", {.min = 0}));
    const bool is_rendition = m.has("rendition") && m.flag("rendition");
    YZ_TRY(m.check());
    question.parts.push_back(
        {name, "", is_rendition ? PartKind::kRendition : PartKind::kAttachment, size, {}});
    question.files.emplace_back();
  }
  return question;
}

Result<Response> validate(const TerminalDesk& desk, const Request& request) {
  const Question question = YZ_TRY(question_in(request));
  const CheckedDocument checked =
      YZ_TRY(desk.check.check({question.parts, question.files, question.paper}));
  Json issues = Json::array();
  for (const InspectionIssue& issue : checked.issues) issues.push_back(describe(issue));
  Json json = {{"valid", issues.empty()},
               {"issues", std::move(issues)},
               {"warnings", warnings_about(question.parts)}};
  if (checked.facts) {
    json["document"] = describe(*checked.facts);
    json["document"]["paper_recipients"] = describe(checked.paper);
  }
  return Response::json(200, json);
}

Result<Response> find(const TerminalDesk& desk, const Request& request) {
  const DraftId id = YZ_TRY(id_in<DraftNoun>(request, "draft"));
  return Response::json(200, YZ_TRY(desk.drafting.find(id)).describe());
}

Result<Response> discard(const TerminalDesk& desk, const Request& request) {
  desk.drafting.discard(YZ_TRY(id_in<DraftNoun>(request, "draft")));
  return Response{.status = 204};
}

Result<Response> remove_file(const TerminalDesk& desk, const Request& request) {
  desk.drafting.remove_file(YZ_TRY(id_in<DraftNoun>(request, "draft")),
                            request.parameters.at("name"));
  return Response{.status = 204};
}

}  // namespace

void add_draft_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kPost, "/api/v1/drafts", kSmall, handle([desk](const Request&) {
               return Response::json(201, desk.drafting.begin().describe());
             }));
  router.add(Method::kGet, "/api/v1/drafts/{draft}", kSmall,
             handle([desk](const Request& request) { return find(desk, request); }));
  router.add(Method::kDelete, "/api/v1/drafts/{draft}", kSmall,
             handle([desk](const Request& request) { return discard(desk, request); }));
  router.add(Method::kPut, "/api/v1/drafts/{draft}/files/{name}", kPiece,
             handle([desk](const Request& request) { return put_piece(desk, request); }));
  router.add(Method::kDelete, "/api/v1/drafts/{draft}/files/{name}", kSmall,
             handle([desk](const Request& request) { return remove_file(desk, request); }));
  router.add(Method::kPost, "/api/v1/drafts/{draft}/sending", kOrder,
             handle([desk](const Request& request) { return send(desk, request); }));
  router.add(Method::kPost, "/api/v1/validation", kValidation,
             handle([desk](const Request& request) { return validate(desk, request); }));
}

}  // namespace yizhan
