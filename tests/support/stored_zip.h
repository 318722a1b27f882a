// An archive as torch.save lays it out, made in memory. Test code, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace attune::test {

/// Stored entries with these names and contents.
inline std::string storedZip(const std::vector<std::pair<std::string, std::string>> &files) {
  std::string out, directory;
  const auto put = [](std::string &into, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) into += static_cast<char>(value >> (8 * i));
  };
  const auto common = [&](std::string &into, const std::string &name, const std::string &data) {
    for (const uint64_t field : {20, 0, 0, 0, 0}) put(into, field, 2);
    put(into, 0, 4);
    for (int i = 0; i < 2; ++i) put(into, data.size(), 4);
    put(into, name.size(), 2);
    put(into, 0, 2);
  };
  for (const auto &[name, data] : files) {
    put(directory, 0x02014b50, 4);
    put(directory, 20, 2);
    common(directory, name, data);
    put(directory, 0, 10);
    put(directory, out.size(), 4);
    directory += name;
    put(out, 0x04034b50, 4);
    common(out, name, data);
    out += name + data;
  }
  const size_t begin = out.size();
  out += directory;
  put(out, 0x06054b50, 4);
  put(out, 0, 4);
  for (int i = 0; i < 2; ++i) put(out, files.size(), 2);
  put(out, directory.size(), 4);
  put(out, begin, 4);
  put(out, 0, 2);
  return out;
}

} // namespace attune::test
