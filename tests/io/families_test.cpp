// What config.json of each family means. The numbers of the computation are tested in tests/model/tiny_models_test.cpp.
#include "core/io/model_tensors.h"
#include "core/model/families/model_family.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace attune;
using namespace attune::io;

namespace {

const std::string kDims =
    R"("hidden_size":64,"intermediate_size":96,"num_hidden_layers":6,"num_attention_heads":8,"num_key_value_heads":2,"vocab_size":100,)";

ModelConfig read(const std::string &architecture, const std::string &more, const std::string &dims = kDims) {
  const auto parsed = parseModelConfig(R"({"architectures":[")" + architecture + R"("],)" + dims + more + "}", "config.json");
  if (!parsed.ok()) FAIL(parsed.error().text());
  return *parsed;
}

Error refusal(const std::string &architecture, const std::string &more) {
  const auto parsed = parseModelConfig(R"({"architectures":[")" + architecture + R"("],)" + kDims + more + "}", "config.json");
  REQUIRE_FALSE(parsed.ok());
  return parsed.error();
}

std::vector<int64_t> windows(const ModelConfig &config) {
  std::vector<int64_t> list;
  for (int64_t layer = 0; layer < config.layers; ++layer) list.push_back(config.layerKind(layer).window);
  return list;
}

using Windows = std::vector<int64_t>;

} // namespace

TEST_CASE("families: sliding windows, each in its own words") {
  CHECK(windows(read("MistralForCausalLM", R"("sliding_window":16)")) == Windows(6, 16));
  CHECK(windows(read("MistralForCausalLM", R"("sliding_window":null)")) == Windows(6, 0));
  CHECK(windows(read("MistralForCausalLM", R"("rms_norm_eps":1e-5)")) == Windows(6, 4096)); // the class's default
  CHECK(windows(read("Qwen2ForCausalLM", R"("sliding_window":8,"max_window_layers":4)")) == Windows(6, 0));
  CHECK(windows(read("Qwen2ForCausalLM", R"("use_sliding_window":true,"sliding_window":8,"max_window_layers":4)")) ==
        Windows{0, 0, 0, 0, 8, 8});
  CHECK(windows(read("Gemma2ForCausalLM", R"("sliding_window":8)")) == Windows{8, 0, 8, 0, 8, 0});
  CHECK(windows(read("Gemma3ForCausalLM", R"("sliding_window":8,"sliding_window_pattern":3)")) == Windows{8, 8, 0, 8, 8, 0});
  const std::string types =
      R"("layer_types":["full_attention","sliding_attention","full_attention","full_attention","full_attention","full_attention"])";
  CHECK(windows(read("Gemma3ForCausalLM", R"("sliding_window":8,)" + types)) == Windows{0, 8, 0, 0, 0, 0});
  CHECK(windows(read("MistralForCausalLM", R"("sliding_window":8,)" + types)) == Windows{0, 8, 0, 0, 0, 0}); // a Ministral
  CHECK(windows(read("Phi3ForCausalLM", R"("sliding_window":8,)" + types)) == Windows(6, 8));                // never looked at
  CHECK(windows(read("Phi3ForCausalLM", R"("sliding_window":2047)")) == Windows(6, 2047));
  CHECK(windows(read("SmolLM3ForCausalLM", R"("use_sliding_window":true,"sliding_window":9,"no_rope_layer_interval":3)")) ==
        Windows{0, 0, 9, 0, 0, 9});
  CHECK(
      refusal("Qwen3ForCausalLM",
              R"("layer_types":["full_attention","full_attention","full_attention","full_attention","full_attention","chunked_attention"])")
          .message.find("chunked_attention") != std::string::npos);
}

TEST_CASE("families: Gemma 3 as its files are: nested, with defaults left out, both spellings of the two bases") {
  const auto pictures = parseModelConfig(
      R"({"architectures":["Gemma3ForConditionalGeneration"],"model_type":"gemma3","eos_token_id":[1,106],"torch_dtype":"bfloat16",)"
      R"("text_config":{"hidden_size":2560,"intermediate_size":10240,"model_type":"gemma3_text","num_hidden_layers":34,)"
      R"("rope_scaling":{"factor":8.0,"rope_type":"linear"},"sliding_window":1024},"vision_config":{"hidden_size":1152}})",
      "c");
  REQUIRE(pictures.ok());
  CHECK(pictures->heads == 8);
  CHECK(pictures->kvHeads == 4);
  CHECK(pictures->headDim == 256);
  CHECK(pictures->vocab == 262208);
  CHECK(pictures->context == 131072);
  CHECK(pictures->eosTokens == std::vector<int64_t>{1, 106});
  CHECK(pictures->padToken == 0);
  CHECK(pictures->tiedEmbeddings);
  CHECK(pictures->storedDtype == "bfloat16");
  CHECK(pictures->rope.theta == 1e6);
  CHECK(pictures->rope.scaling == "linear");
  CHECK(pictures->rope.factor == 8.0);
  CHECK(pictures->localRope.theta == 1e4);
  CHECK(pictures->localRope.scaling == "none");
  CHECK(pictures->layerKind(0).local);
  CHECK_FALSE(pictures->layerKind(5).local);
  CHECK(pictures->layerKind(5).window == 0);
  CHECK(pictures->embedScale == doctest::Approx(std::sqrt(2560.0)));
  CHECK(pictures->attentionScale == doctest::Approx(1.0 / 16));
  CHECK(expectedTensors(*pictures).front().name == "model.language_model.embed_tokens.weight");
  const ModelConfig newer = read(
      "Gemma3ForCausalLM", R"("sliding_window":8,"rope_parameters":{"full_attention":{"rope_type":"linear","factor":4.0,"rope_theta":5e5},)"
                           R"("sliding_attention":{"rope_type":"default","rope_theta":777.0}})");
  CHECK(newer.rope.theta == 5e5);
  CHECK(newer.rope.factor == 4.0);
  CHECK(newer.localRope.theta == 777.0);
  CHECK(refusal("Gemma3ForCausalLM", R"("use_bidirectional_attention":true)").message.find("bidirectional") != std::string::npos);
}

TEST_CASE("families: Gemma 2's soft caps are its defaults unless null says none") {
  const ModelConfig usual = read("Gemma2ForCausalLM", R"("head_dim":16)");
  CHECK(usual.attentionSoftcap == 50.0);
  CHECK(usual.finalSoftcap == 30.0);
  const ModelConfig none =
      read("Gemma2ForCausalLM", R"("attn_logit_softcapping":null,"final_logit_softcapping":null,"query_pre_attn_scalar":144)");
  CHECK(none.attentionSoftcap == 0.0);
  CHECK(none.finalSoftcap == 0.0);
  CHECK(none.attentionScale == doctest::Approx(1.0 / 12));
  CHECK(none.headDim == 256);
  // 4 norms a layer, (8 + 2 * 2 + 8) * 256 rows or columns of attention
  CHECK(none.parameterCount() == 100 * 64 + 6 * (64 * 256 * 20 + 3 * 64 * 96 + 4 * 64) + 64);
}

TEST_CASE("families: Gemma 3's attention has no soft cap, whatever its settings say; its logits may") {
  const ModelConfig capped =
      read("Gemma3ForCausalLM", R"("head_dim":16,"sliding_window":8,"attn_logit_softcapping":4.0,"final_logit_softcapping":5.0)");
  CHECK(capped.attentionSoftcap == 0.0);
  CHECK(capped.finalSoftcap == 5.0);
}

TEST_CASE("families: Baichuan 1 and 2, 7B and 13B are told apart by the config") {
  const std::string dims = R"("hidden_size":80,"intermediate_size":96,"num_hidden_layers":2,"num_attention_heads":40,"vocab_size":100,)";
  const ModelConfig seven =
      read("BaichuanForCausalLM", R"("max_position_embeddings":4096,"model_max_length":4096,"z_loss_weight":0)", dims);
  CHECK(seven.position == PositionKind::Rope);
  CHECK(seven.headNorm);
  CHECK(seven.layout == AttentionLayout::Fused);
  const ModelConfig thirteen = read("BaichuanForCausalLM", R"("model_max_length":512,"z_loss_weight":0)", dims);
  CHECK(thirteen.position == PositionKind::Alibi);
  CHECK(thirteen.headNorm);
  CHECK(thirteen.context == 512);
  CHECK_FALSE(read("BaiChuanForCausalLM", R"("max_position_embeddings":4096)", dims).headNorm);
  std::string first = dims; // Baichuan-13B: the name of version 2, without its loss
  first.replace(first.find("\"vocab_size\":100"), 16, "\"vocab_size\":64000");
  CHECK_FALSE(read("BaichuanForCausalLM", R"("model_max_length":4096)", first).headNorm);
  const std::string real =
      R"("hidden_size":4096,"intermediate_size":11008,"num_hidden_layers":32,"num_attention_heads":32,"vocab_size":125696,)";
  CHECK(read("BaichuanForCausalLM", R"("max_position_embeddings":4096)", real).parameterCount() == 7505973248);
  const std::string larger =
      R"("hidden_size":5120,"intermediate_size":13696,"num_hidden_layers":40,"num_attention_heads":40,"vocab_size":125696,)";
  CHECK(read("BaichuanForCausalLM", R"("model_max_length":4096)", larger).parameterCount() == 13896668160);
  const auto modules = core::linearModules(seven, **core::familyOf(seven));
  CHECK(modules.front().name == "model.layers.0.self_attn.W_pack");
  CHECK(modules.front().outputs() == 240);

  const std::vector<float> slopes = alibiSlopes(40);
  REQUIRE(slopes.size() == 40);
  for (int k = 1; k <= 32; ++k) CHECK(slopes[static_cast<size_t>(k - 1)] == doctest::Approx(std::exp2(-0.25 * k)));
  for (int k = 0; k < 8; ++k) CHECK(slopes[static_cast<size_t>(32 + k)] == doctest::Approx(std::exp2(-0.125 * (2 * k + 1))));
}

TEST_CASE("families: rotary scaling: what is derived from what") {
  const ModelConfig yarn = read("Qwen2ForCausalLM", R"("max_position_embeddings":1000,"rope_scaling":{"type":"yarn","factor":4.0})");
  CHECK(yarn.rope.originalContext == 1000);
  CHECK(yarn.context == 4000);
  CHECK(yarn.rope.attentionFactor == doctest::Approx(0.1 * std::log(4.0) + 1.0));
  const ModelConfig phi =
      read("Phi3ForCausalLM", R"("max_position_embeddings":131072,"original_max_position_embeddings":4096,"partial_rotary_factor":0.5,)"
                              R"("rope_scaling":{"type":"su","short_factor":[1,2],"long_factor":[3,4]})");
  CHECK(phi.rope.scaling == "longrope");
  CHECK(phi.rope.rotaryDims == 4);
  CHECK(phi.rope.attentionFactor == doctest::Approx(std::sqrt(1.0 + std::log(32.0) / std::log(4096.0))));
  CHECK(phi.context == 131072);
  const ModelConfig intern =
      read("InternLM2ForCausalLM", R"("bias":false,"max_position_embeddings":100,"rope_scaling":{"type":"dynamic","factor":2.0})");
  CHECK(intern.context == 200);
  CHECK(intern.rope.originalContext == 100);
  const ModelConfig glm = read("Glm4ForCausalLM", R"("head_dim":16)");
  CHECK(glm.rope.rotaryDims == 8);
  CHECK(glm.rope.interleaved);
  CHECK(glm.qkvBias);
  CHECK_FALSE(glm.outputBias);
  CHECK(read("Glm4ForCausalLM", R"("head_dim":16,"rope_parameters":{"rope_theta":1e4,"partial_rotary_factor":1.0})").rope.rotaryDims == 0);
  CHECK(refusal("Phi3ForCausalLM", R"("rope_scaling":{"type":"yarn","factor":4.0})").message.find("yarn") != std::string::npos);
  CHECK(refusal("Phi3ForCausalLM", R"("rope_scaling":{"type":"longrope","short_factor":[1],"long_factor":[3,4,5,6]})").code ==
        ErrorCode::MalformedFile);
  CHECK(refusal("Qwen2ForCausalLM", R"("partial_rotary_factor":0.5)").code == ErrorCode::UnsupportedModel);
  CHECK(refusal("InternLM2ForCausalLM", R"("rope_scaling":{"type":"dynamic"})").code == ErrorCode::MalformedFile);
}

TEST_CASE("families: InternLM2's rows by groups, and NoPE in SmolLM3") {
  ModelConfig config = read("InternLM2ForCausalLM", R"("bias":false)");
  config.heads = 4, config.kvHeads = 2, config.headDim = 1;
  // stored: q0 q1 k0 v0 | q2 q3 k1 v1
  CHECK(groupedRows(config) == std::vector<int64_t>{0, 1, 4, 5, 2, 6, 3, 7});
  const ModelConfig smol = read("SmolLM3ForCausalLM", R"("no_rope_layers":[1,1,0,1,1,0])");
  CHECK(smol.layerKind(1).rotates);
  CHECK_FALSE(smol.layerKind(2).rotates);
  CHECK(smol.rope.theta == 2e6);
  CHECK(smol.tiedEmbeddings);
  CHECK(read("SmolLM3ForCausalLM", R"("rms_norm_eps":1e-6)").layerKind(3).rotates == false);
}

TEST_CASE("families: the model type stands in for a missing architecture, and a refusal lists what there is") {
  CHECK(parseModelConfig(R"({"model_type":"qwen3",)" + kDims + R"("head_dim":8})", "c")->qkNorm);
  const auto other = parseModelConfig(R"({"architectures":["MambaForCausalLM"],)" + kDims + R"("x":1})", "c");
  REQUIRE_FALSE(other.ok());
  for (const char *known : {"LlamaForCausalLM", "Qwen3ForCausalLM", "Gemma3ForCausalLM", "BaichuanForCausalLM", "SmolLM3ForCausalLM"})
    CHECK(other.error().hint.find(known) != std::string::npos);
}
