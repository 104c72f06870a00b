#include "role/exchange/centre_routes.h"

#include <algorithm>

#include "ground/control/control.h"
#include "role/exchange/requests.h"

namespace yizhan {

namespace {

constexpr RouteLimits kSmall{.body_bytes_max = 64U << 10};
constexpr RouteLimits kWithdrawal{.body_bytes_max = 256U << 10};
// Large bodies have the time that a line of 1 Mbit/s needs for them, and half as much again.
constexpr RouteLimits kOffer{.body_bytes_max = kEnvelopeBytesMax,
                             .deadline = std::chrono::minutes{7}};
constexpr RouteLimits kGroup{.body_bytes_max = kGroupBytes, .deadline = std::chrono::minutes{1}};

using Work = std::function<Result<Response>(const OfferingCentre&, const Request&)>;

Handler handle(const CentreDesk& desk, Work work) {
  return [desk, work = std::move(work)](const Request& request) {
    const Result<OfferingCentre> from =
        identify_centre(request.peer, *desk.directory.current(), desk.custody.now());
    if (!from) return Response::problem(from.refusal());
    Result<Response> answer = work(*from, request);
    return answer ? std::move(*answer) : Response::problem(answer.refusal());
  };
}

Result<Response> offer(const CentreDesk& desk, const OfferingCentre& from,
                       const Request& request) {
  YZ_TRY(desk.maintenance.check_open());
  YZ_TRY(check_distribution(desk.distributing));
  const RelayOffer offered = YZ_TRY(RelayOffer::parse(request.body));
  const TakeoverStatus status = YZ_TRY(desk.taking_over.offer(from, offered));
  return Response::json(200, status.describe());
}

Result<Response> put_group(const CentreDesk& desk, const OfferingCentre& from,
                           const Request& request) {
  const TakeoverId id = YZ_TRY(id_in<TakeoverNoun>(request, "relay"));
  const std::int64_t index = YZ_TRY(number_in(request.parameters.at("index")));
  const TakeoverStatus status =
      YZ_TRY(desk.taking_over.put_group(from, id, index, request.body));
  return Response::json(200, status.describe());
}

Result<Response> accept(const CentreDesk& desk, const OfferingCentre& from,
                        const Request& request) {
  const TakeoverId id = YZ_TRY(id_in<TakeoverNoun>(request, "relay"));
  return Response::json(200, YZ_TRY(desk.taking_over.accept(from, id)).describe());
}

Result<Response> withdraw(const CentreDesk& desk, const OfferingCentre& from,
                          const Request& request) {
  const Bytes cms = YZ_TRY(member_in(request, "withdrawal"));
  const SignedWithdrawal wish = YZ_TRY(open_withdrawal(cms));
  YZ_TRY(desk.holding.withdraw(wish, from.code));
  return Response::json(200, Json{{"taken", true}});
}

void add_retold_route(Router& router, const CentreDesk& desk) {
  router.add(Method::kPost, "/v1/evidence", kRetold,
             handle(desk, [desk](const OfferingCentre& from, const Request& request) {
               return recollect(desk.recollecting, from.code, request);
             }));
}

void add_news_route(Router& router, const CentreDesk& desk) {
  const auto centre_of = [desk](const Request& request) {
    return identify_centre(request.peer, *desk.directory.current(), desk.custody.now());
  };
  const TopicOf topic = [centre_of](const Request& request) {
    const Result<OfferingCentre> from = centre_of(request);
    return from ? news_topic(from->code) : std::string();
  };
  const WaitingHandler handler = [desk, centre_of](const Request& request,
                                                   bool last) -> std::optional<Response> {
    const Result<OfferingCentre> from = centre_of(request);
    if (!from) return Response::problem(from.refusal());
    return news_answer(desk.reading, from->code, request, last);
  };
  router.add_waiting(Method::kGet, "/v1/news", kSmall, {topic, handler});
}

}  // namespace

void add_centre_routes(Router& router, const CentreDesk& desk) {
  const auto add = [&](Method method, const char* path, const RouteLimits& limits, auto work) {
    router.add(method, path, limits,
               handle(desk, [desk, work](const OfferingCentre& from, const Request& request) {
                 return work(desk, from, request);
               }));
  };
  add(Method::kPost, "/v1/relays", kOffer, offer);
  add(Method::kPut, "/v1/relays/{relay}/groups/{index}", kGroup, put_group);
  add(Method::kPost, "/v1/relays/{relay}/acceptance", kSmall, accept);
  add(Method::kPost, "/v1/relays/withdrawals", kWithdrawal, withdraw);
  add_retold_route(router, desk);
  add_news_route(router, desk);
}

Result<OfferingCentre> identify_centre(const Peer& peer, const Directory& directory, Time now) {
  if (!peer.certificate) return Reason::kCertificateUnregistered;
  const Centre* centre = directory.find_centre_by_tls(peer.certificate->sha256(), now);
  if (centre == nullptr) return Reason::kCertificateUnregistered;
  if (centre->standing != Standing::kActive) return Refusal{Reason::kForbidden, centre->name};
  const auto& listed = centre->addresses;
  // One without a port dials management alone.
  const bool is_listed = centre->centre_port != 0 &&
                         std::find(listed.begin(), listed.end(), peer.address) != listed.end();
  if (!upheld("centre_address", is_listed)) {
    return Refusal{Reason::kUnlistedAddress, peer.address};
  }
  return OfferingCentre{centre->code, peer.address};
}

}  // namespace yizhan
