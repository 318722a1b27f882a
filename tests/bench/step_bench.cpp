// Training steps and greedy decoding of a model with random weights, made in memory: what tests/bench/gpu compares with the
// Python peers on the same shape, and what the forecast is measured by. Prints one JSON line: tokens a second (median), step
// times, peaks and what they were forecast to be, first and last loss.
// usage: step_bench '{"shape":"7b","method":"lora","batch":4,"seq":512,"checkpointing":"full","precision":"bf16","device":"cuda",
//   "steps":12,"cap_gib":16,"rank":8,"offload":["checkpoints","embeddings"],"layers":4,"vocab":32000,"pack":4,"accumulation":2,
//   "freeze_layers":2,"decode":128,"tuned":true,"threads":16,"optimizer":"adafactor",
//   "clip_norm":1,"forecast_only":true}'
#include "core/api/run_config_json.h"
#include "core/base/json.h"
#include "core/device/card_cache.h"
#include "core/device/compute_device.h"
#include "core/device/context_memory.h"
#include "core/device/device_memory.h"
#include "core/device/host_info.h"
#include "core/device/rate_probe.h"
#include "core/device/tensor_memory.h"
#include "core/device/torch_guard.h"
#include "core/generate/generator.h"
#include "core/io/model_tensors.h"
#include "core/model/transformer_model.h"
#include "core/plan/plan_place.h"
#include "core/plan/throughput.h"
#include "core/train/update_in_pass.h"
#include "tests/bench/median.h"
#include "tests/support/baichuan_config.h"
#include "tests/support/smol_config.h"

#include <ATen/Parallel.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <dlfcn.h>
#include <iostream>

namespace {

using namespace attune;

double gib(int64_t bytes) { return std::round(double(bytes) / double(1 << 30) * 1000) / 1000; }

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Weights that no file holds: matrices uniform with a deviation of 0.02, norms 1, a function of name and place alone.
class RandomWeights : public io::WeightSource {
public:
  explicit RandomWeights(io::ModelConfig config) : m_config(std::move(config)) {
    for (const io::ExpectedTensor &tensor : io::expectedTensors(m_config))
      m_tensors.push_back({tensor.name, io::DType::F32, tensor.shape, 0, "random"});
  }
  const io::ModelConfig &config() const override { return m_config; }
  const std::vector<io::TensorInfo> &tensors() const override { return m_tensors; }
  const io::TensorInfo *find(const std::string &name) const override {
    const auto found = std::find_if(m_tensors.begin(), m_tensors.end(), [&](const io::TensorInfo &t) { return t.name == name; });
    return found == m_tensors.end() ? nullptr : &*found;
  }
  Status readFloat(const std::string &name, int64_t begin, int64_t end, float *out) const override {
    const io::TensorInfo &info = *find(name);
    const int64_t width = info.shape.size() > 1 ? info.shape[1] : 1;
    if (info.shape.size() == 1) return std::fill(out, out + (end - begin), 1.0f), Status();
    uint64_t salt = 1469598103934665603ull;
    for (const char c : name) salt = (salt ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    constexpr float kScale = 0.02f * 1.7320508f / 2147483648.0f;
    for (int64_t i = begin * width; i < end * width; ++i) {
      uint64_t x = static_cast<uint64_t>(i) * 0x9E3779B97F4A7C15ull + salt;
      x = (x ^ (x >> 29)) * 0xBF58476D1CE4E5B9ull;
      *out++ = static_cast<float>(static_cast<int32_t>(x >> 32)) * kScale;
    }
    return {};
  }
  ByteView rawBytes(const std::string &) const override { return {}; }
  void release(const std::string &) const override {}

private:
  io::ModelConfig m_config;
  std::vector<io::TensorInfo> m_tensors;
};

io::ModelConfig shapeOf(const Json &wanted) {
  const std::string name = wanted.value("shape", "7b");
  io::ModelConfig config = core::test::baichuan7b();
  if (name == "13b") {
    config.hidden = 5120, config.intermediate = 13696, config.layers = 40, config.heads = 40;
    config.position = io::PositionKind::Alibi;
  } else if (name == "smol") {
    config = core::test::smol();
  } else if (name == "wide") { // another ratio of everything, and the head apart from the embedding
    config = core::test::smol();
    config.hidden = 768, config.intermediate = 3072, config.layers = 6, config.heads = 12, config.kvHeads = 4, config.vocab = 24000;
    config.tiedEmbeddings = false;
  } else if (name != "7b") { // for a try on a small machine
    config.hidden = 256, config.intermediate = 640, config.layers = 4, config.heads = 4, config.vocab = 2048;
  }
  if (config.family == "baichuan") config.kvHeads = config.heads;
  config.headDim = config.hidden / config.heads;
  config.context = 16384;
  config.layers = wanted.value("layers", config.layers);
  config.vocab = wanted.value("vocab", config.vocab);
  return config;
}

/// `rows` samples of `length` tokens one behind the other, all but the first token of each with a target.
data::MicroBatch batchOf(const io::ModelConfig &config, int64_t rows, int64_t length) {
  data::MicroBatch batch;
  uint64_t state = 7;
  for (int64_t row = 0; row < rows; ++row) {
    batch.segmentStarts.push_back(row * length);
    for (int64_t i = 0; i < length; ++i) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      batch.ids.push_back(static_cast<int64_t>((state >> 33) % static_cast<uint64_t>(config.vocab)));
      batch.positions.push_back(i);
      if (i == 0) continue;
      batch.targetRows.push_back(row * length + i - 1);
      batch.targets.push_back(batch.ids.back());
    }
  }
  batch.segmentStarts.push_back(rows * length);
  return batch;
}

/// Lets Nsight Compute see what follows alone (--profile-from-start off).
void startProfiler() {
  if (void *runtime = dlopen("libc10_cuda.so", RTLD_LAZY | RTLD_NOLOAD))
    if (auto start = reinterpret_cast<int (*)()>(dlsym(runtime, "cudaProfilerStart"))) start();
}

Status train(core::TransformerModel &model, const Json &wanted, const at::Device &device, core::DeviceMemoryWatch &watch, Json &out) {
  const int64_t tokens = wanted.value("batch", int64_t(4)) * wanted.value("seq", int64_t(512));
  const int64_t length = wanted.value("seq", int64_t(512)) / wanted.value("pack", int64_t(1)),
                parts = wanted.value("accumulation", int64_t(1));
  const data::MicroBatch batch = batchOf(model.config(), tokens / length, length);
  api::OptimizerConfig options;
  options.lr = 1e-4;
  options.name = wanted.value("optimizer", "adamw");
  core::Optimizer optimizer(model.parameters(), options, 1.0, 1);
  const double clip = wanted.value("clip_norm", 0.0);
  std::vector<double> times;
  const double scale = 1.0 / static_cast<double>(static_cast<int64_t>(batch.targets.size()) * parts);
  watch.resetPeak();
  for (int64_t step = 0; step < wanted.value("steps", int64_t(12)); ++step) {
    if (step == 1) startProfiler();
    const double begin = now();
    core::PassSeed seed{1, static_cast<uint64_t>(step)};
    double loss = 0;
    for (; seed.microBatch < static_cast<uint64_t>(parts); ++seed.microBatch)
      loss += core::passAndUpdate(model, clip > 0 || parts > 1 ? nullptr : &optimizer, options.lr, batch, scale, seed) * scale;
    const double norm = optimizer.gradientNorm();
    if (clip > 0) optimizer.scaleGradients(std::min(1.0, clip / (norm + 1e-6)));
    optimizer.step(options.lr);
    optimizer.clearGradients();
    model.parametersChanged();
    core::synchronize(device);
    times.push_back(now() - begin);
    if (step == 0) out["loss0"] = loss;
    out["loss1"] = loss;
  }
  std::vector<double> milliseconds;
  for (const double t : times) milliseconds.push_back(std::round(t * 1e4) / 10);
  out["step_ms"] = milliseconds;
  times.erase(times.begin(), times.begin() + std::min<long>(3, static_cast<long>(times.size()) - 1)); // warming up
  out["tok_s"] = std::round(static_cast<double>(tokens * parts) / bench::median(times) * 10) / 10;
  return {};
}

Status decode(core::TransformerModel &model, const core::DecoderAdapters *adapters, int64_t tokens, Json &out) {
  const std::vector<int64_t> ids = batchOf(model.config(), 1, 32).ids;
  std::vector<double> rates;
  for (int round = 0; round < 4; ++round) { // the first warms up
    if (round == 3) startProfiler();
    core::GenerateOptions options;
    options.maxNewTokens = tokens;
    options.sampling.greedy = true;
    ATTUNE_TRY(const auto answer, core::generate(model.transformer(), model.weights(), adapters, {ids.begin(), ids.end()}, options));
    if (round > 0) rates.push_back(answer.tokensPerSecond());
  }
  out["decode_tok_s"] = std::round(bench::median(rates) * 10) / 10;
  return {};
}

Result<api::RunConfig> configOf(const Json &wanted) {
  api::RunConfig usual;
  usual.model = "random";
  std::vector<std::string> settings;
  const auto set = [&](const char *key, const char *name, const Json &value) {
    const Json given = wanted.value(name, value);
    settings.push_back(std::string(key) + "=" + (given.is_string() ? given.get<std::string>() : given.dump()));
  };
  set("method", "method", "lora");
  set("quantization", "quantization", "none");
  set("quantize_embeddings", "quantize_embeddings", false);
  set("checkpointing", "checkpointing", "none");
  set("precision", "precision", "bf16");
  set("offload", "offload", Json::array());
  set("lora.rank", "rank", 8);
  set("optimizer.name", "optimizer", "adamw");
  set("clip_norm", "clip_norm", 0.0);
  set("freeze_layers", "freeze_layers", 2);
  set("batch_size", "batch", 4);
  set("max_length", "seq", 512);
  set("accumulation", "accumulation", 1);
  return api::applySettings(usual, settings, api::ConfigPurpose::Plan);
}

void addForecast(const io::ModelConfig &shape, const api::RunConfig &config, const core::PlanContext &context, Json &out) {
  const core::MemoryForecast forecast = core::forecastMemory(shape, config, context);
  out["forecast_bytes"] = forecast.needed(context.computeOnHost);
  if (!context.computeOnHost) {
    out["forecast_host_bytes"] = forecast.hostPeakBytes;
    int64_t least = forecast.peakBytes; // of memory that the plan calls enough
    for (int i = 0; i < 8; ++i) least += forecast.peakBytes - core::usableOnCard(least, config.method != api::Method::Lora);
    out["forecast_cap_bytes"] = least;
  }
  out["forecast_tok_s"] = std::round(core::tokensPerSecond(shape, config, context) * 10) / 10;
  Json &items = out["items"] = Json::object();
  for (const core::MemoryItem &item : forecast.items) items[item.name + (item.host == context.computeOnHost ? "" : " (host)")] = item.bytes;
}

void addPeaks(const at::Device &device, const api::RunConfig &config, const core::DeviceMemoryWatch &watch, int64_t held, Json &out) {
  const int64_t resident = core::processMemory().peakResidentBytes;
  out["host_peak_gib"] = gib(resident);
  out["peak_alloc_gib"] = gib(watch.use().peakBytes - held);
  out["peak_reserved_gib"] = gib(watch.use().peakReserved - held);
  if (device.is_cpu()) {
    out["peak_bytes"] = resident;
    out["tensor_bytes"] = core::tensorMemoryUse().peakBytes;
    return;
  }
  out["host_peak_bytes"] = resident;
  out["tensor_bytes"] = watch.use().peakBytes - held;
  out["context_bytes"] = watch.unreportedBytes();
  const int64_t base = watch.unreportedBytes() - core::copiesContextBytes(config);
  out["base_context_bytes"] = base;
  core::rememberContextBytes(device, at::get_num_threads(), base); // as a run does, for the caps of later cells
  out["peak_bytes"] = watch.use().peakBytes - held + watch.unreportedBytes();
}

Status run(const Json &wanted, Json &out) {
  at::set_num_threads(static_cast<int>(wanted.value("threads", core::hostInfo().cores)));
  const io::ModelConfig shape = shapeOf(wanted);
  ATTUNE_TRY(const api::RunConfig config, configOf(wanted));
  core::PlanContext context;
  context.computeOnHost = wanted.value("device", "auto") == "cpu";
  context.threads = at::get_num_threads();
  if (wanted.value("forecast_only", false)) {
    context.rates = core::parseRates(wanted.value("rates", "")).value_or(core::DeviceRates());
    context.contextBytes = wanted.value("context_bytes", int64_t(0));
    context.slicedAttention = wanted.value("sliced_attention", false);
    addForecast(shape, config, context, out);
    return {};
  }

  ATTUNE_TRY(const at::Device device, core::chooseDevice(wanted.value("device", "auto")));
  out["device_name"] = core::describeDevice(device).name;
  context.rates = core::deviceRates(device, context.threads);
  out["rates"] = core::ratesText(context.rates);
  ATTUNE_TRY(const auto cap, core::DeviceMemoryCap::hold(device, static_cast<int64_t>(wanted.value("cap_gib", 0.0) * double(1 << 30)),
                                                         core::copiesContextBytes(config)));
  core::DeviceMemoryWatch watch(device);
  context.computeOnHost = device.is_cpu();
  context.slicedAttention = core::slicesAttention(shape, config, context, device);
  out["sliced_attention"] = context.slicedAttention;
  addForecast(shape, config, context, out);
  const auto type = config.precision == api::Precision::Fp32   ? at::kFloat
                    : config.precision == api::Precision::Fp16 ? at::kHalf
                                                               : at::kBFloat16;
  const RandomWeights source(shape);
  core::resetPeakMemory();
  const double begin = now();
  ATTUNE_TRY(const auto model, core::TransformerModel::open(source, "random", core::TrainingSetup::from(config, type, device)));
  core::synchronize(device);
  out["load_s"] = std::round((now() - begin) * 10) / 10;
  out["loaded_gib"] = gib(watch.use().bytes - cap.heldBytes());
  out["loaded_host_bytes"] = core::processMemory().peakResidentBytes;
  const int64_t tokens = wanted.value("decode", int64_t(0));
  const Status done = core::guarded("The bench", [&] {
    return tokens > 0 ? decode(*model, wanted.value("tuned", false) ? model->adapters() : nullptr, tokens, out)
                      : train(*model, wanted, device, watch, out);
  });
  addPeaks(device, config, watch, cap.heldBytes(), out);
  return done;
}

} // namespace

int main(int count, char **values) {
  if (count != 2) {
    std::cerr << "usage: step_bench '{...}' (see the head of step_bench.cpp)\n";
    return 2;
  }
  attune::core::keepTensorMemory();
  attune::Json out;
  const auto wanted = attune::parseJson(values[1], "the case");
  if (!wanted.ok()) {
    std::cerr << wanted.error().text() << "\n";
    return 2;
  }
  out = *wanted;
  const auto done = run(*wanted, out);
  if (!done.ok()) out["error"] = done.error().text();
  std::cout << out.dump() << std::endl;
  return done.ok() ? 0 : 1;
}
