#include "core/tokenizer/byte_symbols.h"

#include "core/tokenizer/unicode.h"

#include <array>

namespace attune::tokenizer {

namespace {

struct Maps {
  std::array<std::string, 256> symbol;
  std::array<int, 0x144> byteOf{};
  Maps() {
    byteOf.fill(-1);
    uint32_t next = 0x100;
    for (uint32_t byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
      const uint32_t code = printable ? byte : next++;
      appendUtf8(symbol[byte], code);
      byteOf[code] = static_cast<int>(byte);
    }
  }
};

const Maps &maps() {
  static const Maps value;
  return value;
}

} // namespace

const std::string &byteSymbol(unsigned char byte) { return maps().symbol[byte]; }

bool symbolsToBytes(std::string_view symbols, std::string &bytes) {
  bytes.clear();
  for (size_t at = 0, length = 0; at < symbols.size(); at += length) {
    const uint32_t code = decodeUtf8(symbols.data() + at, length);
    if (code >= maps().byteOf.size() || maps().byteOf[code] < 0) return false;
    bytes += static_cast<char>(maps().byteOf[code]);
  }
  return true;
}

} // namespace attune::tokenizer
