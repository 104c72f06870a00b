#include "role/terminal/export_desk.h"

#include <algorithm>

#include "ground/json/json.h"

namespace yizhan {

namespace {

constexpr std::size_t kHeldMax = 8;
constexpr Milliseconds kHeldFor = std::chrono::hours{1};
constexpr std::size_t kRevocationBytesMax = 16U << 20;

Refusal not_yet(std::string detail) { return {Reason::kStepNotAllowed, std::move(detail)}; }

// A.1 or A.2, once it is signed: without one an export proves nothing.
bool decides(const EvidenceRow& row) {
  return row.cms && (row.kind == text_of(EvidenceType::kSubmissionAcceptance) ||
                     row.kind == text_of(EvidenceType::kSubmissionRejection));
}

// Withdrawn or refused before the centre said a word, or sealed anew: nobody holds evidence of it.
bool never_travelled(const OutgoingPackage& package) {
  return package.state == PackageState::kDiscarded || package.state == PackageState::kRejected;
}

}  // namespace

Json Export::describe() const {
  Json items = Json::array();
  for (const ExportFile& file : files) {
    items.push_back({{"name", file.name}, {"size", file.size}, {"sha256", file.sha256.hex()}});
  }
  return {{"export", id.text()}, {"files", std::move(items)}};
}

Result<ExportDesk::Held> ExportDesk::export_document(const DocumentId& id, ExportForm form) {
  std::vector<OutgoingPackage> outgoing;
  std::vector<std::vector<EvidenceRow>> evidence;
  const bool known = parts_.database.read([&](Transaction& tx) {
    if (!outbox_.find(tx, id)) return false;
    outgoing = outbox_.packages_of(tx, id);
    evidence.clear();
    for (const OutgoingPackage& package : outgoing) {
      evidence.push_back(evidence_.of_message(tx, {parts_.own, package.id}));
    }
    return true;
  });
  if (!known) return Reason::kNotFound;
  std::vector<ExportedPackage> packages;
  for (std::size_t i = 0; i < outgoing.size(); ++i) {
    const bool decided = std::any_of(evidence[i].begin(), evidence[i].end(), decides);
    if (!decided && never_travelled(outgoing[i])) continue;
    if (!decided) return not_yet("公文尚有部分未獲交換中心受理，請於受理後再匯出");
    packages.push_back(YZ_TRY(package_of(outgoing[i], std::move(evidence[i]))));
  }
  if (packages.empty()) return not_yet("公文尚未封裝或未曾送達交換中心，沒有可匯出之證據");
  return make(ExportRole::kSender, std::move(packages), form);
}

Result<ExportDesk::Held> ExportDesk::export_mail(const DeliveryId& id, ExportForm form) {
  std::vector<EvidenceRow> evidence;
  const auto mail = parts_.database.read([&](Transaction& tx) {
    auto found = inbox_.find(tx, id);
    if (found) evidence = evidence_.for_recipient(tx, found->message, found->recipient);
    return found;
  });
  if (!mail) return Reason::kNotFound;
  if (!mail->consignment || !mail->received) return not_yet("公文尚未收取，沒有內容可匯出");
  std::vector<ExportedPackage> packages;
  packages.push_back(YZ_TRY(package_of(*mail, std::move(evidence))));
  return make(ExportRole::kRecipient, std::move(packages), form);
}

Result<ExportedPackage> ExportDesk::package_of(const OutgoingPackage& outgoing,
                                               std::vector<EvidenceRow> evidence) const {
  Envelope envelope = YZ_TRY(Envelope::parse(outgoing.envelope));
  Bytes manifest = YZ_TRY(manifest_of(envelope.header));
  return ExportedPackage{std::move(envelope.header), place_leaves(envelope.leaves),
                         std::move(envelope.groups), std::move(manifest), std::move(evidence)};
}

Result<ExportedPackage> ExportDesk::package_of(const Mail& mail,
                                               std::vector<EvidenceRow> evidence) const {
  const Bytes kept = parts_.objects.read(*mail.consignment, 0, kConsignmentBytesMax);
  Consignment consignment = YZ_TRY(Consignment::parse(kept));
  Bytes manifest = YZ_TRY(manifest_of(consignment.header));
  return ExportedPackage{std::move(consignment.header), {std::move(consignment.placed)},
                         std::move(consignment.groups), std::move(manifest), std::move(evidence)};
}

// Kept under its digest, which the signed header names.
Result<Bytes> ExportDesk::manifest_of(ByteView header) const {
  const SealedHeader sealed = YZ_TRY(open_header(header));
  return parts_.objects.read(sealed.header.plaintext_root, 0, kPackageLimits.manifest_bytes_max);
}

std::vector<Bytes> ExportDesk::revocation_lists() const {
  std::vector<Bytes> lists;
  const std::filesystem::path folder = parts_.trust_folder / "revocation";
  for (const std::string& name : list_files(folder)) {
    lists.push_back(read_file(folder / name, kRevocationBytesMax));
  }
  return lists;
}

// What was fetched in time shows the stamp of those minutes. Without one, the centre may have more
// to show by now; but an export does not wait for a centre that is away.
std::function<Result<LogProof>(const Sha256&)> ExportDesk::proofs() const {
  return [this, reachable = true](const Sha256& evidence) mutable -> Result<LogProof> {
    auto kept = parts_.database.read(
        [&](Transaction& tx) { return ProofStore().find(tx, evidence); });
    if (kept && !kept->timestamps.empty()) return std::move(*kept);
    if (reachable) {
      Result<LogProof> fresh = parts_.prove(evidence);
      if (fresh) return fresh;
      reachable = fresh.reason() != Reason::kUnavailable;
    }
    if (kept) return std::move(*kept);
    return Reason::kNotFound;
  };
}

Result<ExportDesk::Held> ExportDesk::make(ExportRole role, std::vector<ExportedPackage> packages,
                                          ExportForm form) {
  const Time now = parts_.clock.now();
  // A newer one may come into force between the two questions.
  auto directory = parts_.directory.current();
  Bytes signed_directory = parts_.directory.signed_bytes();
  while (directory != parts_.directory.current()) {
    directory = parts_.directory.current();
    signed_directory = parts_.directory.signed_bytes();
  }
  const ExportSources sources{.role = role,
                              .exporter = parts_.own,
                              .packages = std::move(packages),
                              .directory = std::move(signed_directory),
                              .directory_version = directory->version(),
                              .intermediates = parts_.trust.current()->intermediates,
                              .revocation_lists = revocation_lists(),
                              .prove = proofs(),
                              .form = form};
  auto built = YZ_TRY(build_export(sources, parts_.key, now));
  auto made =
      std::make_shared<const Export>(Export{ExportId::generate(now), now, std::move(built)});
  const std::lock_guard lock(mutex_);
  held_.push_front(made);
  if (held_.size() > kHeldMax) held_.pop_back();
  return made;
}

Result<ExportDesk::Held> ExportDesk::find(const ExportId& id) {
  const Time oldest = parts_.clock.now() - kHeldFor;
  const std::lock_guard lock(mutex_);
  held_.remove_if([&](const Held& held) { return held->made < oldest; });
  const auto found =
      std::find_if(held_.begin(), held_.end(), [&](const Held& held) { return held->id == id; });
  if (found == held_.end()) return Refusal{Reason::kNotFound, "匯出已逾時，請重新匯出"};
  return *found;
}

Bytes ExportDesk::read(const ExportFile& file, std::uint64_t offset, std::size_t length) const {
  if (!file.bytes) return parts_.objects.read(file.sha256, offset, length);
  if (offset >= file.bytes->size()) return {};
  const ByteView rest = ByteView(*file.bytes).subspan(static_cast<std::size_t>(offset));
  return copy_of(rest.first(std::min(length, rest.size())));
}

}  // namespace yizhan
