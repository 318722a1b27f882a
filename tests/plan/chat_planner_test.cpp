// The forecast of a chat: its items, what makes it fit, and that it is near what the starter model really takes.
#include "core/plan/chat_planner.h"

#include "core/base/atomic_file.h"
#include "core/device/dtype_policy.h"
#include "core/device/host_info.h"
#include "core/device/tensor_memory.h"
#include "core/generate/local_chat.h"
#include "core/plan/local_planner.h"
#include "tests/support/model_fixture.h"
#include "tests/support/smol_config.h"
#include "tests/support/starter_model.h"

#include <doctest/doctest.h>

#include <malloc.h>

using namespace attune;
using namespace attune::core;
using attune::core::test::smol;
using attune::core::test::TemporaryFolder;
using attune::test::starterModel;

namespace {

int64_t itemOf(const std::vector<api::ForecastItem> &items, const std::string &name) {
  for (const auto &item : items)
    if (item.name == name) return item.bytes;
  return 0;
}

/// LoRA on the tied embedding and head of the starter model, which PEFT takes apart.
void writeEndsAdapter(const std::string &folder) {
  REQUIRE(writeFileAtomic(folder + "/adapter_config.json",
                          R"({"peft_type":"LORA","r":2,"lora_alpha":2,"target_modules":["embed_tokens","lm_head"]})")
              .ok());
  const int64_t vocabulary = smol().vocab, hidden = smol().hidden;
  const std::string begin = "base_model.model.";
  const std::vector<io::SafetensorsSpec> specs = {{begin + "model.embed_tokens.lora_embedding_A", io::DType::F32, {2, vocabulary}},
                                                  {begin + "model.embed_tokens.lora_embedding_B", io::DType::F32, {hidden, 2}},
                                                  {begin + "lm_head.lora_A.weight", io::DType::F32, {2, hidden}},
                                                  {begin + "lm_head.lora_B.weight", io::DType::F32, {vocabulary, 2}}};
  auto writer = io::SafetensorsWriter::create(folder + "/adapter_model.safetensors", specs);
  REQUIRE(writer.ok());
  for (const io::SafetensorsSpec &spec : specs) {
    const std::vector<float> zeros(static_cast<size_t>(spec.shape[0] * spec.shape[1]));
    REQUIRE(writer->write({reinterpret_cast<const uint8_t *>(zeros.data()), zeros.size() * sizeof(float)}).ok());
  }
  REQUIRE(writer->commit().ok());
}

} // namespace

TEST_CASE("chat forecast: weights once, a cache an answer, and the context that fits") {
  CHECK(chatContext(smol(), 0) == 4096);
  CHECK(chatContext(smol(), 100000) == 8192);
  ChatSize size{2, 4096, 1000, 0, false};
  const auto items = forecastChat(smol(), size);
  CHECK(itemOf(items, "weights") == 134515008LL * 4);
  CHECK(itemOf(items, "adapters") == 4000);
  CHECK(itemOf(forecastChat(smol(), {2, 4096, 1000, 50, false}), "adapters") == 4050);
  CHECK(itemOf(items, "cache") == 2LL * 2 * 4 * 30 * 192 * 4096);
  const auto whole = judgeChat(smol(), size, int64_t(16) << 30);
  CHECK(whole.fits());
  CHECK(whole.fittingTokens == 4096);
  const auto tight = judgeChat(smol(), size, whole.neededBytes - 1);
  CHECK_FALSE(tight.fits());
  CHECK(tight.fittingTokens == 2048);
  CHECK(judgeChat(smol(), size, 1 << 20).fittingTokens == 0);
  size.bf16 = true;
  CHECK(itemOf(forecastChat(smol(), size), "weights") == 134515008LL * 2);
  io::ModelConfig huge = smol();
  huge.hidden = 1 << 20, huge.layers = 4096, huge.kvHeads = 1 << 13, huge.headDim = 1 << 13, huge.context = int64_t(1) << 31;
  CHECK(judgeChat(huge, {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, false}, 1).neededBytes == INT64_MAX);
}

TEST_CASE("chat forecast: what a going run has still to take is not free") {
  if (starterModel().empty()) return;
  LocalPlanner planner;
  api::ChatDemand demand{starterModel(), "", 1, 0, std::nullopt};
  const auto alone = planner.forecastChat(demand);
  REQUIRE(alone.ok());
  CHECK(alone->runBytes == 0);
  demand.running = api::RunConfig();
  demand.running->model = starterModel();
  const auto beside = planner.forecastChat(demand);
  REQUIRE(beside.ok());
  CHECK(beside->runBytes > int64_t(1) << 30);
  CHECK(beside->freeBytes < alone->freeBytes);
  demand.adapter = "/nowhere";
  CHECK_FALSE(planner.forecastChat(demand).ok());
}

TEST_CASE("chat forecast: near what the starter model takes, with its context filled") {
  if (starterModel().empty()) return;
  keepTensorMemory();
  const TemporaryFolder folder;
  std::string adapter;
  SUBCASE("alone") {}
  SUBCASE("with an adapter that has embedding and head of its own") {
    adapter = folder.path;
    writeEndsAdapter(adapter);
  }
  CAPTURE(adapter);
  releaseTensorMemory(); // what other tests left would be taken again unseen
  ::malloc_trim(0);
  if (!resetPeakMemory()) return;
  LocalPlanner planner;
  const int64_t context = 2048;
  const auto forecast = planner.forecastChat({starterModel(), adapter, 2, context, std::nullopt});
  REQUIRE(forecast.ok());
  CHECK(itemOf(forecast->items, "adapters") ==
        (adapter.empty() ? 0 : 2 * smol().vocab * smol().hidden * (autoComputeType() == at::kBFloat16 ? 2 : 4)));
  const int64_t before = processMemory().residentBytes;
  auto chat = openLocalChat(starterModel(), adapter);
  REQUIRE(chat.ok());
  api::ChatRequest request;
  std::string words;
  for (int i = 0; i < 1800; ++i) words += "word ";
  request.messages = {{"user", words}};
  request.tuned = !adapter.empty();
  request.sampling.maxNewTokens = context; // the cache takes the whole context
  request.contextTokens = context;
  const StopSource stop;
  request.stop = stop.token();
  int tokens = 0;
  request.onText = [&](const std::string &, const api::ChatPace &) {
    if (++tokens > 4) stop.requestStop();
  };
  const auto answers = (*chat)->answer({request, request});
  REQUIRE(answers.ok());
  const auto taken = static_cast<double>(processMemory().peakResidentBytes - before);
  CAPTURE(taken);
  CAPTURE(forecast->neededBytes);
  CHECK(taken > 0.8 * static_cast<double>(forecast->neededBytes));
  CHECK(taken < 1.05 * static_cast<double>(forecast->neededBytes));
}
