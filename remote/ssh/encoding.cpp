#include "remote/ssh/encoding.h"

#include "core/base/sha256.h"

#include <array>
#include <cstdint>

namespace attune::remote {
namespace {

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

uint32_t turned(uint32_t x, int n) { return (x << n) | (x >> (32 - n)); }

std::string sha1(std::string text) {
  std::array<uint32_t, 5> h = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
  const uint64_t bits = uint64_t(text.size()) * 8;
  text += '\x80';
  while (text.size() % 64 != 56) text += '\0';
  for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(bits >> shift);
  for (size_t at = 0; at < text.size(); at += 64) {
    uint32_t w[80];
    for (size_t i = 0; i < 16; ++i) {
      w[i] = 0;
      for (size_t b = 0; b < 4; ++b) w[i] = w[i] << 8 | static_cast<uint8_t>(text[at + 4 * i + b]);
    }
    for (size_t i = 16; i < 80; ++i) w[i] = turned(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    auto [a, b, c, d, e] = h;
    for (size_t i = 0; i < 80; ++i) {
      const uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
      const uint32_t k = i < 20 ? 0x5a827999u : i < 40 ? 0x6ed9eba1u : i < 60 ? 0x8f1bbcdcu : 0xca62c1d6u;
      const uint32_t next = turned(a, 5) + f + e + k + w[i];
      e = d;
      d = c;
      c = turned(b, 30);
      b = a;
      a = next;
    }
    const uint32_t sums[] = {a, b, c, d, e};
    for (size_t i = 0; i < 5; ++i) h[i] += sums[i];
  }
  std::string digest;
  for (const uint32_t word : h)
    for (int shift = 24; shift >= 0; shift -= 8) digest += static_cast<char>(word >> shift);
  return digest;
}

} // namespace

std::optional<std::string> fromBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  for (size_t at = 0; at < text.size(); at += 4) {
    uint32_t group = 0;
    int pads = 0;
    for (size_t i = 0; i < 4; ++i) {
      const char c = text[at + i];
      const bool pad = c == '=' && i >= 2 && at + 4 == text.size();
      const size_t digit = pad ? 0 : std::string_view(kDigits, 64).find(c);
      if (digit == std::string_view::npos || (!pad && pads > 0)) return std::nullopt;
      pads += pad;
      group = group << 6 | static_cast<uint32_t>(digit);
    }
    for (int i = 0; i < 3 - pads; ++i) bytes += static_cast<char>(group >> (16 - 8 * i));
  }
  return bytes;
}

std::string toBase64(std::string_view bytes) {
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) group = group << 8 | (at + i < bytes.size() ? static_cast<uint8_t>(bytes[at + i]) : 0u);
    for (size_t i = 0; i < 4; ++i) text += at + i <= bytes.size() ? kDigits[group >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::string hmacSha1(std::string_view key, std::string_view text) {
  std::string block(key.size() > 64 ? sha1(std::string(key)) : std::string(key));
  block.resize(64, '\0');
  std::string inner = block, outer = block;
  for (char &c : inner) c = static_cast<char>(c ^ 0x36);
  for (char &c : outer) c = static_cast<char>(c ^ 0x5c);
  return sha1(outer + sha1(inner + std::string(text)));
}

std::string fingerprintOf(std::string_view keyBlob) {
  const std::string hex = sha256Hex(keyBlob);
  std::string digest;
  for (size_t i = 0; i < hex.size(); i += 2) digest += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  std::string text = toBase64(digest);
  while (!text.empty() && text.back() == '=') text.pop_back();
  return "SHA256:" + text;
}

} // namespace attune::remote
