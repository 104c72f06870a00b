#include "ground/monitor/objects_check.h"

#include "ground/crypto/crypto.h"

namespace yizhan {

namespace {

Result<void> put_and_read(ObjectStore& objects) {
  Bytes bytes(4096);
  fill_random(bytes);
  const Sha256 name = sha256(bytes);
  objects.put(name, bytes);
  const Bytes found = objects.read(name, 0, bytes.size());
  objects.remove(name);
  if (found == bytes) return {};
  return Refusal{Reason::kInternal, "寫入資料目錄之內容讀不回來"};
}

}  // namespace

Readiness::Check objects_check(ObjectStore& objects) {
  return {"objects", [&objects] { return put_and_read(objects); }};
}

}  // namespace yizhan
