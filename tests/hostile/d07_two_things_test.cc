#include "tests/hostile/hidden_malware.h"

// D07: files that are two things at once, one of them malware.

namespace yizhan {
namespace {

class D07TwoThings : public HiddenMalware {};

TEST_F(D07TwoThings, InOneFileAreFoundOrHeld) {
  const std::string zip(text_of(eicar_in_zip()));
  const std::string program = "MZ garbage";
  expect_never_clean(
      {{"in-front.zip", ZipMaker().raw(program).add(stored("a", "a")).make()},
       {"behind.zip", ZipMaker().add(packed("eicar.txt", eicar_test_file())).make("a comment")},
       {"unlisted.zip", ZipMaker().raw(zip).add(packed("a.txt", "a")).make()},
       {"picture.png", copy_of(bytes_of("\x89PNG\r\n\x1a\n" + zip))},
       {"picture.gif", copy_of(bytes_of("GIF89a" + zip))},
       {"document.pdf", copy_of(bytes_of(kSmallPdf + zip))},
       {"program.pdf", copy_of(bytes_of(program + kSmallPdf))},
       {"text.txt", copy_of(bytes_of(std::string(kSmallPdf) + zip))}});
}

TEST_F(D07TwoThings, UnderTheNameOfAnotherTypeAreRefused) {
  const Bytes pdf = copy_of(bytes_of(kSmallPdf));
  for (const char* name : {"a.txt", "a.odt", "a.zip", "a.jpg"}) {
    EXPECT_NE(scanned(name, pdf), "clean") << name;
  }
  for (const char* name : {"a.exe", "a.pdf.exe", "a.pdf.js", "a.scr"}) {
    EXPECT_NE(scanned(name, pdf), "clean") << name;
  }
  EXPECT_EQ(scanned("a.pdf", pdf), "clean") << "what is one thing only";
}

}  // namespace
}  // namespace yizhan
