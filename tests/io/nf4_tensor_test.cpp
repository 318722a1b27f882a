// Reading the 4-bit checkpoints of bitsandbytes: what transformers saved, and what must not be believed.
#include "core/base/atomic_file.h"
#include "core/io/nf4_tensor.h"
#include "core/io/weight_source.h"
#include "tests/support/nf4_folder.h"

#include <cmath>
#include <functional>

using namespace attune;
using namespace attune::io;
using namespace attune::test;

namespace {

const std::string kQ = "model.layers.0.self_attn.q_proj.weight", kState = ".quant_state.bitsandbytes__nf4";

std::vector<float> floats(const RawTensor &tensor) {
  std::vector<float> values(tensor.bytes.size() / 4);
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

Error refusal(const std::function<void(RawTensors &)> &damage) {
  const TempFolder folder;
  RawTensors tensors = readRaw(quantData("llama_nf4/model.safetensors"));
  damage(tensors);
  writeNf4Folder(folder, tensors);
  const auto source = openModel(folder.path());
  return source.ok() ? Error{} : source.error();
}

} // namespace

// To see it fail: leave out the mean of the scales, or take a block's scale one block later.
TEST_CASE("NF4 checkpoints: matrices have their own shape and bitsandbytes' values") {
  for (const char *name : {"llama_nf4", "llama_nf4_single"}) {
    CAPTURE(name);
    const auto source = openModel(quantData(name));
    REQUIRE_MESSAGE(source.ok(), source.error().text());
    CHECK(holdsNf4(**source));
    CHECK((*source)->tensors().size() == 12); // no companions
    const TensorInfo *info = (*source)->find(kQ);
    REQUIRE(info);
    CHECK(info->type == DType::NF4);
    CHECK(info->shape == std::vector<int64_t>{64, 64});
    CHECK((*source)->nf4(kQ));
    CHECK_FALSE((*source)->nf4("lm_head.weight"));
    CHECK((*source)->rawBytes(kQ).size == 0);
    const auto expected = floats(readRaw(quantData(std::string(name) + "/reference.safetensors"))["q_proj"]);
    std::vector<float> values(expected.size()), part(3 * 64);
    REQUIRE((*source)->readFloat(kQ, 0, 64, values.data()).ok());
    CHECK(values == expected);
    REQUIRE((*source)->readFloat(kQ, 5, 8, part.data()).ok());
    CHECK(std::memcmp(part.data(), expected.data() + 5 * 64, part.size() * 4) == 0);
    CHECK_FALSE((*source)->readFloat(kQ, 0, 65, values.data()).ok());
  }
  const auto dense = openModel(ATTUNE_SOURCE_DIR "/tests/data/tiny_llama/tied");
  REQUIRE(dense.ok());
  CHECK_FALSE(holdsNf4(**dense));
}

// To see each fail: leave out its check in nf4_tensor.cpp.
TEST_CASE("NF4 checkpoints: parts that are missing, of another size or contradict each other are refused") {
  const auto state = [](const std::string &json) { return [json](RawTensors &t) { t[kQ + kState] = stateOf(json); }; };
  const std::string good = R"("quant_type":"nf4","nested_blocksize":256,"nested_dtype":"float32","nested_offset":0.1,"dtype":"float32",)";
  const std::pair<const char *, std::function<void(RawTensors &)>> cases[] = {
      {"absmax missing", [](RawTensors &t) { t.erase(kQ + ".absmax"); }},
      {"nested_absmax missing", [](RawTensors &t) { t.erase(kQ + ".nested_absmax"); }},
      {"nested_quant_map missing", [](RawTensors &t) { t.erase(kQ + ".nested_quant_map"); }},
      {"quant_map missing", [](RawTensors &t) { t.erase(kQ + ".quant_map"); }},
      {"weight missing", [](RawTensors &t) { t.erase(kQ); }},
      {"codes too few",
       [](RawTensors &t) {
         t[kQ] = {DType::U8, {2047, 1}, std::string(2047, '\x11')};
       }},
      {"codes too many",
       [](RawTensors &t) {
         t[kQ] = {DType::U8, {2049, 1}, std::string(2049, '\x11')};
       }},
      {"absmax too few",
       [](RawTensors &t) {
         t[kQ + ".absmax"] = {DType::U8, {63}, std::string(63, '\x11')};
       }},
      {"absmax of another type",
       [](RawTensors &t) {
         t[kQ + ".absmax"] = {DType::F32, {16}, std::string(64, '\x11')};
       }},
      {"nested of another type",
       [](RawTensors &t) {
         t[kQ + ".nested_absmax"] = {DType::U8, {4}, std::string(4, '\x11')};
       }},
      {"map too short",
       [](RawTensors &t) {
         t[kQ + ".nested_quant_map"] = {DType::F32, {255}, std::string(1020, '\0')};
       }},
      {"scale not finite", [](RawTensors &t) { t[kQ + ".nested_absmax"].bytes = std::string("\0\0\x80\x7f", 4); }},
      {"state not JSON", state("{\"shape\":")},
      {"state no object", state("[1]")},
      {"state without shape", state("{" + good + R"("blocksize":64})")},
      {"three sides", state("{" + good + R"("blocksize":64,"shape":[64,8,8]})")},
      {"one side", state("{" + good + R"("blocksize":64,"shape":[4096]})")},
      {"negative side", state("{" + good + R"("blocksize":64,"shape":[-64,-64]})")},
      {"huge sides", state("{" + good + R"("blocksize":64,"shape":[4294967296,4294967296]})")},
      {"side no number", state("{" + good + R"("blocksize":64,"shape":["64",64]})")},
      {"another shape", state("{" + good + R"("blocksize":64,"shape":[32,64]})")},
      {"no block size", state("{" + good + R"("shape":[64,64]})")},
      {"odd block size", state("{" + good + R"("blocksize":65,"shape":[64,64]})")},
      {"block size 0", state("{" + good + R"("blocksize":0,"shape":[64,64]})")},
      {"huge block size", state("{" + good + R"("blocksize":9223372036854775807,"shape":[64,64]})")},
      {"block size no number", state("{" + good + R"("blocksize":"64","shape":[64,64]})")},
      {"no offset", state(R"({"quant_type":"nf4","nested_blocksize":256,"blocksize":64,"shape":[64,64]})")},
      {"offset no number", state(R"({"quant_type":"nf4","nested_blocksize":256,"nested_offset":null,"blocksize":64,"shape":[64,64]})")},
      {"offset infinite", state(R"({"quant_type":"nf4","nested_blocksize":256,"nested_offset":1e300,"blocksize":64,"shape":[64,64]})")},
      {"fp4 inside", state(R"({"quant_type":"fp4","blocksize":64,"shape":[64,64]})")},
      {"deep", state(std::string(5000, '['))},
      {"long", state("{" + good + R"("blocksize":64,"shape":[64,64]})" + std::string(70000, ' '))},
      {"packed in another shape of the model", [](RawTensors &t) {
         t[kQ] = {DType::U8, {1024, 1}, std::string(1024, '\x11')};
         t[kQ + ".absmax"] = {DType::U8, {32}, std::string(32, '\x11')};
         t[kQ + kState] = stateOf(R"({"quant_type":"nf4","nested_blocksize":256,"nested_offset":0.1,"blocksize":64,"shape":[32,64]})");
       }}};
  for (const auto &[name, damage] : cases) {
    CAPTURE(name);
    const Error error = refusal(damage);
    CHECK(error.code == ErrorCode::MalformedFile);
    CHECK(exitCodeOf(error.code) == 3);
    CHECK((error.message + error.where).find("q_proj") != std::string::npos);
  }
  CHECK(refusal([](RawTensors &) {}).message.empty());
  const Error book = refusal([](RawTensors &t) { t[kQ + ".quant_map"].bytes[2] ^= 0x40; });
  CHECK(exitCodeOf(book.code) == 3);
  const Error fp4 = refusal([](RawTensors &t) {
    t[kQ + ".quant_state.bitsandbytes__fp4"] = t[kQ + kState];
    t.erase(kQ + kState);
  });
  CHECK(fp4.code == ErrorCode::UnsupportedFormat);
  CHECK(fp4.message.find("FP4") != std::string::npos);
}

// To see it fail: take bytes of codes only from tensors of U8, or the block size as 64 whatever the file says.
TEST_CASE("NF4 checkpoints: other storage types and block sizes are read as well") {
  const TempFolder folder;
  RawTensors tensors = readRaw(quantData("llama_nf4_single/model.safetensors"));
  tensors[kQ].type = DType::BF16; // bnb_4bit_quant_storage
  tensors[kQ].shape = {1024, 1};
  writeNf4Folder(folder, tensors);
  const auto source = openModel(folder.path());
  REQUIRE_MESSAGE(source.ok(), source.error().text());
  std::vector<float> values(64 * 64);
  REQUIRE((*source)->readFloat(kQ, 0, 64, values.data()).ok());
  CHECK(values == floats(readRaw(quantData("llama_nf4_single/reference.safetensors"))["q_proj"]));

  const TempFolder wide; // every other scale, one for 128 weights
  std::string scales;
  for (size_t i = 0; i < 64; i += 2) scales += tensors[kQ + ".absmax"].bytes.substr(4 * i, 4);
  tensors[kQ + ".absmax"] = {DType::F32, {32}, scales};
  tensors[kQ + kState] = stateOf(R"({"quant_type":"nf4","blocksize":128,"shape":[64,64]})");
  writeNf4Folder(wide, tensors);
  const auto other = openModel(wide.path());
  REQUIRE_MESSAGE(other.ok(), other.error().text());
  std::vector<float> row(64);
  REQUIRE((*other)->readFloat(kQ, 2, 3, row.data()).ok()); // an even block: its scale is its own
  CHECK(std::memcmp(row.data(), values.data() + 128, 256) == 0);
}

TEST_CASE("model config: of quantised checkpoints NF4 of bitsandbytes is read, others are refused by name") {
  const std::string plain = readFile(quantData("llama_nf4/config.json"), 1 << 20).value();
  CHECK(parseModelConfig(plain, "c").ok());
  const auto with = [&](const std::string &settings) {
    const size_t begin = plain.find("\"quantization_config\""), end = plain.find('}', begin);
    return std::string(plain).replace(begin, end + 1 - begin, "\"quantization_config\": " + settings);
  };
  const std::pair<const char *, const char *> cases[] = {
      {R"({"quant_method":"gptq"})", "gptq"},
      {R"({"quant_method":"bitsandbytes","load_in_8bit":true})", "4 bits"},
      {R"({"quant_method":"bitsandbytes","load_in_4bit":true,"bnb_4bit_quant_type":"fp4"})", "fp4"},
      {R"({"quant_method":"bitsandbytes","load_in_4bit":true})", "fp4"},
      {R"({"quant_method":7,"load_in_4bit":true})", "7"},
      {R"({})", "quantization_config"}};
  for (const auto &[settings, word] : cases) {
    CAPTURE(settings);
    const auto config = parseModelConfig(with(settings), "c");
    REQUIRE_FALSE(config.ok());
    CHECK(config.error().code == ErrorCode::UnsupportedModel);
    CHECK(config.error().message.find(word) != std::string::npos);
  }
  CHECK(parseModelConfig(with("[1]"), "c").error().code == ErrorCode::MalformedFile);
  CHECK(parseModelConfig(with(R"({"load_in_4bit":true,"bnb_4bit_quant_type":"nf4"})"), "c").ok());
}
