// Tokenizer throughput on the rows of a JSON file, one thread.
// usage: tokenizer_bench MODEL ROWS.json [MEGABYTES] ; prints {"encode_MB_s","offsets_MB_s","decode_MB_s","tokens","mb"}
#include "core/base/json.h"
#include "core/tokenizer/tokenizer.h"

#include <algorithm>
#include <ctime>
#include <iostream>

namespace {

using namespace attune;

/// CPU seconds of this thread: other processes on the machine do not count.
double cpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <typename Work> double median(Work work) {
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) {
    const double start = cpuSeconds();
    work();
    times.push_back(cpuSeconds() - start);
  }
  std::sort(times.begin(), times.end());
  return times[2];
}

int run(const std::string &model, const std::string &rowsPath, double megabytes) {
  auto bundle = tokenizer::loadTokenizer(model);
  auto rows = readJsonFile(rowsPath);
  if (!bundle.ok() || !rows.ok()) {
    std::cerr << (bundle.ok() ? rows.error() : bundle.error()).text() << "\n";
    return 3;
  }
  std::vector<std::string> texts; // one string a row, repeated: instruction, input, output
  double bytes = 0;
  while (bytes < megabytes * 1e6 && !rows->empty()) {
    for (const Json &row : *rows) {
      std::string text;
      for (const char *key : {"instruction", "input", "output"}) {
        if (key[0] != 'i' || key[2] != 's') text += '\n';
        text += row.value(key, std::string());
      }
      bytes += static_cast<double>(text.size());
      texts.push_back(std::move(text));
    }
  }
  const auto &tokenizer = *bundle->tokenizer;
  std::vector<std::vector<tokenizer::TokenId>> ids;
  const double encode = median([&] {
    ids.clear();
    for (const std::string &text : texts) ids.push_back(tokenizer.encode(text, true));
  });
  size_t tokens = 0;
  for (const auto &list : ids) tokens += list.size();
  const double offsets = median([&] {
    for (const std::string &text : texts) (void)tokenizer.encodeWithOffsets(text, {});
  });
  const double decode = median([&] {
    for (const auto &list : ids) (void)tokenizer.decode(list, false);
  });
  const Json out{{"encode_MB_s", bytes / encode / 1e6},
                 {"offsets_MB_s", bytes / offsets / 1e6},
                 {"decode_MB_s", bytes / decode / 1e6},
                 {"tokens", tokens},
                 {"mb", bytes / 1e6}};
  std::cout << out.dump() << "\n";
  return 0;
}

} // namespace

int main(int count, char **values) {
  if (count < 3) {
    std::cerr << "usage: tokenizer_bench MODEL ROWS.json [MEGABYTES]\n";
    return 2;
  }
  return run(values[1], values[2], count > 3 ? std::stod(values[3]) : 5.0);
}
