#include "tests/hostile/hidden_malware.h"

// D10: malware in containers that can not be opened, or not in one way only.

namespace yizhan {
namespace {

class D10ClosedContainers : public HiddenMalware {};

TEST_F(D10ClosedContainers, AreHeldOrRefusedAndNeverClean) {
  ZipMember twice = packed("eicar.txt", eicar_test_file());
  twice.central_name = "harmless.txt";
  ZipMember unknown_packing = packed("eicar.txt", eicar_test_file());
  unknown_packing.method = 97;
  ZipMember broken_sum = packed("eicar.txt", eicar_test_file());
  broken_sum.checksum ^= 1;
  ZipMember locked = packed("eicar.txt", eicar_test_file());
  locked.flags |= 1;
  expect_never_clean(
      {{"two-names.zip", zip_of({twice})},
       {"unknown-packing.zip", zip_of({unknown_packing})},
       {"broken-sum.zip", zip_of({broken_sum})},
       {"locked.zip", zip_of({locked})},
       {"twice.zip", zip_of({packed("a.txt", "a"), packed("a.txt", eicar_test_file())})}});
}

}  // namespace
}  // namespace yizhan
