#include "duty/certificate/certificate_book.h"

#include <algorithm>
#include <array>

#include "duty/certificate/listing.h"

namespace yizhan {

namespace {

const std::string kRenewal = "certificate_renewal";
const std::string kRenewed = "certificate_renewed";
const std::string kReporter = "management/certificates";
constexpr Milliseconds kWarned = std::chrono::hours{24 * 90};

constexpr std::array<std::pair<CertificateState, std::string_view>, 4> kStates{
    {{CertificateState::kValid, "valid"},
     {CertificateState::kEnding, "ending"},
     {CertificateState::kExpired, "expired"},
     {CertificateState::kUnlisted, "unlisted"}}};

// A card of an officer is replaced by another one of the same officer, not of a colleague.
bool is_same_use(const RegisteredCertificate& one, const CertificateLine& line) {
  return one.purpose == line.purpose && one.holder == line.holder;
}

void add_lines(const CertificateLine& party, const Certificates& registered,
               std::vector<CertificateLine>& lines) {
  const auto begin = static_cast<std::ptrdiff_t>(lines.size());
  for (const RegisteredCertificate& one : registered) {
    const auto known = std::find_if(lines.begin() + begin, lines.end(), [&](const auto& line) {
      return is_same_use(one, line);
    });
    CertificateLine line = party;
    line.purpose = one.purpose;
    line.holder = one.holder;
    line.certificate = one.certificate.sha256();
    line.ends = end_of(one);
    if (known == lines.end()) {
      lines.push_back(std::move(line));
    } else if (known->ends < line.ends) {
      *known = std::move(line);
    }
  }
}

Json describe_line(const CertificateLine& line, Time now) {
  Json all = {{"layer", line.layer},
              {"node", line.node},
              {"name", line.name},
              {"centre", line.centre.text()},
              {"purpose", text_of(line.purpose)},
              {"certificate", line.certificate.hex()},
              {"ends", line.ends.text()},
              {"state", text_of(state_of(line.ends, now))}};
  if (!line.holder.empty()) all["holder"] = line.holder;
  return all;
}

}  // namespace

std::string_view text_of(CertificateState state) {
  return std::ranges::find(kStates, state, &decltype(kStates)::value_type::first)->second;
}

CertificateState state_of(Time ends, Time now) {
  if (ends - now > kWarned) return CertificateState::kValid;
  if (now < ends) return CertificateState::kEnding;
  return is_listed(ends, now) ? CertificateState::kExpired : CertificateState::kUnlisted;
}

std::string CertificateLine::party() const {
  return std::string(layer == "exchange" ? kCentreParty : kAgencyParty) + node;
}

std::string CertificateLine::subject() const {
  return party() + "/" + std::string(text_of(purpose)) + (holder.empty() ? "" : "/" + holder);
}

std::vector<CertificateLine> certificate_lines(const Directory& directory) {
  std::vector<CertificateLine> lines;
  for (const auto& [code, centre] : directory.centres()) {
    if (centre.standing == Standing::kClosed) continue;
    add_lines({"exchange", code.text(), centre.name, code, {}, {}, {}, {}}, centre.certificates,
              lines);
  }
  for (const auto& [code, agency] : directory.agencies()) {
    if (agency.standing == Standing::kClosed) continue;
    add_lines({"terminal", code.text(), agency.name, agency.home_centre, {}, {}, {}, {}},
              agency.certificates, lines);
  }
  return lines;
}

// Counted from 90 days before its end, so that the day on which it is due is the last one.
void CertificateBook::open(Transaction& tx, const CertificateLine& line) const {
  const Time now = parts_.clock.now();
  if (state_of(line.ends, now) == CertificateState::kValid) return;
  const std::string hex = line.certificate.hex();
  if (Obligations::find(tx, {kRenewal, line.subject(), hex})) return;
  parts_.obligations.open_on(tx, {kRenewal, hex, line.ends - kWarned},
                             {line.subject(), line.party()}, now);
}

const Certificates& CertificateBook::registered(const Directory& directory,
                                                const CertificateLine& line) const {
  if (line.layer == "exchange") return directory.find(line.centre)->certificates;
  return directory.find(OrgCode::parse(line.node).value())->certificates;
}

// What was owed for a certificate that another one has followed is done by that one.
void CertificateBook::end_earlier(Transaction& tx, const CertificateLine& line,
                                  const Certificates& all) const {
  const Time now = parts_.clock.now();
  for (const RegisteredCertificate& one : all) {
    const Sha256 sha256 = one.certificate.sha256();
    if (!is_same_use(one, line) || sha256 == line.certificate) continue;
    const auto owed = Obligations::find(tx, {kRenewal, line.subject(), sha256.hex()});
    if (!owed || owed->state == ObligationState::kDone) continue;
    const Fact fact{kRenewed,
                    line.subject(),
                    {{"certificate", line.certificate.hex()}, {"ends", line.ends.text()}},
                    kReporter,
                    Facts::next_sequence(tx, kReporter),
                    now};
    const Result<FactId> id = facts_.report(tx, fact, {kReporter, now});
    const Result<void> done =
        parts_.obligations.finish(tx, owed->id, ObligationProof::of(id.value()), {kReporter, now});
    YZ_ASSERT(done.ok());
  }
}

void CertificateBook::tend() {
  const auto directory = parts_.directory.current();
  const std::pair now{directory->version(), day_of(parts_.clock.now())};
  if (now == tended_) return;
  const std::vector<CertificateLine> lines = certificate_lines(*directory);
  parts_.database.transact([&](Transaction& tx) {
    for (const CertificateLine& line : lines) {
      open(tx, line);
      end_earlier(tx, line, registered(*directory, line));
    }
  });
  tended_ = now;
}

Json CertificateBook::describe(const Covers& covers) const {
  const Time now = parts_.clock.now();
  Json items = Json::array();
  for (const CertificateLine& line : certificate_lines(*parts_.directory.current())) {
    if (covers(line)) items.push_back(describe_line(line, now));
  }
  return {{"time", now.text()}, {"items", std::move(items)}};
}

std::vector<Metric> CertificateBook::metrics() const {
  std::map<CertificateState, double> counts;
  const Time now = parts_.clock.now();
  for (const CertificateLine& line : certificate_lines(*parts_.directory.current())) {
    counts[state_of(line.ends, now)] += 1;
  }
  Metric metric{"yizhan_registered_certificates",
                "uses of certificates by centres and agencies, by how long the last one holds", {}};
  for (const auto& [state, text] : kStates) {
    metric.samples.push_back({{{"state", std::string(text)}}, counts[state]});
  }
  return {std::move(metric)};
}

}  // namespace yizhan
