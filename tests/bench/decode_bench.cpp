// Greedy decoding and prompt reading of one model in process, batch 1.
// usage: decode_bench MODEL fp32|bf16[+nf4|+int8] THREADS IDS.json [REPEATS] ; IDS.json is a list of at least 512 ids.
// Prints {"decode_tok_s","prompt_tok_s","first_ids","peak_bytes"}: 128 tokens behind 32, and 512 read at once; medians.
#include "core/base/json.h"
#include "core/device/tensor_memory.h"
#include "core/generate/generator.h"
#include "core/io/weight_source.h"
#include "core/model/model_loader.h"
#include "tests/bench/median.h"

#include <ATen/Parallel.h>
#include <algorithm>
#include <iostream>
#include <sys/resource.h>

namespace {

using namespace attune;

Status run(const std::string &modelPath, const std::string &types, const std::string &idsPath, int repeats) {
  ATTUNE_TRY(const Json list, readJsonFile(idsPath));
  const auto ids = list.get<std::vector<int32_t>>();
  if (ids.size() < 512) return Error{ErrorCode::InvalidData, "The list needs 512 ids.", idsPath, ""};
  ATTUNE_TRY(const auto source, io::openModel(modelPath));
  core::LoadOptions load(types.compare(0, 4, "bf16") == 0 ? at::kBFloat16 : at::kFloat);
  if (types.find("+nf4") != std::string::npos) load.quantization = api::Quantization::Nf4;
  if (types.find("+int8") != std::string::npos) load.quantization = api::Quantization::Int8;
  ATTUNE_TRY(const core::DecoderWeights weights, core::loadWeights(*source, load));
  core::Transformer transformer(source->config());

  const auto answer = [&](size_t prompt, int64_t tokens) {
    core::GenerateOptions options;
    options.maxNewTokens = tokens;
    return core::generate(transformer, weights, nullptr, {ids.begin(), ids.begin() + static_cast<long>(prompt)}, options);
  };
  std::vector<double> decode, prompt;
  std::vector<int32_t> first;
  for (int i = 0; i <= repeats; ++i) { // the first round warms up
    ATTUNE_TRY(const auto longAnswer, answer(32, 128));
    ATTUNE_TRY(const auto shortAnswer, answer(512, 1));
    if (i == 0) continue;
    decode.push_back(longAnswer.tokensPerSecond());
    prompt.push_back(512 / shortAnswer.promptSeconds);
    first.assign(longAnswer.ids.begin(), longAnswer.ids.begin() + 16);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const Json out{{"decode_tok_s", bench::median(decode)},
                 {"prompt_tok_s", bench::median(prompt)},
                 {"first_ids", first},
                 {"peak_bytes", usage.ru_maxrss * 1024}};
  std::cout << out.dump() << "\n";
  return {};
}

} // namespace

int main(int count, char **values) {
  if (count < 5) {
    std::cerr << "usage: decode_bench MODEL fp32|bf16[+nf4|+int8] THREADS IDS.json [REPEATS]\n";
    return 2;
  }
  attune::core::keepTensorMemory();
  at::set_num_threads(std::stoi(values[3]));
  const Status done = run(values[1], values[2], values[4], count > 5 ? std::stoi(values[5]) : 5);
  if (!done.ok()) std::cerr << done.error().text() << "\n";
  return done.ok() ? 0 : 1;
}
