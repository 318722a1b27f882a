#include "core/base/atomic_file.h"
#include "core/lora/lora_file.h"
#include "core/lora/lora_inject.h"
#include "tests/support/model_fixture.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <set>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

std::vector<LinearModule> tinyModules() {
  const auto source = io::openModel(dataPath("tiny_llama/plain"), true).value();
  return linearModules(source->config(), **familyOf(source->config()));
}

const std::string kPeft = dataPath("tiny_llama/plain/adapter");

/// An adapter folder (PEFT's) with its config changed.
Result<LoraAdapter> changedAdapter(const std::function<void(Json &)> &change, const std::string &from = kPeft) {
  const TemporaryFolder folder;
  std::filesystem::copy(from, folder.path, std::filesystem::copy_options::recursive);
  Json config = readJson(folder.path + "/adapter_config.json");
  change(config);
  REQUIRE(writeFileAtomic(folder.path + "/adapter_config.json", dumpJson(config)).ok());
  return readAdapter(folder.path, tinyModules());
}

ErrorCode readChanged(const std::function<void(Json &)> &change, const std::string &from = kPeft) {
  const auto adapter = changedAdapter(change, from);
  return adapter.ok() ? ErrorCode::Internal : adapter.error().code;
}

} // namespace

TEST_CASE("targets are chosen by name, suffix or all at once") {
  const auto modules = tinyModules();
  CHECK(modules.size() == 14);
  CHECK(selectTargets(modules, {"all-linear"})->size() == 14);
  CHECK(selectTargets(modules, {"q_proj", "mlp.down_proj"})->size() == 4);
  CHECK(selectTargets(modules, {"model.layers.1.self_attn.k_proj"})->size() == 1);
  for (const char *unknown : {"proj", "lm_head", "", "W_pack"}) {
    const auto refused = selectTargets(modules, {"q_proj", unknown});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::InvalidConfig);
    CHECK(refused.error().hint.find("down_proj") != std::string::npos);
  }
}

TEST_CASE("a fresh adapter is a function of its seed") {
  api::LoraConfig config;
  const auto modules = tinyModules();
  const LoraAdapter first = makeLora(config, modules, 1).value(), same = makeLora(config, modules, 1).value();
  const LoraAdapter other = makeLora(config, modules, 2).value();
  for (size_t i = 0; i < modules.size(); ++i) {
    const LoraModule &module = first.modules[i];
    CHECK(module.a.equal(same.modules[i].a));
    CHECK_FALSE(module.a.equal(other.modules[i].a));
    CHECK(module.b.abs().max().item().toDouble() == 0.0);
    const double bound = 1.0 / std::sqrt(static_cast<double>(module.place.inputs));
    CHECK(module.a.abs().max().item().toDouble() <= bound);
    CHECK(module.a.abs().max().item().toDouble() > 0.9 * bound);
    CHECK(module.scale == 2.0);
  }
  CHECK_FALSE(first.modules[0].a.equal(first.modules[1].a));
}

TEST_CASE("PEFT's adapter reads with its rank and alpha patterns") {
  const auto adapter = readAdapter(kPeft, tinyModules());
  REQUIRE(adapter.ok());
  CHECK(adapter->modules.size() == 14);
  for (const LoraModule &module : adapter->modules) {
    const bool up = module.place.name.find("mlp.up_proj") != std::string::npos;
    const bool q1 = module.place.name == "model.layers.1.self_attn.q_proj";
    CHECK(module.rank() == (up ? 3 : 4));
    CHECK(module.scale == doctest::Approx((q1 ? 6.0 : 10.0) / (up ? 3 : 4)));
  }
}

TEST_CASE("an adapter written here reads back the same, patterns included") {
  const LoraAdapter adapter = readAdapter(kPeft, tinyModules()).value();
  const TemporaryFolder folder;
  REQUIRE(writeAdapter(folder.path, adapter, tinyModules(), "base").ok());
  const auto again = readAdapter(folder.path, tinyModules());
  REQUIRE(again.ok());
  for (size_t i = 0; i < adapter.modules.size(); ++i) {
    CHECK(again->modules[i].a.equal(adapter.modules[i].a));
    CHECK(again->modules[i].b.equal(adapter.modules[i].b));
    CHECK(again->modules[i].scale == adapter.modules[i].scale);
  }
  const Json config = readJson(folder.path + "/adapter_config.json");
  CHECK(config["peft_type"] == "LORA");
  CHECK(config["task_type"] == "CAUSAL_LM");
  CHECK(config["r"] == 4);
  CHECK(config["target_modules"].size() == 7); // the short names mean exactly these layers
}

// Silent bug 6. To see it fail: pass false for rslora to loraScale in makeLora or in readAdapter, or write use_rslora as false.
TEST_CASE("rsLoRA's scale, alpha over the root of r, is made, written and read back") {
  api::LoraConfig config;
  config.rank = 16;
  config.alpha = 8;
  config.rslora = true;
  const LoraAdapter fresh = makeLora(config, tinyModules(), 1).value();
  for (const LoraModule &module : fresh.modules) CHECK(module.scale == doctest::Approx(2.0));
  const TemporaryFolder folder;
  REQUIRE(writeAdapter(folder.path, fresh, tinyModules(), "base").ok());
  CHECK(readJson(folder.path + "/adapter_config.json")["use_rslora"] == true);
  const auto again = readAdapter(folder.path, tinyModules());
  REQUIRE(again.ok());
  CHECK(again->config.rslora);
  for (const LoraModule &module : again->modules) CHECK(module.scale == doctest::Approx(2.0));
}

TEST_CASE("what PEFT can do and we cannot is refused by name") {
  CHECK(readChanged([](Json &) {}) == ErrorCode::Internal); // reads as it is
  for (const char *key : {"use_dora", "lora_bias", "fan_in_fan_out"})
    CHECK(readChanged([&](Json &c) { c[key] = true; }) == ErrorCode::UnsupportedFormat);
  for (const char *key : {"use_qalora", "layer_replication", "trainable_token_indices", "target_parameters", "alora_invocation_tokens",
                          "use_bdlora", "megatron_config", "arrow_config", "kasa_config", "velora_config", "monteclora_config"}) {
    CAPTURE(key);
    const auto refused = changedAdapter([&](Json &c) { c[key] = {"something"}; });
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::UnsupportedFormat);
    CHECK(refused.error().message.find(key) != std::string::npos);
  }
  CHECK(readChanged([](Json &c) { c["bias"] = "all"; }) == ErrorCode::UnsupportedFormat);
  CHECK(readChanged([](Json &c) { c["peft_type"] = "LOHA"; }) == ErrorCode::UnsupportedFormat);
  for (const char *start : {"pissa", "pissa_niter_16", "olora", "corda", "loftq"}) // the base is no longer the file's
    CHECK(readChanged([&](Json &c) { c["init_lora_weights"] = start; }) == ErrorCode::UnsupportedFormat);
  CHECK(readChanged([](Json &c) { c["init_lora_weights"] = "gaussian"; }) == ErrorCode::Internal);
}

TEST_CASE("patterns are PEFT's: the first that ends a module's name counts, and one with ^ is the whole name") {
  const auto alphaOf = [](const Json &patterns, const std::string &name) {
    const auto adapter = changedAdapter([&](Json &c) { c["alpha_pattern"] = patterns; });
    REQUIRE(adapter.ok());
    for (const LoraModule &module : adapter->modules)
      if (module.place.name == name) return module.alpha;
    return 0.0;
  };
  const std::string q0 = "model.layers.0.self_attn.q_proj", q1 = "model.layers.1.self_attn.q_proj";
  CHECK(alphaOf({{"q_proj", 7}, {q1, 9}}, q1) == 7);
  CHECK(alphaOf({{q1, 9}, {"q_proj", 7}}, q1) == 9);
  CHECK(alphaOf({{"^q_proj", 7}}, q1) == 10);
  CHECK(alphaOf({{"layers\\.(1|2)\\..*", 7}}, q1) == 7);
  CHECK(alphaOf({{"layers\\.(1|2)", 7}}, q1) == 10);
  CHECK(alphaOf({{"^" + q1, 7}}, q1) == 7);
  CHECK(alphaOf({{"^" + q1, 7}}, q0) == 10);
  CHECK(alphaOf({{"_proj", 7}}, q1) == 10); // a part of a word is no name
}

TEST_CASE("an adapter that lacks matrices its config promises is refused") {
  api::LoraConfig config;
  config.targets = {"q_proj"};
  const TemporaryFolder folder;
  REQUIRE(writeAdapter(folder.path, makeLora(config, tinyModules(), 1).value(), tinyModules(), "base").ok());
  const auto both = [](Json &c) { c["target_modules"] = {"q_proj", "v_proj"}; };
  CHECK(readChanged([](Json &) {}, folder.path) == ErrorCode::Internal);
  CHECK(readChanged(both, folder.path) == ErrorCode::MalformedFile);
  CHECK(readChanged([&](Json &c) { both(c), c["exclude_modules"] = {"v_proj"}; }, folder.path) == ErrorCode::Internal);
  CHECK(readChanged([&](Json &c) { both(c), c["layers_to_transform"] = {0}; }, folder.path) == ErrorCode::MalformedFile);
  CHECK(readChanged([&](Json &c) { both(c), c["layers_to_transform"] = {5}; }, folder.path) == ErrorCode::MalformedFile); // too many
  CHECK(readChanged([](Json &c) { c["target_modules"] = {"v_proj"}; }, folder.path) == ErrorCode::MalformedFile);
  CHECK(readChanged([](Json &c) { c["modules_to_save"] = {"norm"}; }, folder.path) == ErrorCode::Internal); // no such tensor is known
  CHECK(readChanged([](Json &c) { c["target_modules"] = ".*q_proj"; }, folder.path) == ErrorCode::Internal);
  CHECK(readChanged([](Json &c) { c["target_modules"] = "q_proj"; }, folder.path) == ErrorCode::MalformedFile); // of whole names
  CHECK(readChanged([](Json &c) { c["target_modules"] = "(.*"; }, folder.path) == ErrorCode::MalformedFile);
  CHECK(readChanged([](Json &c) { c["target_modules"] = "(([a-z._0-9])+)+!"; }, folder.path) == ErrorCode::MalformedFile); // takes too long
  CHECK(readChanged([](Json &c) { c["target_modules"] = ".*q_proj", c["layers_to_transform"] = 0; }, folder.path) ==
        ErrorCode::MalformedFile);
}

TEST_CASE("broken and foreign adapters are refused") {
  CHECK(readChanged([](Json &c) { c.erase("peft_type"); }) == ErrorCode::MalformedFile);
  CHECK(readChanged([](Json &c) { c["r"] = "many"; }) == ErrorCode::MalformedFile);
  CHECK(readChanged([](Json &c) { c["r"] = -1; }) == ErrorCode::MalformedFile);
  CHECK(readChanged([](Json &c) { c["r"] = 5; }) == ErrorCode::MalformedFile);
  CHECK(readChanged([](Json &c) { c["rank_pattern"] = 3; }) == ErrorCode::MalformedFile);
  for (const Json &notBoolean : {Json("true"), Json(1)})
    CHECK(readChanged([&](Json &c) { c["use_rslora"] = notBoolean; }) == ErrorCode::MalformedFile);
  CHECK(readChanged([](Json &c) { c = Json::array(); }) == ErrorCode::MalformedFile);
  CHECK(readAdapter("/no/such/adapter", tinyModules()).error().code == ErrorCode::FileNotFound);
  const TemporaryFolder empty;
  CHECK(readAdapter(empty.path, tinyModules()).error().code == ErrorCode::MissingInFolder);

  auto modules = tinyModules();
  for (LinearModule &module : modules) module.inputs *= 2;
  CHECK(readAdapter(kPeft, modules).error().code == ErrorCode::AdapterMismatch);
  modules = tinyModules();
  modules.resize(7); // a model of one layer
  CHECK(readAdapter(kPeft, modules).error().code == ErrorCode::AdapterMismatch);

  const std::string whole = readFile(kPeft + "/adapter_model.safetensors").value();
  const float values[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()};
  for (const float &value : values) {
    const TemporaryFolder folder;
    std::filesystem::copy(kPeft, folder.path, std::filesystem::copy_options::recursive);
    const std::string bytes(reinterpret_cast<const char *>(&value), sizeof value);
    REQUIRE(writeFileAtomic(folder.path + "/adapter_model.safetensors", whole.substr(0, whole.size() - bytes.size()) + bytes).ok());
    const auto adapter = readAdapter(folder.path, tinyModules());
    REQUIRE_FALSE(adapter.ok());
    CHECK(adapter.error().message.find("not finite") != std::string::npos);
  }
  for (const size_t length : {size_t(0), size_t(7), size_t(100), whole.size() / 2, whole.size() - 1}) {
    const TemporaryFolder folder;
    std::filesystem::copy(kPeft, folder.path, std::filesystem::copy_options::recursive);
    REQUIRE(writeFileAtomic(folder.path + "/adapter_model.safetensors", whole.substr(0, length)).ok());
    CHECK(readAdapter(folder.path, tinyModules()).error().code == ErrorCode::MalformedFile);
  }
}
