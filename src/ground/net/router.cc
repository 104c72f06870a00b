#include "ground/net/router.h"

#include <algorithm>
#include <set>

namespace yizhan {

namespace {

// "/a/b" -> a, b; "/" -> nothing. The path begins with "/" and has no empty segment inside.
std::vector<std::string> split(std::string_view path) {
  YZ_ASSERT(path.starts_with('/'));
  std::vector<std::string> segments;
  while (path.size() > 1) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

std::string_view parameter_name(std::string_view segment) {
  YZ_ASSERT(segment.size() > 2 && segment.ends_with('}'));
  return segment.substr(1, segment.size() - 2);
}

bool matches(const Route& route, const std::vector<std::string>& segments) {
  return std::ranges::equal(route.segments, segments, [](const auto& pattern, const auto& segment) {
    return is_parameter(pattern) || pattern == segment;
  });
}

// The pattern that is written out where the other has its first {name} comes first.
bool more_exact(const Route& a, const Route& b) {
  return std::ranges::lexicographical_compare(a.segments, b.segments, {}, is_parameter,
                                              is_parameter);
}

bool same_paths(const Route& a, const Route& b) {
  return std::ranges::equal(a.segments, b.segments, [](const auto& x, const auto& y) {
    return is_parameter(x) ? is_parameter(y) : x == y;
  });
}

std::string list_of(const std::set<Method>& methods) {
  std::string list;
  for (const Method method : methods) {
    list.append(list.empty() ? "" : ", ").append(name_of(method));
  }
  return list;
}

}  // namespace

Wakeups::Subscription::Subscription(Wakeups* owner, std::string topic, std::uint64_t number)
    : owner_(owner), topic_(std::move(topic)), number_(number) {}

Wakeups::Subscription::Subscription(Subscription&& other) noexcept { *this = std::move(other); }

Wakeups::Subscription& Wakeups::Subscription::operator=(Subscription&& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(topic_, other.topic_);
  std::swap(number_, other.number_);
  return *this;
}

Wakeups::Subscription::~Subscription() {
  if (owner_ != nullptr) owner_->remove(topic_, number_);
}

void Wakeups::notify(const std::string& topic) {
  std::vector<std::function<void()>> wakers;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = topics_.find(topic);
    if (found == topics_.end()) return;
    for (const auto& [number, wake] : found->second) wakers.push_back(wake);
  }
  // Outside the lock: a waker may take its owner's lock.
  for (const auto& wake : wakers) wake();
}

Wakeups::Subscription Wakeups::subscribe(const std::string& topic, std::function<void()> wake) {
  const std::scoped_lock lock(mutex_);
  topics_[topic].emplace(++last_number_, std::move(wake));
  return {this, topic, last_number_};
}

std::size_t Wakeups::waiting() const {
  const std::scoped_lock lock(mutex_);
  std::size_t count = 0;
  for (const auto& [topic, wakers] : topics_) count += wakers.size();
  return count;
}

void Wakeups::remove(const std::string& topic, std::uint64_t number) {
  std::function<void()> ended;  // destroyed outside the lock: it may own its subscriber
  const std::scoped_lock lock(mutex_);
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  if (auto waker = found->second.extract(number)) ended = std::move(waker.mapped());
  if (found->second.empty()) topics_.erase(found);
}

void Router::add(Method method, std::string_view pattern, RouteLimits limits, Handler handler) {
  YZ_ASSERT(handler && method != Method::kHead);  // HEAD is answered by GET
  insert({.method = method,
          .segments = split(pattern),
          .limits = limits,
          .handler = std::move(handler),
          .topic_of = {},
          .waiting = {}});
}

void Router::add_waiting(Method method, std::string_view pattern, RouteLimits limits,
                         std::pair<TopicOf, WaitingHandler> what) {
  YZ_ASSERT(what.first && what.second && method != Method::kHead);
  insert({.method = method,
          .segments = split(pattern),
          .limits = limits,
          .handler = {},
          .topic_of = std::move(what.first),
          .waiting = std::move(what.second)});
}

void Router::insert(Route route) {
  for (const auto& other : routes_) {
    YZ_ASSERT(other->method != route.method || !same_paths(*other, route));
  }
  routes_.push_back(std::make_unique<Route>(std::move(route)));
}

Router::Found Router::find(Method method, std::string_view path) const {
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  const auto segments = split(path);
  Found found;
  std::set<Method> methods;
  for (const auto& route : routes_) {
    if (!matches(*route, segments)) continue;
    methods.insert(route->method);
    if (route->method == Method::kGet) methods.insert(Method::kHead);
    if (route->method != wanted) continue;
    if (found.route == nullptr || more_exact(*route, *found.route)) found.route = route.get();
  }
  found.allow = list_of(methods);
  if (found.route == nullptr) return found;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string& pattern = found.route->segments[i];
    if (is_parameter(pattern)) found.parameters[std::string(parameter_name(pattern))] = segments[i];
  }
  return found;
}

}  // namespace yizhan
