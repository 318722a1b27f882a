// A tiny Llama folder with pseudo-random weights and rows of token ids, so that the real program trains in milliseconds.
// Test code, one thread.
#pragma once

#include "core/base/json.h"
#include "core/io/safetensors.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace attune::test {

struct TinyRunFiles {
  TempFolder folder;
  std::string run; // run.json
  std::string out; // where the run goes
};

inline void writeTinyModel(const TempFolder &folder) {
  const int64_t hidden = 16, inner = 32, vocab = 40, layers = 2;
  folder.write(
      "config.json",
      R"({"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":16,"intermediate_size":32,"num_hidden_layers":2,)"
      R"("num_attention_heads":2,"num_key_value_heads":1,"head_dim":8,"vocab_size":40,"max_position_embeddings":64,)"
      R"("rms_norm_eps":1e-5,"rope_theta":10000.0,"tie_word_embeddings":true,"hidden_act":"silu","bos_token_id":1,"eos_token_id":2})");
  std::vector<io::SafetensorsSpec> specs = {{"model.embed_tokens.weight", io::DType::F32, {vocab, hidden}}};
  for (int64_t layer = 0; layer < layers; ++layer) {
    const std::string p = "model.layers." + std::to_string(layer) + ".";
    specs.push_back({p + "input_layernorm.weight", io::DType::F32, {hidden}});
    specs.push_back({p + "self_attn.q_proj.weight", io::DType::F32, {hidden, hidden}});
    specs.push_back({p + "self_attn.k_proj.weight", io::DType::F32, {hidden / 2, hidden}});
    specs.push_back({p + "self_attn.v_proj.weight", io::DType::F32, {hidden / 2, hidden}});
    specs.push_back({p + "self_attn.o_proj.weight", io::DType::F32, {hidden, hidden}});
    specs.push_back({p + "post_attention_layernorm.weight", io::DType::F32, {hidden}});
    specs.push_back({p + "mlp.gate_proj.weight", io::DType::F32, {inner, hidden}});
    specs.push_back({p + "mlp.up_proj.weight", io::DType::F32, {inner, hidden}});
    specs.push_back({p + "mlp.down_proj.weight", io::DType::F32, {hidden, inner}});
  }
  specs.push_back({"model.norm.weight", io::DType::F32, {hidden}});
  auto writer = io::SafetensorsWriter::create(folder.path() + "/model.safetensors", specs);
  REQUIRE(writer.ok());
  double phase = 0.1;
  for (const auto &spec : specs) {
    int64_t count = 1;
    for (const int64_t n : spec.shape) count *= n;
    std::vector<float> values;
    for (int64_t i = 0; i < count; ++i) {
      phase += 0.7310585;
      const double noise = std::sin(phase * phase);
      values.push_back(static_cast<float>(spec.shape.size() == 1 ? 1.0 + 0.1 * noise : 0.3 * noise));
    }
    REQUIRE(writer->write(ByteView{reinterpret_cast<const uint8_t *>(values.data()), values.size() * sizeof(float)}).ok());
  }
  REQUIRE(writer->commit().ok());
}

/// Model, `rows` rows of uneven length and a run.json whose further settings are `more` (",\"epochs\":2").
inline std::unique_ptr<TinyRunFiles> makeTinyRun(const std::string &more = "", int64_t rows = 24) {
  auto files = std::make_unique<TinyRunFiles>();
  writeTinyModel(files->folder);
  std::string lines;
  for (int64_t row = 0; row < rows; ++row) {
    Json ids = Json::array(), labels = Json::array();
    for (int64_t i = 0; i < 4 + (row * 7) % 11; ++i) {
      ids.push_back(3 + (row * 5 + i * i) % 37);
      labels.push_back(i < 2 ? Json(-100) : ids.back());
    }
    lines += Json({{"ids", ids}, {"labels", labels}}).dump() + "\n";
  }
  files->folder.write("rows.jsonl", lines);
  files->run = files->folder.write(
      "run.json",
      R"({"name":"tiny","model":".","dataset":[{"path":"rows.jsonl","format":"tokens"}],"max_length":16,"batch_size":2,)"
      R"("accumulation":2,"precision":"fp32","threads":1,"lora":{"rank":4,"dropout":0.1},"optimizer":{"lr":0.01,"weight_decay":0.01})" +
          more + "}");
  files->out = files->folder.path() + "/out";
  return files;
}

} // namespace attune::test
