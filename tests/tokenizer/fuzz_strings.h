// The strings of the tokenizer parity tests, made from a seed exactly as tests/parity/tokenizer_fuzz.py makes them.
// Pure, any thread.
#pragma once

#include "core/tokenizer/unicode.h"

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace attune::tests {

inline const std::vector<std::string_view> &fuzzAtoms() {
  // clang-format off
  static const std::vector<std::string_view> atoms = {
    {" ", 1}, {" ", 1}, {" ", 1}, {"  ", 2}, {"   ", 3}, {"\012", 1}, {"\012\012", 2}, {"\015\012", 2}, {"\011", 1},
    {"\015", 1}, {" \012 ", 3}, {"\302\240", 2}, {"\343\200\200", 3}, {"\342\200\203", 3}, {"\302\205", 2},
    {"\342\200\250", 3}, {"\342\200\213", 3}, {"a", 1}, {"b", 1}, {"the", 3}, {"The", 3}, {"and", 3}, {"hello", 5},
    {"World", 5}, {"fine", 4}, {"tuning", 6}, {"ing", 3}, {"ed", 2}, {"LoRA", 4}, {"CUDA", 4}, {"model", 5},
    {"don", 3}, {"It", 2}, {"'s", 2}, {"'t", 2}, {"'re", 3}, {"'ve", 3}, {"'m", 2}, {"'ll", 3}, {"'d", 2}, {"'S", 2},
    {"'RE", 3}, {"'Ll", 3}, {"'\305\277", 3}, {"'x", 2}, {"\342\200\231s", 4}, {"'", 1}, {"''", 2}, {"\042", 1},
    {"0", 1}, {"1", 1}, {"7", 1}, {"12", 2}, {"345", 3}, {"2026", 4}, {"3.14", 4}, {"\331\243", 2}, {"\302\275", 2},
    {"\342\205\247", 3}, {"\302\262", 2}, {"\360\221\267\245", 4}, {"\360\226\277\264", 4}, {"\360\220\265\202", 4},
    {".", 1}, {",", 1}, {"!", 1}, {"\077", 1}, {"...", 3}, {"(", 1}, {")", 1}, {"[]", 2}, {"{}", 2}, {"<", 1},
    {">", 1}, {"/", 1}, {"\134", 1}, {"_", 1}, {"-", 1}, {"--", 2}, {"=", 1}, {"+", 1}, {"#", 1}, {"@", 1}, {"%", 1},
    {"$", 1}, {"&", 1}, {"*", 1}, {"|", 1}, {"`", 1}, {"~", 1}, {"^", 1}, {"\344\275\240\345\245\275", 6},
    {"\344\270\226\347\225\214", 6}, {"\345\276\256\350\260\203", 6}, {"\346\250\241\345\236\213", 6},
    {"\343\200\202", 3}, {"\357\274\214", 3}, {"\357\274\201", 3}, {"\343\200\212", 3}, {"\347\232\204", 3},
    {"\346\230\257", 3}, {"\351\276\230", 3}, {"\360\240\200\200", 4}, {"\343\201\223\343\202\223", 6},
    {"\343\202\253\343\202\277", 6}, {"\343\203\274", 3}, {"\355\225\234\352\265\255", 6}, {"\352\260\200", 3},
    {"\341\204\200\341\205\241\341\206\250", 9}, {"\320\260\320\261", 4}, {"\320\237\321\200", 4}, {"\321\221", 2},
    {"\316\261", 2}, {"\327\220", 2}, {"\330\247\331\204", 4}, {"\340\244\225\340\245\215\340\244\267", 9},
    {"\340\270\201\340\270\263", 6}, {"\341\236\200\341\237\222", 6}, {"\303\251", 2}, {"e\314\201", 3},
    {"\314\201", 2}, {"\315\205", 2}, {"a\314\243\314\207", 5}, {"a\314\207\314\243", 5}, {"\342\204\253", 3},
    {"\342\204\246", 3}, {"\357\254\201", 3}, {"\340\245\230", 3}, {"\307\205", 2}, {"\312\260", 2},
    {"\341\262\211", 3}, {"\352\237\213", 3}, {"\340\242\227", 3}, {"\360\237\230\200", 4},
    {"\360\237\221\250\342\200\215\360\237\221\251\342\200\215\360\237\221\247", 18},
    {"\360\237\207\250\360\237\207\263", 8}, {"\342\235\244\357\270\217", 6}, {"\360\237\217\275", 4},
    {"\342\202\254", 3}, {"\342\210\236", 3}, {"\342\206\222", 3}, {"\342\222\266", 3}, {"\357\277\275", 3},
    {"\356\200\200", 3}, {"\357\277\277", 3}, {"\364\217\277\277", 4}, {"\000", 1}, {"\001", 1}, {"\034", 1},
    {"\037", 1}, {"\177", 1}, {"\302\255", 2}, {"\357\273\277", 3}, {"\342\200\256", 3}, {"<|im_start|>", 12},
    {"<|im_end|>", 10}, {"<|endoftext|>", 13}, {"<|im_end", 8}, {"im_end|>", 8}, {"<repo_name>", 11}, {"<|", 2},
    {"|>", 2}, {"<tool>", 6}, {"[AB]", 4}, {"ABBA", 4}, {"\303\205ngstr\303\266m", 10},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 32}, {"=========================", 25}, {"zqxjkvbwp", 9},
    {"supercalifragilistic", 20}, {"https://example.org/a\077b=c", 25}, {"def f(x):\012    return x\012", 23},
  };
  // clang-format on
  return atoms;
}

class FuzzRandom {
public:
  explicit FuzzRandom(uint64_t seed) : m_state(seed) {}
  uint64_t next() {
    m_state = m_state * 6364136223846793005u + 1442695040888963407u;
    return m_state >> 33;
  }

private:
  uint64_t m_state;
};

inline std::string fuzzString(FuzzRandom &random) {
  std::string out;
  for (uint64_t left = random.next() % 33; left > 0; --left) {
    const uint64_t kind = random.next() % 16;
    if (kind == 0) {
      const auto code = static_cast<uint32_t>(random.next() % 0x110000);
      tokenizer::appendUtf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    } else if (kind == 1) {
      tokenizer::appendUtf8(out, static_cast<uint32_t>(random.next() % 0x3000));
    } else {
      out += fuzzAtoms()[random.next() % fuzzAtoms().size()];
    }
  }
  return out;
}

inline std::vector<std::string> fuzzBlock(uint64_t number, size_t count = 1000) {
  FuzzRandom random(number * 1000003 + 17);
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i) out.push_back(fuzzString(random));
  return out;
}

/// FNV-1a (64 bits) over ids as 32-bit words, each list closed by ffffffff.
class IdDigest {
public:
  void add(const std::vector<int32_t> &ids) {
    for (const int32_t id : ids) word(static_cast<uint32_t>(id));
    word(0xFFFFFFFFu);
  }
  std::string text() const {
    char buffer[20];
    std::snprintf(buffer, sizeof(buffer), "%016llx", static_cast<unsigned long long>(m_value));
    return buffer;
  }

private:
  void word(uint32_t value) { m_value = (m_value ^ value) * 0x100000001B3u; }
  uint64_t m_value = 0xCBF29CE484222325u;
};

} // namespace attune::tests
