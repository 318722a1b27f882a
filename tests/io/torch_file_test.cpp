#include "core/base/atomic_file.h"
#include "core/io/model_tensors.h"
#include "core/io/torch_file.h"
#include "core/io/unpickler.h"
#include "core/io/weight_source.h"
#include "tests/support/stored_zip.h"
#include "tests/support/temp_folder.h"

#include <chrono>
#include <cmath>
#include <doctest/doctest.h>
#include <filesystem>

using namespace attune;
using namespace attune::io;

namespace {

const std::string kData = ATTUNE_SOURCE_DIR "/tests/data/torch_bin/";

/// The shape that tests/parity/torch_files.py writes.
std::string config(bool tied = true) {
  return std::string(R"({"architectures":["LlamaForCausalLM"],"hidden_size":16,"intermediate_size":12,"num_hidden_layers":1,)") +
         R"("num_attention_heads":2,"num_key_value_heads":1,"vocab_size":5,"max_position_embeddings":16,"tie_word_embeddings":)" +
         (tied ? "true}" : "false}");
}

Result<std::unique_ptr<WeightSource>> openWith(const test::TempFolder &folder, const std::string &file, bool tied = true) {
  folder.write("config.json", config(tied));
  std::filesystem::copy_file(kData + file, folder.path() + "/pytorch_model.bin", std::filesystem::copy_options::overwrite_existing);
  return openModel(folder.path());
}

void checkWeights(const WeightSource &source, double tolerance = 0) {
  const auto tensors = expectedTensors(source.config());
  for (size_t t = 0; t < tensors.size(); ++t) {
    CAPTURE(tensors[t].name);
    const TensorInfo *info = source.find(tensors[t].name);
    REQUIRE(info);
    CHECK(info->shape == tensors[t].shape);
    const int64_t rows = info->shape[0], width = info->elements() / rows;
    std::vector<float> values(static_cast<size_t>(rows * width));
    REQUIRE(source.readFloat(info->name, 0, 1, values.data()).ok());
    REQUIRE(source.readFloat(info->name, 1, rows, values.data() + width).ok()); // not from the first row on
    const size_t first = tensors[t].name == "lm_head.weight" ? 0 : t * 1000;    // tied to the first tensor
    size_t wrong = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      const double right = static_cast<double>(first + i);
      wrong += !(std::abs(values[i] - right) <= tolerance * right);
    }
    CHECK(wrong == 0);
    source.release(info->name);
  }
}

ByteView viewOf(const std::string &text) { return {reinterpret_cast<const uint8_t *>(text.data()), text.size()}; }

std::string repeated(const std::string &text, size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

} // namespace

TEST_CASE("torch file: every way of saving gives the same weights") {
  const test::TempFolder folder;
  for (const char *name : {"ordered", "dict", "protocol4", "protocol5", "parameters", "nested", "metadata", "strided", "tied", "extra",
                           "f64", "f16", "bf16", "hostile/valid", "hostile/valid_zip64"}) {
    CAPTURE(name);
    const auto source = openWith(folder, std::string(name) + ".bin");
    if (!source.ok()) FAIL(source.error().text());
    if (std::string(name).find("hostile") == 0) continue; // one storage for all
    const std::string kind = name;
    checkWeights(**source, kind == "f16" ? 1.0 / 2048 : kind == "bf16" ? 1.0 / 256 : 0);
  }
}

TEST_CASE("torch file: stored bytes are used where they lie in rows, and only there") {
  const test::TempFolder folder;
  const std::string q = "model.layers.0.self_attn.q_proj.weight", embedding = "model.embed_tokens.weight";
  CHECK((*openWith(folder, "ordered.bin"))->rawBytes(q).size == 4 * 16 * 16);
  CHECK((*openWith(folder, "f64.bin"))->rawBytes(q).size == 0);
  const auto strided = openWith(folder, "strided.bin");
  CHECK((*strided)->rawBytes(q).size == 0);
  CHECK((*strided)->find(q)->bytes == 4 * 16 * 16);
  CHECK((*strided)->rawBytes(embedding).size == 4 * 5 * 16);
  const auto extra = openWith(folder, "extra.bin");
  CHECK((*extra)->find("ones")->shape == std::vector<int64_t>{16}); // expanded from one element
  std::vector<float> ones(16);
  CHECK((*extra)->readFloat("ones", 0, 16, ones.data()).ok());
  CHECK(ones == std::vector<float>(16, 1.0f));
  CHECK((*extra)->find("f8")->type == DType::F8E4M3);
  CHECK_FALSE((*extra)->readFloat("scalar", 0, 1, ones.data()).ok()); // an integer
}

TEST_CASE("torch file: a head that shares its storage with the embedding is read as both") {
  const test::TempFolder folder;
  const auto apart = openWith(folder, "tied.bin", false);
  REQUIRE(apart.ok());
  CHECK_FALSE((*apart)->config().tiedEmbeddings);
  checkWeights(**apart);
  CHECK((*openWith(folder, "tied.bin", true))->config().tiedEmbeddings);
}

TEST_CASE("torch file: shards are found by their index, safetensors come first") {
  const test::TempFolder folder;
  folder.write("config.json", config());
  std::string map;
  const auto tensors = expectedTensors(*parseModelConfig(config(), "c"));
  for (size_t i = 0; i < tensors.size(); ++i)
    map += (i ? ",\"" : "\"") + tensors[i].name + (i < 5 ? "\":\"shard1.bin\"" : "\":\"shard2.bin\"");
  folder.write("pytorch_model.bin.index.json", "{\"weight_map\":{" + map + "}}");
  CHECK(openModel(folder.path()).error().code == ErrorCode::MissingInFolder);
  for (const char *shard : {"shard1.bin", "shard2.bin"}) std::filesystem::copy_file(kData + shard, folder.path() + "/" + shard);
  auto source = openModel(folder.path());
  REQUIRE(source.ok());
  checkWeights(**source);
  std::filesystem::copy_file(kData + "shard1.bin", folder.path() + "/shard2.bin", std::filesystem::copy_options::overwrite_existing);
  CHECK(openModel(folder.path()).error().message.find("does not hold it") != std::string::npos);
  folder.write("model.safetensors", "broken"); // taken although the pickled files are there
  CHECK(openModel(folder.path()).error().where.find("model.safetensors") != std::string::npos);
}

TEST_CASE("torch file: the older layout is named") {
  const test::TempFolder folder;
  const Error error = openWith(folder, "legacy.bin").error();
  CHECK(error.code == ErrorCode::UnsupportedFormat);
  CHECK(error.message.find("before 1.6") != std::string::npos);
}

TEST_CASE("torch file: cut off anywhere, it is refused") {
  for (const char *name : {"ordered.bin", "hostile/valid.bin", "hostile/valid_zip64.bin"}) {
    const std::string whole = *readFile(kData + name);
    REQUIRE(parseTorchFile(viewOf(whole), "x").ok());
    size_t accepted = 0;
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::string part = whole.substr(0, size); // a copy of its own: reading too far is seen by the sanitizer
      accepted += parseTorchFile(viewOf(part), "x").ok();
    }
    CHECK(accepted == 0);
  }
}

TEST_CASE("torch file: hostile files are refused with their reason") {
  size_t count = 0;
  for (const auto &entry : std::filesystem::directory_iterator(kData + "hostile")) {
    if (entry.path().filename().string().find("valid") == 0) continue;
    CAPTURE(entry.path().filename().string());
    const auto tensors = openTensorFile(entry.path().string());
    REQUIRE_FALSE(tensors.ok());
    CHECK(exitCodeOf(tensors.error().code) == 3);
    CHECK(tensors.error().where.find(entry.path().string()) == 0);
    CHECK_FALSE(tensors.error().hint.empty());
    ++count;
  }
  CHECK(count > 100);
}

TEST_CASE("pickle bombs end at their limits, soon") {
  const std::string dict = "\x80\x02}";
  const size_t much = size_t(10) << 20;
  const std::pair<const char *, std::string> bombs[] = {
      {"values", dict + repeated("]", much)},
      {"values thrown away", "\x80\x02]" + repeated(")a", much)},
      {"appends of one value", std::string("\x80\x02]q\x00", 5) + repeated(std::string("h\x00\x61", 3), much)},
      {"pushed and never used", std::string("\x80\x02]q\x00", 5) + repeated(std::string("h\x00", 2), much)},
      {"marks", dict + repeated("(", much)},
      {"doubling tuples", dict + repeated("\x85", much)},
      {"memo", dict + repeated("\x94", 3 * much)},
      {"larger than allowed", dict + repeated("N", 4 * much)},
  };
  for (const auto &bomb : bombs) {
    CAPTURE(bomb.first);
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(unpickleTensors(viewOf(bomb.second), "bomb").ok());
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
  }
}

TEST_CASE("an archive made by hand is read like one of torch.save") {
  using namespace std::string_literals;
  const std::string pickle = "\x80\x02}X\1\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"s +
                             "0X\3\0\0\0cpuK\1tQK\0K\1\x85K\1\x85\x89NtRs."s;
  const auto read = [&](const std::string &top, const std::string &order, const std::string &data = "abcd") {
    return parseTorchFile(viewOf(test::storedZip({{top + "data.pkl", pickle}, {top + "data/0", data}, {top + "byteorder", order}})), "x")
        .ok();
  };
  CHECK(read("m/", "little"));
  CHECK_FALSE(read("m/", "big"));
  CHECK_FALSE(read("m/", "little", "abc"));
  CHECK_FALSE(read("", "little"));
  CHECK_FALSE(read("m/n/", "little"));
}

TEST_CASE("a tensor whose bytes mean another value than they show is refused by that property's name") {
  using namespace std::string_literals;
  const auto read = [](const std::string &properties) {
    const std::string pickle = "\x80\x02}X\1\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"s +
                               "0X\3\0\0\0cpuK\1tQK\0K\1\x85K\1\x85\x89N"s + properties + "tRs."s;
    return parseTorchFile(viewOf(test::storedZip({{"m/data.pkl", pickle}, {"m/data/0", "abcd"}})), "x");
  };
  CHECK(read("}").ok());
  CHECK(read("N").ok());
  const auto negated = read("}X\3\0\0\0neg\x88s"s); // what torch.save writes of x._neg_view()
  REQUIRE_FALSE(negated.ok());
  CHECK(exitCodeOf(negated.error().code) == 3);
  CHECK(negated.error().message.find("\"neg\"") != std::string::npos);
  CHECK_FALSE(read("K\1").ok());
}
