// Training steps and greedy decoding of a model with random weights, made in memory: what tests/bench/gpu compares with the
// Python peers on the same shape. Prints one JSON line: tokens a second (median), step times, peak memory, first and last loss.
// usage: step_bench '{"shape":"7b","method":"lora","batch":4,"seq":512,"checkpointing":"full","precision":"bf16",
//                     "device":"cuda","steps":12,"cap_gib":16,"rank":8,"offload":["checkpoints","embeddings"],"layers":4,"decode":128,"tuned":true,"threads":16,
//                     "optimizer":"adafactor","clip_norm":1}'
#include "core/api/run_config_json.h"
#include "core/base/json.h"
#include "core/device/compute_device.h"
#include "core/device/device_memory.h"
#include "core/device/host_info.h"
#include "core/device/tensor_memory.h"
#include "core/device/torch_guard.h"
#include "core/generate/generator.h"
#include "core/io/model_tensors.h"
#include "core/model/transformer_model.h"
#include "core/train/update_in_pass.h"
#include "tests/bench/median.h"
#include "tests/support/baichuan_config.h"

#include <ATen/Parallel.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <dlfcn.h>
#include <iostream>

namespace {

using namespace attune;

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

io::ModelConfig shapeOf(const std::string &name) {
  io::ModelConfig config = core::test::baichuan7b();
  config.context = 16384;
  if (name == "13b") {
    config.hidden = 5120, config.intermediate = 13696, config.layers = 40, config.heads = 40;
    config.position = io::PositionKind::Alibi;
  } else if (name != "7b") { // for a try on a small machine
    config.hidden = 256, config.intermediate = 640, config.layers = 4, config.heads = 4, config.vocab = 2048;
  }
  config.kvHeads = config.heads;
  config.headDim = config.hidden / config.heads;
  return config;
}

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

/// A key's value, or what it is by default.
template <typename T> T value(const Json &json, const char *key, T usual) { return json.contains(key) ? json[key].get<T>() : usual; }

/// Lets Nsight Compute see what follows alone (--profile-from-start off).
void startProfiler() {
  if (void *runtime = dlopen("libc10_cuda.so", RTLD_LAZY | RTLD_NOLOAD))
    if (auto start = reinterpret_cast<int (*)()>(dlsym(runtime, "cudaProfilerStart"))) start();
}

Status train(core::TransformerModel &model, const Json &wanted, const at::Device &device, core::DeviceMemoryWatch &watch, Json &out) {
  const int64_t rows = value<int64_t>(wanted, "batch", 4), length = value<int64_t>(wanted, "seq", 512);
  const data::MicroBatch batch = batchOf(model.config(), rows, length);
  api::OptimizerConfig options;
  options.lr = 1e-4;
  options.name = value<std::string>(wanted, "optimizer", "adamw");
  core::Optimizer optimizer(model.parameters(), options, 1.0, 1);
  const double clip = value(wanted, "clip_norm", 0.0);
  std::vector<double> times;
  const double scale = 1.0 / static_cast<double>(batch.targets.size());
  watch.resetPeak();
  core::resetPeakMemory();
  for (int64_t step = 0; step < value<int64_t>(wanted, "steps", 12); ++step) {
    if (step == 1) startProfiler();
    const double begin = now();
    const core::PassSeed seed{1, static_cast<uint64_t>(step), 0};
    const double loss = core::passAndUpdate(model, clip > 0 ? nullptr : &optimizer, options.lr, batch, scale, seed) * scale;
    if (clip > 0) optimizer.scaleGradients(std::min(1.0, clip / (optimizer.gradientNorm() + 1e-6)));
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
  out["tok_s"] = std::round(static_cast<double>(rows * length) / bench::median(times) * 10) / 10;
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

Status run(const Json &wanted, Json &out) {
  at::set_num_threads(static_cast<int>(value<int64_t>(wanted, "threads", core::hostInfo().cores)));
  ATTUNE_TRY(const at::Device device, core::chooseDevice(value<std::string>(wanted, "device", "auto")));
  out["device"] = core::describeDevice(device).name;
  ATTUNE_TRY(const auto cap, core::DeviceMemoryCap::hold(device, static_cast<int64_t>(value(wanted, "cap_gib", 0.0) * double(1 << 30))));
  core::DeviceMemoryWatch watch(device);

  api::RunConfig usual;
  usual.model = "random";
  ATTUNE_TRY(const api::RunConfig config, api::applySettings(usual,
                                                             {"method=" + value<std::string>(wanted, "method", "lora"),
                                                              "quantization=" + value<std::string>(wanted, "quantization", "none"),
                                                              "checkpointing=" + value<std::string>(wanted, "checkpointing", "none"),
                                                              "offload=" + value(wanted, "offload", Json::array()).dump(),
                                                              "lora.rank=" + std::to_string(value<int64_t>(wanted, "rank", 8))},
                                                             api::ConfigPurpose::Plan));
  const std::string precision = value<std::string>(wanted, "precision", "bf16");
  const auto type = precision == "fp32" ? at::kFloat : precision == "fp16" ? at::kHalf : at::kBFloat16;
  io::ModelConfig shape = shapeOf(value<std::string>(wanted, "shape", "7b"));
  shape.layers = value(wanted, "layers", shape.layers);
  const RandomWeights source(shape);
  const double begin = now();
  ATTUNE_TRY(const auto model, core::TransformerModel::open(source, "random", core::TrainingSetup::from(config, type, device)));
  core::synchronize(device);
  const auto gib = [&](int64_t bytes) { return std::round(double(bytes) / double(1 << 30) * 1000) / 1000; };
  out["load_s"] = std::round((now() - begin) * 10) / 10;
  out["loaded_gib"] = gib(watch.use().bytes - cap.heldBytes());
  const int64_t tokens = value<int64_t>(wanted, "decode", 0);
  const Status done = core::guarded("The bench", [&] {
    return tokens > 0 ? decode(*model, value(wanted, "tuned", false) ? model->adapters() : nullptr, tokens, out)
                      : train(*model, wanted, device, watch, out);
  });
  out["peak_alloc_gib"] = gib(watch.use().peakBytes - cap.heldBytes());
  out["peak_reserved_gib"] = gib(watch.use().peakReserved - cap.heldBytes());
  out["host_peak_gib"] = gib(core::processMemory().peakResidentBytes);
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
