#include "core/api/config_fields.h"
#include "core/api/run_config_json.h"
#include "core/base/json.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

using namespace attune;
using namespace attune::api;

namespace {

RunConfig parsedOk(const std::string &json, const std::vector<std::string> &settings = {}) {
  auto parsed = parseRunConfig(json, "run.json", "/data", settings);
  REQUIRE(parsed.ok());
  for (const auto &problem : parsed->problems) FAIL(problem.key << ": " << problem.message);
  return parsed->config;
}

std::vector<ConfigProblem> problemsOf(const std::string &json, const std::vector<std::string> &settings = {}) {
  auto parsed = parseRunConfig(json, "run.json", "/data", settings);
  REQUIRE(parsed.ok());
  return parsed->problems;
}

RunConfig runnable() {
  RunConfig config;
  config.model = "/m";
  config.dataset = {{"/rows.jsonl", DatasetFormat::Auto, 1.0}};
  return config;
}

bool hasKey(const std::vector<ConfigProblem> &problems, const std::string &key) {
  for (const auto &problem : problems) {
    if (problem.key == key) return true;
  }
  return false;
}

} // namespace

TEST_CASE("every key of the contract is in the field table with its default") {
  const auto contract = parseJson(R"({ "name": "run", "init_adapter": null, "method": "lora", "quantization": "none",
    "validation": {"fraction": 0.0, "path": null}, "template": "auto", "max_length": 512, "overlength": "truncate",
    "packing": true, "shuffle": true, "train_on": "answers",
    "lora": {"rank": 8, "alpha": 16.0, "dropout": 0.0, "targets": ["all-linear"], "rslora": false, "plus_ratio": 1.0},
    "epochs": 3, "max_steps": 0, "batch_size": 4, "accumulation": 1,
    "optimizer": {"name": "adamw", "lr": 2e-4, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0},
    "scheduler": {"name": "cosine", "warmup_ratio": 0.0, "warmup_steps": 0}, "clip_norm": 1.0, "precision": "auto",
    "checkpointing": "auto", "offload": "none", "seed": 42, "log_steps": 1, "eval_steps": 0, "save_steps": 0,
    "keep_checkpoints": 3 })",
                                  "contract");
  REQUIRE(contract.ok());
  const auto written = parseJson(runConfigJson(RunConfig{}), "written");
  REQUIRE(written.ok());
  for (const auto &item : contract->items()) {
    if (!item.value().is_object()) {
      CHECK_MESSAGE((*written)[item.key()] == item.value(), item.key());
      continue;
    }
    for (const auto &inner : item.value().items()) {
      CHECK_MESSAGE((*written)[item.key()][inner.key()] == inner.value(), inner.key());
    }
  }
}

TEST_CASE("a config survives writing and reading whatever its settings") {
  RunConfig config = runnable();
  config.name = "ein Lauf 跑";
  config.method = Method::Freeze;
  config.dataset.push_back({"/b.csv", DatasetFormat::Alpaca, 2.5});
  config.offload.layers = true;
  config.samplePrompts = {"你好", "a \"b\""};
  config.optimizer.lr = 1.0 / 3;
  config.validation.path = "/v.jsonl";
  config.seed = 9007199254740990;
  const RunConfig again = parsedOk(runConfigJson(config, R"({"versions":{"attune":"0.1"}})"));
  CHECK(configDiff(config, again).empty());
  CHECK(again.optimizer.lr == config.optimizer.lr);
  CHECK(again.dataset.size() == 2);
}

TEST_CASE("every field has a unique key, a help text, and a default that validates") {
  std::set<std::string> keys;
  for (const ConfigField &field : configFields()) {
    CHECK_MESSAGE(keys.insert(field.key).second, field.key);
    CHECK_MESSAGE(!field.help.empty(), field.key);
    CHECK_MESSAGE(!field.group.empty(), field.key);
    if (!field.appliesKey.empty()) CHECK(findConfigField(field.appliesKey) != nullptr);
    RunConfig copy = runnable();
    field.set(copy, field.get(runnable()));
    CHECK_MESSAGE(configDiff(copy, runnable()).empty(), field.key);
  }
  CHECK(validate(runnable()).empty());
  CHECK(settingsHelp(true).find("lora.rank = 8") != std::string::npos);
  CHECK(fieldApplies(*findConfigField("lora.rank"), runnable()));
  CHECK_FALSE(fieldApplies(*findConfigField("freeze_layers"), runnable()));
}

TEST_CASE("paths in a file resolve against its folder and paths in --set against the current one") {
  const RunConfig config = parsedOk(R"({"model":"m.gguf","dataset":["a.jsonl",{"path":"sub/../b.jsonl"}],"template":"t.jinja"})");
  CHECK(config.model == "/data/m.gguf");
  CHECK(config.dataset.at(0).path == "/data/a.jsonl");
  CHECK(config.dataset.at(1).path == "/data/b.jsonl");
  CHECK(config.templateName == "/data/t.jinja");
  const std::string here = std::filesystem::current_path().string();
  const RunConfig set = parsedOk(R"({"model":"m.gguf","dataset":["a.jsonl"]})",
                                 {"model=x.gguf", "dataset.0.path=c.jsonl", "dataset.1=d.jsonl", "validation.path=v.jsonl"});
  CHECK(set.model == here + "/x.gguf");
  CHECK(set.dataset.at(0).path == here + "/c.jsonl");
  CHECK(set.dataset.at(1).path == here + "/d.jsonl");
  CHECK(set.validation.path == here + "/v.jsonl");
}

TEST_CASE("--set takes JSON values, plain strings, list items and whole objects") {
  const RunConfig config = parsedOk(R"({"dataset":{"path":"a.jsonl"}})",
                                    {"lora.rank=16", "name=2024", "optimizer.lr=1e-3", "packing=false", "dataset.0.weight=2.5",
                                     "dataset.0.format=alpaca", "scheduler={\"name\":\"linear\"}", "sample_prompts.0=Who are you?",
                                     "offload=[\"layers\"]", "init_adapter=null", "lora.targets=[\"q_proj\"]", "max_length=128.0"});
  CHECK(config.lora.rank == 16);
  CHECK(config.name == "2024");
  CHECK(config.optimizer.lr == 1e-3);
  CHECK_FALSE(config.packing);
  CHECK(config.dataset.at(0).weight == 2.5);
  CHECK(config.dataset.at(0).format == DatasetFormat::Alpaca);
  CHECK(config.scheduler.name == SchedulerKind::Linear);
  CHECK(config.samplePrompts == std::vector<std::string>{"Who are you?"});
  CHECK(config.offload.layers);
  CHECK(config.lora.targets == std::vector<std::string>{"q_proj"});
  CHECK(config.maxLength == 128);
  CHECK(hasKey(problemsOf("{}", {"lora.rank"}), "lora.rank"));
  CHECK(hasKey(problemsOf("{}", {"dataset.7.path=x"}), "dataset.7.path"));
  CHECK(hasKey(problemsOf("{}", {"=5"}), "=5"));
  CHECK(hasKey(problemsOf("{}", {"packing=yes"}), "packing"));
  CHECK(hasKey(problemsOf("{}", {"model.x=1"}), "model"));
  const RunConfig lists = parsedOk("{}", {"offload.0=layers", "sample_prompts.0=5", "sample_prompts.1=true", "lora.targets=7"});
  CHECK(lists.offload.layers);
  CHECK(lists.samplePrompts == std::vector<std::string>{"5", "true"});
  CHECK(lists.lora.targets == std::vector<std::string>{"7"});
  CHECK(hasKey(problemsOf("{}", {"offload=[\"layers\",\"gpu\"]"}), "offload.1"));
  CHECK(hasKey(problemsOf("{}", {"sample_prompts=[\"a\",5]"}), "sample_prompts.1"));
  CHECK(hasKey(problemsOf("{}", {"sample_prompts.0=null"}), "sample_prompts.0"));
  CHECK(hasKey(problemsOf("{}", {"model=null"}), "model"));
  CHECK(hasKey(problemsOf("{}", {"..=5"}), ".."));
}

TEST_CASE("a config with five mistakes has five problems, each with its key") {
  const auto folder = std::filesystem::temp_directory_path() / "attune_five.json";
  {
    std::FILE *file = std::fopen(folder.c_str(), "w");
    std::fputs(R"({"model":"m","dataset":["d"],"lora":{"rank":0,"drpout":0.1},"method":"lorra","epochs":"three","optimizer":{"lr":-1}})",
               file);
    std::fclose(file);
  }
  const auto result = loadRunConfig(folder.string());
  std::filesystem::remove(folder);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == ErrorCode::InvalidConfig);
  CHECK(exitCodeOf(result.error().code) == 2);
  const auto &problems = result.error().problems;
  CHECK(problems.size() == 5);
  for (const char *key : {"lora.rank", "lora.drpout", "method", "epochs", "optimizer.lr"}) CHECK_MESSAGE(hasKey(problems, key), key);
  for (const auto &problem : problems) {
    if (problem.key == "lora.drpout") CHECK(problem.message.find("lora.dropout") != std::string::npos);
  }
}

TEST_CASE("unknown keys name the nearest, old names are read, a record is ignored, newer schemas are refused") {
  const auto unknown = problemsOf(R"({"learning_rate":1e-4})");
  REQUIRE(unknown.size() == 1);
  CHECK(unknown[0].code == ErrorCode::UnknownKey);
  CHECK(unknown[0].message.find("optimizer.lr") != std::string::npos);
  CHECK(nearestConfigKey("max_lenght") == "max_length");
  CHECK(nearestConfigKey("qqqqqqqqqqqq").empty());
  CHECK(nearestConfigKey("").empty());
  CHECK(nearestConfigKey("batch") == "batch_size");
  CHECK(nearestConfigKey("epohcs") == "epochs");
  CHECK(parsedOk(R"({"neftune_noise_alpha":5,"record":{"anything":[1]}})").neftuneAlpha == 5);
  CHECK(parsedOk(R"({"neftune_noise_alpha":5})", {"neftune_alpha=7"}).neftuneAlpha == 7);
  CHECK(hasKey(problemsOf(R"({"neftune_noise_alpha":5,"neftune_alpha":5})"), "neftune_alpha"));
  const auto newer = parseRunConfig(R"({"schema":2,"some_future_key":1})", "run.json", ".");
  REQUIRE_FALSE(newer.ok());
  CHECK(newer.error().code == ErrorCode::NewerSchema);
  CHECK(hasKey(problemsOf(R"({"schema":"1"})"), "schema"));
  CHECK_FALSE(parseRunConfig("[1]", "run.json", ".").ok());
  CHECK_FALSE(parseRunConfig("{", "run.json", ".").ok());
}

TEST_CASE("settings of later versions are refused as such, and as wrong when others are wrong") {
  std::vector<ConfigProblem> problems = {{"precision", "\"fp8\" is a setting of a later version of Attune.", ErrorCode::NotSupportedYet}};
  const Error error = configError(problems, "run.json");
  CHECK(error.code == ErrorCode::NotSupportedYet);
  CHECK(exitCodeOf(error.code) == 2);
  problems.push_back({"device", "There is no device \"gpu\".", ErrorCode::InvalidConfig});
  CHECK(configError(problems, "run.json").code == ErrorCode::InvalidConfig);
}

TEST_CASE("embedding and head in 8 bits go with a quantised base alone") {
  RunConfig config = runnable();
  config.quantizeEmbeddings = true;
  for (const auto kind : {Quantization::None, Quantization::Int8, Quantization::Nf4}) {
    config.quantization = kind;
    const auto problems = validate(config);
    REQUIRE(problems.size() == (kind == Quantization::None ? 1 : 0));
    if (!problems.empty()) CHECK(problems[0].key == "quantize_embeddings");
    CHECK(fieldApplies(*findConfigField("quantize_embeddings"), config) == problems.empty());
  }
}

TEST_CASE("quantised base weights go with LoRA alone") {
  RunConfig config = runnable();
  for (const auto kind : {Quantization::Int8, Quantization::Nf4}) {
    config.quantization = kind;
    config.method = Method::Lora;
    CHECK(validate(config).empty());
    for (const auto method : {Method::Full, Method::Freeze}) {
      config.method = method;
      const auto problems = validate(config);
      REQUIRE(problems.size() == 1);
      CHECK(problems[0].key == "quantization");
      CHECK(problems[0].message.find("lora") != std::string::npos);
      CHECK(exitCodeOf(problems[0].code) == 2);
    }
  }
}

TEST_CASE("layers wait on the host as they are, not quantised") {
  RunConfig config = runnable();
  config.offload.layers = true;
  CHECK(validate(config).empty());
  config.quantization = Quantization::Nf4;
  CHECK(hasKey(validate(config), "offload"));
  for (const std::string name : {"adamw", "adamw_8bit", "adafactor", "sgd"}) {
    config = runnable();
    config.optimizer.name = name;
    CHECK(validate(config).empty());
  }
  config.optimizer.name = "adam";
  CHECK(hasKey(validate(config), "optimizer.name"));
}

TEST_CASE("what must be there and what goes together is checked") {
  CHECK(hasKey(validate(RunConfig{}), "model"));
  CHECK(hasKey(validate(RunConfig{}), "dataset"));
  CHECK_FALSE(hasKey(validate(RunConfig{}, ConfigPurpose::Plan), "dataset"));
  RunConfig config = runnable();
  config.earlyStopping.patience = 3;
  CHECK(hasKey(validate(config), "early_stopping.patience"));
  config.validation.fraction = 0.1;
  CHECK(validate(config).empty());
  config.validation.path = "/v";
  CHECK(hasKey(validate(config), "validation"));
  config = runnable();
  config.name = "../up";
  CHECK(hasKey(validate(config), "name"));
  config = runnable();
  config.dataset[0].weight = -1;
  CHECK(hasKey(validate(config), "dataset.0.weight"));
  config = runnable();
  config.method = Method::Full;
  config.initAdapter = "/a";
  CHECK(hasKey(validate(config), "init_adapter"));
}

TEST_CASE("a diff names the keys that changed with both values") {
  RunConfig a = runnable(), b = runnable();
  b.lora.rank = 32;
  b.method = Method::Full;
  const auto diff = configDiff(a, b);
  REQUIRE(diff.size() == 2);
  CHECK(diff[0].key == "method");
  CHECK(diff[0].from == "\"lora\"");
  CHECK(diff[1].key == "lora.rank");
  CHECK(diff[1].to == "32");
}

TEST_CASE("floods of mistakes and endless values are cut short") {
  std::string keys, items;
  for (int i = 0; i < 5000; ++i) keys += (i ? ",\"" : "\"") + std::string(300, 'x') + std::to_string(i) + "\":1";
  const auto many = parseRunConfig("{" + keys + "}", "run.json", ".");
  REQUIRE(many.ok());
  CHECK(many->problems.size() == kMaxProblems);
  CHECK(many->moreProblems == 4900);
  CHECK(many->problems[0].key.size() < 210);
  const Error error = configError(many->problems, "run.json", many->moreProblems);
  CHECK(error.message == "The run config has 5000 mistakes.");
  CHECK(error.problems.size() == kMaxProblems + 1);
  CHECK(error.problems.back().message == "And 4900 more.");
  for (int i = 0; i < 200000; ++i) items += i ? ",1" : "1";
  CHECK(hasKey(problemsOf("{\"dataset\":[" + items + "]}"), "dataset"));
  RunConfig config = runnable();
  config.device = std::string(100000, 'x');
  config.seed = -1;
  for (const auto &problem : validate(config)) {
    CHECK(problem.message.size() < 200);
    if (problem.key == "seed") CHECK(problem.message == "This must be from 0 to 9007199254740991, not -1.");
  }
}

TEST_CASE("hostile config texts end in an error, not a crash") {
  for (const char *text :
       {"", "null", "{\"lora\":[]}", "{\"lora\":{\"rank\":{}}}", "{\"dataset\":[[]]}", "{\"dataset\":5}", "{\"epochs\":1e300}",
        "{\"epochs\":18446744073709551615}", "{\"epochs\":1e999}", "{\"model\":null}", "{\"offload\":[\"gpu\"]}",
        "{\"sample_prompts\":[1]}", "{\"name\":\"\\ud800\"}", "{\"\":1}", "{\"a\":1,\"a\":2}"}) {
    const auto parsed = parseRunConfig(text, "run.json", ".");
    CHECK_MESSAGE((!parsed.ok() || !parsed->problems.empty()), text);
  }
}
