// Bytes that no compression shortens, the same each time. Test code.
#pragma once

#include <cstdint>
#include <string>

namespace attune::test {

inline std::string noise(size_t size) {
  std::string data(size, '\0');
  uint32_t state = 7;
  for (char &c : data) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  return data;
}

} // namespace attune::test
