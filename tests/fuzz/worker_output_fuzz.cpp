// What a build on a login node prints: whatever the pieces, the same short printable lines, and percentages in bounds.
#include "remote/run/worker_output.h"

#include <cstddef>
#include <cstdint>
#include <vector>

using namespace attune::remote;

namespace {

void check(bool fine) {
  if (!fine) __builtin_trap();
}

struct Heard {
  std::vector<std::string> lines;
  std::vector<int> percents;
  WorkerOutput output{{[this](const std::string &line) { lines.push_back(line); },
                       [this](int percent, const std::string &words) {
                         check(percent >= 0 && percent <= 100 && words.size() <= 203);
                         percents.push_back(percent);
                       }}};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  Heard whole, pieces;
  whole.output.take(text);
  const size_t step = size == 0 ? 1 : 1 + data[0] % 7;
  for (size_t at = 0; at < size; at += step) pieces.output.take(text.substr(at, step));
  check(whole.lines == pieces.lines && whole.percents == pieces.percents);
  check(whole.output.prefix() == pieces.output.prefix() && whole.output.code() == pieces.output.code());
  check(whole.output.prefix().empty() || whole.output.code().empty());
  for (const std::string &line : whole.lines)
    for (const char c : line) check(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  check(!buildFault(whole.output.code(), whole.output.reason(), "").message.empty());
  return 0;
}
