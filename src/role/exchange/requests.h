#pragma once

#include "ground/json/json.h"
#include "ground/net/net.h"
#include "way/admit/admit.h"
#include "way/deliver/deliver.h"

// What a request carries, and how news is answered: for the routes of terminals and of centres.

namespace yizhan {

template <class Noun>
Result<Id<Noun>> id_in(const Request& request, const std::string& name) {
  const auto id = Id<Noun>::parse(request.parameters.at(name));
  if (!id) return Reason::kNotFound;
  return *id;
}

// kBadRequest
Result<std::int64_t> number_in(const std::string& text);
std::string query(const Request& request, const std::string& name, const std::string& fallback);
// A body of that one member, base64. kMalformed
Result<Bytes> member_in(const Request& request, const std::string& member);
Response bytes_response(Bytes body, std::string type);

inline constexpr RouteLimits kRetold{.body_bytes_max = Retold::kBytesMax};
// POST /v1/evidence, of an agency or a centre.
template <class Party>
Result<Response> recollect(Recollecting& recollecting, const Party& from, const Request& request) {
  const Retold retold = YZ_TRY(Retold::parse(request.body));
  const bool known = YZ_TRY(recollecting.take(from, retold));
  return Response::json(200, {{"known", known}});
}

// What wakes those who wait for that list.
std::string news_topic(const NewsReader& reader);
// nullopt: nothing yet, and not the last chance.
std::optional<Response> news_answer(Reading& reading, const NewsReader& reader,
                                    const Request& request, bool last);

}  // namespace yizhan
