// The settings of one run: a plain struct, the same in the form, run.json, --set and the trainer.
// Its field table (key, type, range, help, default) is core/api/config_fields.h; keys and meaning: CLI.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attune::api {

constexpr int kRunSchema = 1;

enum class Method { Full, Freeze, Lora };
enum class Quantization { None, Int8, Nf4 };
enum class DatasetFormat { Auto, Alpaca, Sharegpt, Messages, Text, Tokens };
enum class Overlength { Drop, Truncate, Refuse };
enum class TrainOn { Answers, Last, All };
enum class SchedulerKind { Constant, Linear, Cosine };
enum class Precision { Auto, Fp32, Bf16, Fp16 };
enum class Checkpointing { Auto, None, Full, Selective };

struct DatasetRef {
  std::string path;
  DatasetFormat format = DatasetFormat::Auto;
  double weight = 1.0; // how often its rows are taken per epoch; 2.5 = twice all and once half of them
};

struct ValidationConfig {
  double fraction = 0.0; // of the rows, taken before training
  std::string path;      // or a file of its own
};

struct LoraConfig {
  int64_t rank = 8;
  double alpha = 16.0;
  double dropout = 0.0;
  std::vector<std::string> targets = {"all-linear"};
  bool rslora = false;    // scale alpha / sqrt(rank)
  double plusRatio = 1.0; // LoRA+: learning rate of B over that of A
};

struct OptimizerConfig {
  std::string name = "adamw";
  double lr = 2e-4;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weightDecay = 0.0;
};

struct SchedulerConfig {
  SchedulerKind name = SchedulerKind::Cosine;
  double warmupRatio = 0.0;
  int64_t warmupSteps = 0;
};

struct EarlyStopping {
  int64_t patience = 0;  // evaluations without improvement; 0 = off
  double minDelta = 0.0; // smaller gains do not count
};

struct OffloadConfig { // all false = "none"
  bool checkpoints = false;
  bool layers = false;
  bool embeddings = false;
};

struct RunConfig {
  int schema = kRunSchema;
  std::string name = "run";
  std::string model;
  std::string initAdapter; // empty = null
  Method method = Method::Lora;
  int64_t freezeLayers = 2; // method freeze: how many last layers train
  Quantization quantization = Quantization::None;
  bool quantizeEmbeddings = false; // embedding and head in int8 beside them
  std::vector<DatasetRef> dataset;
  ValidationConfig validation;
  std::string templateName = "auto"; // auto | model | a built-in name | path of a .jinja file
  int64_t maxLength = 512;
  Overlength overlength = Overlength::Truncate;
  bool packing = true;
  bool shuffle = true;
  TrainOn trainOn = TrainOn::Answers;
  LoraConfig lora;
  double neftuneAlpha = 0.0;
  int64_t epochs = 3;
  int64_t maxSteps = 0; // 0 = as many as the epochs give
  int64_t batchSize = 4;
  int64_t accumulation = 1;
  OptimizerConfig optimizer;
  SchedulerConfig scheduler;
  double clipNorm = 1.0; // 0 = off
  Precision precision = Precision::Auto;
  Checkpointing checkpointing = Checkpointing::Auto;
  OffloadConfig offload;
  int64_t seed = 42;
  std::string device = "auto"; // auto | cpu | cuda[:n]
  int64_t memoryCapBytes = 0;  // 0 = what is free
  int64_t threads = 0;         // 0 = all cores
  int64_t logSteps = 1;
  int64_t evalSteps = 0; // 0 = at each epoch's end when there is validation data
  int64_t saveSteps = 0; // 0 = epoch ends, every five minutes, on stop, at the end
  int64_t keepCheckpoints = 3;
  EarlyStopping earlyStopping;
  std::vector<std::string> samplePrompts; // answered at each evaluation or save
};

} // namespace attune::api
