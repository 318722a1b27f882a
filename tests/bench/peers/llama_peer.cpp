// llama.cpp's greedy decoding and prompt reading, batch 1, as decode_bench measures ours.
// usage: llama_peer LIBRARIES MODEL.gguf THREADS IDS [REPEATS], IDS a file of ids separated by spaces; prints one JSON object.
#include <ggml-backend.h>
#include <llama.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <vector>

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

} // namespace

int main(int count, char **values) {
  if (count < 5) return 2;
  const int threads = std::atoi(values[3]);
  const int repeats = count > 5 ? std::atoi(values[5]) : 5;
  std::vector<llama_token> ids;
  std::ifstream file(values[4]);
  for (int id; file >> id;) ids.push_back(id);
  if (ids.size() < 512) return 2;
  llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
  ggml_backend_load_all_from_path(values[1]);
  llama_backend_init();
  auto modelParams = llama_model_default_params();
  modelParams.n_gpu_layers = 0;
  llama_model *model = llama_model_load_from_file(values[2], modelParams);
  if (!model) return 1;
  auto params = llama_context_default_params();
  params.n_ctx = 1024;
  params.n_batch = params.n_ubatch = 512;
  params.n_threads = params.n_threads_batch = threads;
  llama_context *context = llama_init_from_model(model, params);
  if (!context) return 1;
  const int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
  const auto best = [&] {
    const float *logits = llama_get_logits_ith(context, -1);
    return static_cast<llama_token>(std::max_element(logits, logits + vocabulary) - logits);
  };
  std::vector<double> decode, prompt;
  std::vector<llama_token> made;
  for (int round = 0; round <= repeats; ++round) {
    llama_memory_clear(llama_get_memory(context), true);
    double start = now();
    llama_decode(context, llama_batch_get_one(ids.data(), 512));
    llama_synchronize(context);
    const double reading = 512 / (now() - start);
    llama_memory_clear(llama_get_memory(context), true);
    llama_decode(context, llama_batch_get_one(ids.data(), 32));
    llama_token token = best();
    made.assign(1, token);
    start = now();
    for (int i = 0; i < 127; ++i) {
      if (llama_decode(context, llama_batch_get_one(&token, 1))) return 1;
      token = best();
      made.push_back(token);
    }
    if (round == 0) continue;
    decode.push_back(127 / (now() - start));
    prompt.push_back(reading);
  }
  std::printf("{\"decode_tok_s\":%f,\"prompt_tok_s\":%f,\"first_ids\":[", median(decode), median(prompt));
  for (int i = 0; i < 16; ++i) std::printf("%s%d", i ? "," : "", made[static_cast<size_t>(i)]);
  std::printf("]}\n");
}
