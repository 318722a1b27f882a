#include "core/base/fast_hash.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace attune;

namespace {

uint64_t hashOf(const std::string &text, uint64_t seed = 0) {
  return fastHash(ByteView{reinterpret_cast<const uint8_t *>(text.data()), text.size()}, seed);
}

} // namespace

TEST_CASE("the fast hash is XXH64") {
  CHECK(hashOf("") == 0xEF46DB3751D8E999ull);
  CHECK(hashOf("a") == 0xD24EC4F1A98C6E5Bull);
  CHECK(hashOf("abc") == 0x44BC2CF5AD770999ull);
  CHECK(hashOf("Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1ull);
}

TEST_CASE("every bit of every length, and the seed, change the fast hash") {
  std::set<uint64_t> seen;
  std::string text;
  for (int i = 0; i < 80; ++i) text += static_cast<char>(i * 7);
  for (const size_t length : {1, 4, 7, 8, 12, 31, 32, 33, 80}) {
    std::string part = text.substr(0, length);
    CHECK(seen.insert(hashOf(part)).second);
    CHECK(seen.insert(hashOf(part, 1)).second);
    for (size_t bit = 0; bit < 8 * length; ++bit) {
      part[bit / 8] = static_cast<char>(part[bit / 8] ^ 1 << bit % 8);
      CHECK(seen.insert(hashOf(part)).second);
      part[bit / 8] = text[bit / 8];
    }
  }
}
