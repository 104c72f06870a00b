#include "model/line/centre_address.h"

namespace yizhan {

TlsIdentity tls_identity(const std::shared_ptr<SigningKey>& key, const Trust& trust) {
  std::vector<Certificate> chain = {key->certificate()};
  chain.insert(chain.end(), trust.intermediates.begin(), trust.intermediates.end());
  return {std::move(chain), TlsKey::from_signing_key(key).value()};
}

std::vector<Certificate> tls_anchors(const Trust& trust) {
  std::vector<Certificate> anchors = trust.anchors.roots();
  anchors.insert(anchors.end(), trust.intermediates.begin(), trust.intermediates.end());
  return anchors;
}

namespace {

CentreAddress address_at(const Centre& centre, int port, Time now) {
  CentreAddress address{centre.code.text(), centre.host, static_cast<std::uint16_t>(port), {}};
  for (const RegisteredCertificate& registered : centre.certificates) {
    // Those to come as well: the centre may change over while we run.
    if (registered.purpose == Purpose::kTls && now < registered.until) {
      address.certificates.push_back(registered.certificate.sha256());
    }
  }
  return address;
}

}  // namespace

CentreAddress address_of(const Centre& centre, Time now) {
  return address_at(centre, centre.terminal_port, now);
}

CentreAddress centre_address(const Directory& directory, const OrgCode& own, Time now) {
  const Agency* agency = directory.find(own);
  if (agency == nullptr) throw std::runtime_error("目錄沒有本機關：" + own.text());
  const Centre* centre = directory.find(agency->home_centre);
  if (centre == nullptr) {
    throw std::runtime_error("目錄沒有所屬交換中心：" + agency->home_centre.text());
  }
  CentreAddress address = address_of(*centre, now);
  if (address.certificates.empty()) {
    throw std::runtime_error("目錄沒有交換中心有效之連線憑證：" + address.name);
  }
  return address;
}

std::optional<CentreAddress> find_former_address(const Directory& directory, const OrgCode& own,
                                                 Time now) {
  const Agency* agency = directory.find(own);
  if (agency == nullptr || !agency->former) return std::nullopt;
  const CentreCode& code = agency->former->centre;
  const Centre* centre = directory.find(code);
  if (centre == nullptr || !agency->is_served_by(code, now)) return std::nullopt;
  CentreAddress address = address_of(*centre, now);
  if (address.certificates.empty()) return std::nullopt;
  return address;
}

std::optional<CentreAddress> find_relay_address(const Centre& centre, Time now) {
  if (centre.centre_port == 0) return std::nullopt;
  CentreAddress address = address_at(centre, centre.centre_port, now);
  if (address.certificates.empty()) return std::nullopt;
  return address;
}

Endpoint centre_endpoint(const CentreAddress& centre, const TlsIdentity& identity,
                         const Trust& trust) {
  Endpoint endpoint;
  endpoint.host = centre.host;
  endpoint.port = centre.port;
  endpoint.identity = identity;
  endpoint.anchors = tls_anchors(trust);
  endpoint.pinned_server_certificates = centre.certificates;
  return endpoint;
}

}  // namespace yizhan
