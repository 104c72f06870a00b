#include "role/terminal/desk.h"
#include "role/terminal/requests.h"

namespace yizhan {

namespace {

Result<ExportForm> form_in(const Request& request) {
  const auto found = request.query.find("form");
  const auto form = find_export_form(found == request.query.end() ? "folder" : found->second);
  if (!form) return Refusal{Reason::kBadRequest, "form 須為 folder 或 asic-e"};
  return *form;
}

Result<Response> export_document(const TerminalDesk& desk, const Request& request) {
  const DocumentId id = YZ_TRY(id_in<DocumentNoun>(request, "id"));
  const ExportForm form = YZ_TRY(form_in(request));
  return Response::json(201, YZ_TRY(desk.exports.export_document(id, form))->describe());
}

Result<Response> export_mail(const TerminalDesk& desk, const Request& request) {
  const DeliveryId id = YZ_TRY(id_in<DeliveryNoun>(request, "id"));
  const ExportForm form = YZ_TRY(form_in(request));
  return Response::json(201, YZ_TRY(desk.exports.export_mail(id, form))->describe());
}

Result<Response> find(const TerminalDesk& desk, const Request& request) {
  const ExportId id = YZ_TRY(id_in<ExportNoun>(request, "export"));
  return Response::json(200, YZ_TRY(desk.exports.find(id))->describe());
}

Result<Response> read_file(const TerminalDesk& desk, const Request& request) {
  const ExportId id = YZ_TRY(id_in<ExportNoun>(request, "export"));
  const ExportDesk::Held held = YZ_TRY(desk.exports.find(id));
  const std::size_t number = YZ_TRY(index_in(request, "n"));
  const Piece piece = YZ_TRY(piece_in(request));
  if (number >= held->files.size()) return Reason::kNotFound;
  return piece_response(desk.exports.read(held->files[number], piece.offset, piece.length));
}

}  // namespace

void add_export_routes(Router& router, const TerminalDesk& desk) {
  router.add(Method::kPost, "/api/v1/documents/{id}/export", kSmall,
             handle([desk](const Request& request) { return export_document(desk, request); }));
  router.add(Method::kPost, "/api/v1/inbox/{id}/export", kSmall,
             handle([desk](const Request& request) { return export_mail(desk, request); }));
  router.add(Method::kGet, "/api/v1/exports/{export}", kSmall,
             handle([desk](const Request& request) { return find(desk, request); }));
  router.add(Method::kGet, "/api/v1/exports/{export}/files/{n}", kSmall,
             handle([desk](const Request& request) { return read_file(desk, request); }));
}

}  // namespace yizhan
