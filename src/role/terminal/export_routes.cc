#include "role/terminal/desk.h"
#include "role/terminal/requests.h"

namespace yizhan {

namespace {

Result<Response> export_document(const TerminalDesk& desk, const Request& request) {
  const DocumentId id = YZ_TRY(id_in<DocumentNoun>(request, "id"));
  return Response::json(201, YZ_TRY(desk.exports.export_document(id))->describe());
}

Result<Response> export_mail(const TerminalDesk& desk, const Request& request) {
  const DeliveryId id = YZ_TRY(id_in<DeliveryNoun>(request, "id"));
  return Response::json(201, YZ_TRY(desk.exports.export_mail(id))->describe());
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
