#include "core/io/generation_defaults.h"
#include "core/io/model_config.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::io;

namespace {

const std::string kDims =
    R"("hidden_size":576,"intermediate_size":1536,"num_hidden_layers":30,"num_attention_heads":9,"num_key_value_heads":3,"vocab_size":49152,"max_position_embeddings":8192)";

std::string with(const std::string &more) {
  return R"({"architectures":["LlamaForCausalLM"],"model_type":"llama",)" + kDims + (more.empty() ? "" : ",") + more + "}";
}

Error refusal(const std::string &json) {
  const auto parsed = parseModelConfig(json, "config.json");
  REQUIRE_FALSE(parsed.ok());
  return parsed.error();
}

} // namespace

TEST_CASE("model config: old and new spellings mean the same") {
  const auto older = parseModelConfig(
      with(R"("rope_theta":100000,"rope_scaling":null,"torch_dtype":"bfloat16","eos_token_id":2,"tie_word_embeddings":true)"), "c");
  const auto newer = parseModelConfig(
      with(
          R"("rope_parameters":{"rope_theta":100000.0,"rope_type":"default"},"dtype":"bfloat16","eos_token_id":[2],"tie_word_embeddings":true,"head_dim":64)"),
      "c");
  REQUIRE(older.ok());
  REQUIRE(newer.ok());
  for (const auto *config : {&*older, &*newer}) {
    CHECK(config->rope.theta == 100000.0);
    CHECK(config->rope.scaling == "none");
    CHECK(config->storedDtype == "bfloat16");
    CHECK(config->eosTokens == std::vector<int64_t>{2});
    CHECK(config->headDim == 64);
    CHECK(config->tiedEmbeddings);
    CHECK(config->parameterCount() == 134515008); // SmolLM2-135M
  }
  const auto scaled = parseModelConfig(
      with(
          R"("rope_theta":5e5,"rope_scaling":{"rope_type":"llama3","factor":32.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192})"),
      "c");
  REQUIRE(scaled.ok());
  CHECK(scaled->rope.scaling == "llama3");
  CHECK(scaled->rope.factor == 32.0);
  CHECK(scaled->rope.originalContext == 8192);
  const auto linear = parseModelConfig(with(R"("rope_scaling":{"type":"linear","factor":2})"), "c");
  REQUIRE(linear.ok());
  CHECK(linear->rope.scaling == "linear");
  CHECK(linear->rope.factor == 2.0);
}

TEST_CASE("model config: what would change the result is refused by name") {
  const std::pair<std::string, const char *> cases[] = {
      {R"("hidden_act":"relu2")", "hidden_act"},
      {R"("sliding_window":4096)", "sliding_window"},
      {R"("rope_scaling":{"rope_type":"proportional","factor":4.0})", "proportional"},
      {R"("rope_parameters":{"rope_type":"3d","factor":4.0})", "3d"},
      {R"("rope_parameters":{"full_attention":{"rope_type":"default"}})", "full_attention"},
      {R"("partial_rotary_factor":0.5)", "partial_rotary_factor"},
      {R"("quantization_config":{"quant_method":"gptq"})", "quantization_config"}};
  for (const auto &item : cases) {
    CAPTURE(item.first);
    const Error error = refusal(with(item.first));
    CHECK(error.code == ErrorCode::UnsupportedModel);
    CHECK(error.message.find(item.second) != std::string::npos);
    CHECK(error.hint.find("LlamaForCausalLM") != std::string::npos);
  }
  const Error other = refusal(R"({"architectures":["GPT2LMHeadModel"]})");
  CHECK(other.code == ErrorCode::UnsupportedModel);
  CHECK(other.message.find("GPT2LMHeadModel") != std::string::npos);
  CHECK(parseModelConfig(with(R"("sliding_window":null)"), "c").ok());
  CHECK(parseModelConfig(with(R"("sliding_window":8192)"), "c").ok()); // as long as the context: never in effect
}

TEST_CASE("model config: absurd or missing values are malformed") {
  const auto replace = [](const std::string &from, const std::string &to) {
    std::string text = with("");
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  for (const std::string &json : {std::string("[]"),
                                  std::string("{"),
                                  std::string(""),
                                  replace("\"hidden_size\":576", "\"hidden_size\":0"),
                                  replace("\"hidden_size\":576", "\"hidden_size\":-576"),
                                  replace("\"hidden_size\":576", "\"hidden_size\":\"576\""),
                                  replace("\"hidden_size\":576", "\"x\":1"),
                                  replace("\"hidden_size\":576", "\"hidden_size\":9223372036854775807"),
                                  replace("\"hidden_size\":576", "\"hidden_size\":18446744073709551615"),
                                  replace("\"num_hidden_layers\":30", "\"num_hidden_layers\":1000000000"),
                                  replace("\"num_attention_heads\":9", "\"num_attention_heads\":0"),
                                  replace("\"num_attention_heads\":9", "\"num_attention_heads\":7"),
                                  replace("\"num_key_value_heads\":3", "\"num_key_value_heads\":2"),
                                  replace("\"vocab_size\":49152", "\"vocab_size\":1e30"),
                                  with("\"rms_norm_eps\":-1"),
                                  with("\"rope_theta\":0"),
                                  with("\"head_dim\":63"),
                                  with("\"head_dim\":1000000000"),
                                  with("\"eos_token_id\":\"x\""),
                                  with("\"rope_scaling\":{\"type\":\"linear\"}"),
                                  with("\"rope_scaling\":7"),
                                  with("\"layer_types\":[\"full_attention\"]")}) {
    CAPTURE(json);
    CHECK(refusal(json).code == ErrorCode::MalformedFile);
    CHECK_FALSE(refusal(json).hint.empty());
  }
}

TEST_CASE("model config: a value out of range is named by its field") {
  const auto replace = [](const std::string &from, const std::string &to) {
    std::string text = with("");
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  const std::pair<std::string, const char *> cases[] = {
      {replace("\"hidden_size\":576", "\"hidden_size\":-576"), "config.json#hidden_size"},
      {replace("\"vocab_size\":49152", "\"vocab_size\":0"), "config.json#vocab_size"},
      {replace("\"num_key_value_heads\":3", "\"num_key_value_heads\":2"), "config.json#num_attention_heads"},
      {with("\"rms_norm_eps\":-1"), "config.json#rms_norm_eps"},
      {with("\"head_dim\":63"), "config.json#head_dim"},
      {with("\"rope_theta\":0"), "config.json#rope_theta"},
      {with("\"rope_scaling\":{\"type\":\"linear\",\"factor\":0}"), "config.json#factor"}};
  for (const auto &[json, where] : cases) {
    CAPTURE(json);
    CHECK(refusal(json).where == where);
    CHECK(refusal(json).hint.find("original folder") != std::string::npos);
  }
  const std::string nested = R"({"architectures":["Gemma3ForConditionalGeneration"],"text_config":{"hidden_size":0}})";
  CHECK(refusal(nested).where == "config.json#text_config#hidden_size");
  const std::string deep = "{\"x\":" + std::string(300, '[') + std::string(300, ']') + "}";
  for (const std::string &json : {deep, with("\"x\":1,\"x\":2"), std::string(R"({"architectures":"LlamaForCausalLM"})")}) {
    CAPTURE(json);
    CHECK_FALSE(refusal(json).hint.empty());
  }
}

TEST_CASE("generation defaults: read and bounded") {
  const auto read = parseGenerationConfig(
      R"({"do_sample":true,"temperature":0.6,"top_p":0.9,"top_k":20,"repetition_penalty":1.05,"eos_token_id":[128001,128009]})", "g");
  REQUIRE(read.ok());
  CHECK(*read->doSample);
  CHECK(*read->temperature == 0.6);
  CHECK(*read->topP == 0.9);
  CHECK(*read->topK == 20);
  CHECK_FALSE(read->minP.has_value());
  CHECK(read->eosTokens == std::vector<int64_t>{128001, 128009});
  for (const char *json : {"[]", "{\"temperature\":-1}", "{\"temperature\":\"hot\"}", "{\"top_p\":1.5}", "{\"top_k\":-1}",
                           "{\"eos_token_id\":\"x\"}", "{\"do_sample\":1}", "{"}) {
    CAPTURE(json);
    CHECK_FALSE(parseGenerationConfig(json, "g").ok());
  }
}
