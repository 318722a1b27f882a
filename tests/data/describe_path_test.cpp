#include "core/data/describe_path.h"
#include "core/io/safetensors.h"
#include "tests/support/starter_model.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

using namespace attune;
using attune::data::describePath;

namespace {

using Tensors = std::vector<std::pair<std::string, std::vector<int64_t>>>;

/// Zeros of these names and shapes.
void writeAdapterTensors(const test::TempFolder &folder, const Tensors &tensors) {
  std::vector<io::SafetensorsSpec> specs;
  for (const auto &[name, shape] : tensors) specs.push_back({name, io::DType::F32, shape});
  auto writer = io::SafetensorsWriter::create(folder.path() + "/adapter_model.safetensors", specs);
  REQUIRE(writer.ok());
  for (const auto &spec : specs) {
    size_t elements = 1;
    for (const int64_t size : spec.shape) elements *= static_cast<size_t>(size);
    const std::vector<uint8_t> zeros(elements * 4);
    REQUIRE(writer->write({zeros.data(), zeros.size()}).ok());
  }
  REQUIRE(writer->commit().ok());
}

} // namespace

TEST_CASE("inspect: every kind of thing is recognised") {
  test::TempFolder folder;
  CHECK(describePath(folder.path() + "/none").error().code == ErrorCode::FileNotFound);
  CHECK(describePath(folder.path()).error().code == ErrorCode::UnsupportedFormat);

  const std::string rows = folder.write("rows.jsonl", "{\"instruction\":\"a\",\"output\":\"b\"}\n{\"instruction\":\"a\"}\n");
  const auto dataset = describePath(rows);
  REQUIRE(dataset.ok());
  CHECK(dataset->facts["kind"] == "dataset");
  CHECK(dataset->facts["format"] == "alpaca");
  CHECK(dataset->facts["rows"] == 2);
  CHECK(dataset->facts["errors"] == 1);
  CHECK(dataset->facts["problems"].size() == 1);

  folder.write(
      "config.json",
      R"({"architectures":["LlamaForCausalLM"],"hidden_size":8,"intermediate_size":12,"num_hidden_layers":1,"num_attention_heads":2,"vocab_size":5})");
  const auto model = describePath(folder.path());
  REQUIRE(model.ok());
  CHECK(model->facts["kind"] == "model");
  CHECK(model->facts["layers"] == 1);
  CHECK(model->facts["problems"].size() == 2); // no tokenizer, no weights
  CHECK_FALSE(model->error.has_value());
  folder.write("model.safetensors", "damaged");
  CHECK(describePath(folder.path())->error->code == ErrorCode::MalformedFile);

  test::TempFolder adapter;
  adapter.write("adapter_config.json", R"({"peft_type":"LORA","r":4,"lora_alpha":8,"target_modules":["q_proj"]})");
  CHECK(describePath(adapter.path())->error->code == ErrorCode::MissingInFolder);
  writeAdapterTensors(adapter, {{"base_model.model.x.q_proj.lora_A.weight", {4, 8}}, {"base_model.model.x.q_proj.lora_B.weight", {8, 4}}});
  const auto lora = describePath(adapter.path());
  REQUIRE(lora.ok());
  CHECK_FALSE(lora->error.has_value());
  CHECK(lora->facts["kind"] == "adapter");
  CHECK(lora->facts["parameters"] == 64);
  CHECK(lora->facts["r"] == 4);
  CHECK(describePath(adapter.path() + "/adapter_model.safetensors")->facts["kind"] == "safetensors");

  test::TempFolder run;
  run.write("run.json", R"({"schema":1,"name":"first","model":"m","method":"lora"})");
  run.write("events.jsonl", "{\"type\":\"run_started\",\"seq\":0,\"time\":1,\"attempt\":1,\"total_steps\":9}\n"
                            "{\"type\":\"step\",\"seq\":1,\"time\":2,\"step\":3,\"loss\":1.5}\n{\"type\":\"run_fini");
  std::filesystem::create_directories(run.path() + "/checkpoints/step-10");
  std::filesystem::create_directories(run.path() + "/checkpoints/step-9");
  const auto described = describePath(run.path());
  REQUIRE(described.ok());
  CHECK(described->facts["kind"] == "run");
  CHECK(described->facts["name"] == "first");
  CHECK(described->facts["steps"] == 3);
  CHECK(described->facts["total_steps"] == 9);
  CHECK(described->facts["outcome"].is_null());
  CHECK(described->facts["checkpoints"] == Json::array({"checkpoints/step-9", "checkpoints/step-10"}));
  CHECK(described->facts["running"] == false);
  const int fd = ::open((run.path() + "/events.jsonl").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::flock(fd, LOCK_EX | LOCK_NB) == 0); // as a run holds it
  CHECK(describePath(run.path())->facts["running"] == true);
  ::close(fd);
}

TEST_CASE("inspect: what would be refused later is said now") {
  test::TempFolder adapter;
  adapter.write("adapter_model.safetensors", std::string("\x02\0\0\0\0\0\0\0{}", 10));
  for (const char *config :
       {R"({"peft_type":"LORA","r":0})", R"({"peft_type":"LORA","use_dora":true})", R"({"peft_type":"IA3"})", "[]", "{"}) {
    CAPTURE(config);
    adapter.write("adapter_config.json", config);
    const auto described = describePath(adapter.path());
    REQUIRE(described.ok());
    CHECK(described->facts["kind"] == "adapter");
    CHECK(described->error.has_value());
  }

  adapter.write("adapter_config.json", R"({"peft_type":"LORA","r":4,"lora_alpha":8,"target_modules":["q_proj"]})");
  const std::string module = "base_model.model.x.q_proj", a = module + ".lora_A.weight", b = module + ".lora_B.weight";
  const std::pair<Tensors, const char *> broken[] = {
      {{{a, {4, 8}}}, "One of the two matrices of x.q_proj is missing."},
      {{{a, {4, 8}}, {b, {8, 3}}}, "The two matrices of x.q_proj differ in rank."},
      {{{a, {3, 8}}, {b, {8, 3}}}, "The rank of x.q_proj is not the one in adapter_config.json."},
      {{{a, {32}}, {b, {8, 4}}}, "An adapter matrix does not have two dimensions."},
      {{{a, {4, 8}}, {b, {8, 4}}, {module + ".lora_magnitude_vector", {8}}}, "This adapter uses the tensor"},
      {{{"x.q_proj.lora_A.weight", {4, 8}}, {b, {8, 4}}}, "An adapter tensor's name does not begin with base_model.model.."},
      {{{"base_model.model.x.v_proj.lora_A.weight", {4, 8}}, {"base_model.model.x.v_proj.lora_B.weight", {8, 4}}},
       "The adapter holds matrices of x.v_proj, which adapter_config.json does not name."},
      {{}, "The adapter holds no LoRA matrices."},
  };
  for (const auto &[tensors, message] : broken) {
    CAPTURE(message);
    writeAdapterTensors(adapter, tensors);
    const auto described = describePath(adapter.path());
    REQUIRE(described.ok());
    REQUIRE(described->error.has_value());
    CHECK(described->error->message.find(message) == 0);
    CHECK(described->facts["problems"].dump().find(message) != std::string::npos);
  }

  test::TempFolder model;
  model.write("config.json", R"({"architectures":["LlamaForCausalLM"],"hidden_size":2,"intermediate_size":2,"num_hidden_layers":1,)"
                             R"("num_attention_heads":1,"vocab_size":2,"tie_word_embeddings":true})");
  std::vector<io::SafetensorsSpec> specs = {{"model.embed_tokens.weight", io::DType::F32, {2, 2}},
                                            {"model.norm.weight", io::DType::F32, {2}}};
  for (const std::string layer : {"model.layers.0.", "model.layers.1."}) {
    for (const char *norm : {"input_layernorm", "post_attention_layernorm"})
      specs.push_back({layer + norm + ".weight", io::DType::F32, {2}});
    for (const char *matrix :
         {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"})
      specs.push_back({layer + matrix + ".weight", io::DType::F32, {2, 2}});
  }
  auto writer = io::SafetensorsWriter::create(model.path() + "/model.safetensors", specs);
  REQUIRE(writer.ok());
  const std::vector<uint8_t> zeros(16);
  for (const auto &spec : specs) REQUIRE(writer->write({zeros.data(), spec.shape.size() == 1 ? size_t(8) : size_t(16)}).ok());
  REQUIRE(writer->commit().ok());
  model.write("tokenizer.json", "{");
  model.write("generation_config.json", R"({"temperature":-1})");
  const auto described = describePath(model.path());
  REQUIRE(described.ok());
  CHECK_FALSE(described->error.has_value());
  const std::string problems = described->facts["problems"].dump();
  CHECK(described->facts["problems"].size() == 3);
  CHECK(problems.find("9 tensors are not of a model with these settings") != std::string::npos);
  CHECK(problems.find("model.layers.1.") != std::string::npos);
  CHECK(problems.find("tokenizer.json") != std::string::npos);
  CHECK(problems.find("#temperature") != std::string::npos);
}

TEST_CASE("inspect: the starter model") {
  const std::string path = test::starterModel();
  if (path.empty()) return;
  const auto model = describePath(path);
  REQUIRE(model.ok());
  CHECK(model->facts["kind"] == "gguf");
  CHECK(model->facts["parameters"] == 134515008);
  CHECK(model->facts["tensors"].size() == 272);
  CHECK(model->facts["bytes_by_dtype"].contains("Q4_1"));
  CHECK(model->facts["chat_template"] == true);
  CHECK_FALSE(model->error.has_value());
}
