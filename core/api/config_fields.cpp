#include "core/api/config_fields.h"

#include "core/base/nearest_name.h"
#include "core/base/shorten.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace attune::api {

namespace {

using Names = std::vector<std::string>;

const Names kMethods = {"full", "freeze", "lora"};
const Names kQuantizations = {"none", "int8", "nf4"};
const Names kFormats = {"auto", "alpaca", "sharegpt", "messages", "text", "tokens"};
const Names kOverlengths = {"drop", "truncate", "refuse"};
const Names kTrainOns = {"answers", "last", "all"};
const Names kSchedulers = {"constant", "linear", "cosine"};
const Names kPrecisions = {"auto", "fp32", "bf16", "fp16"};
const Names kCheckpointings = {"auto", "none", "full", "selective"};
const Names kOffloads = {"checkpoints", "layers", "embeddings"};

template <typename Enum> std::string enumName(const Names &names, Enum value) { return names[static_cast<size_t>(value)]; }

/// A field being described: each call sets one property, so that a table row reads like a sentence.
struct Row {
  ConfigField field;

  Row &in(const char *group) { return field.group = group, *this; }
  Row &says(const char *help) { return field.help = help, *this; }
  Row &unit(const char *name) { return field.unit = name, *this; }
  Row &range(double low, double high) { return field.minimum = low, field.maximum = high, *this; }
  Row &above(double low) { return field.minimum = low, field.minimumExcluded = true, *this; }
  Row &below(double high) { return field.maximum = high, field.maximumExcluded = true, *this; }
  Row &atMost(double high) { return field.maximum = high, *this; }
  Row &atLeast(double low) { return field.minimum = low, *this; }
  Row &advanced() { return field.advanced = true, *this; }
  Row &nullable() { return field.nullable = true, *this; }
  Row &onResume() { return field.changeableOnResume = true, *this; }
  Row &notYet(Names choices) { return field.unsupportedChoices = std::move(choices), *this; }
  Row &formerly(Names names) { return field.oldNames = std::move(names), *this; }
  Row &alike(Names names) { return field.synonyms = std::move(names), *this; }
  Row &when(const char *key, Names values) { return field.appliesKey = key, field.appliesValues = std::move(values), *this; }
};

/// A setting stored as it is; `access` returns a reference to the member of a (const) RunConfig.
template <typename Value, typename Access> Row plain(const char *key, FieldType type, Access access) {
  Row row;
  row.field.key = key;
  row.field.type = type;
  row.field.get = [access](const RunConfig &config) -> FieldValue { return access(config); };
  row.field.set = [access](RunConfig &config, const FieldValue &value) { access(config) = std::get<Value>(value); };
  return row;
}

template <typename Access> Row integer(const char *key, Access access) { return plain<int64_t>(key, FieldType::Integer, access); }
template <typename Access> Row number(const char *key, Access access) { return plain<double>(key, FieldType::Number, access); }
template <typename Access> Row boolean(const char *key, Access access) { return plain<bool>(key, FieldType::Boolean, access); }
template <typename Access> Row text(const char *key, Access access) { return plain<std::string>(key, FieldType::Text, access); }
template <typename Access> Row path(const char *key, Access access) { return plain<std::string>(key, FieldType::Path, access); }
template <typename Access> Row textList(const char *key, Access access) { return plain<Names>(key, FieldType::TextList, access); }

template <typename Enum, typename Access> Row choice(const char *key, const Names &names, Access access) {
  Row row;
  row.field.key = key;
  row.field.type = FieldType::Choice;
  row.field.choices = names;
  row.field.get = [access, &names](const RunConfig &config) -> FieldValue { return enumName(names, access(config)); };
  row.field.set = [access, &names](RunConfig &config, const FieldValue &value) {
    const auto found = std::find(names.begin(), names.end(), std::get<std::string>(value));
    if (found != names.end()) access(config) = static_cast<Enum>(found - names.begin());
  };
  return row;
}

Row offload() {
  Row row;
  row.field.key = "offload";
  row.field.type = FieldType::ChoiceList;
  row.field.choices = kOffloads;
  row.field.get = [](const RunConfig &config) -> FieldValue {
    Names names;
    if (config.offload.checkpoints) names.push_back(kOffloads[0]);
    if (config.offload.layers) names.push_back(kOffloads[1]);
    if (config.offload.embeddings) names.push_back(kOffloads[2]);
    return names;
  };
  row.field.set = [](RunConfig &config, const FieldValue &value) {
    const auto &names = std::get<Names>(value);
    const auto has = [&names](const std::string &name) { return std::find(names.begin(), names.end(), name) != names.end(); };
    config.offload = {has(kOffloads[0]), has(kOffloads[1]), has(kOffloads[2])};
  };
  return row;
}

#define ATTUNE_FIELD(member)                                                                                                               \
  [](auto &config) -> auto & { return config.member; }

std::vector<ConfigField> buildFields() {
  Row datasets = plain<std::vector<DatasetRef>>("dataset", FieldType::Datasets, ATTUNE_FIELD(dataset));
  Row optimizerName = text("optimizer.name", ATTUNE_FIELD(optimizer.name));
  optimizerName.field.type = FieldType::Choice;
  optimizerName.field.choices = {"adamw", "adamw_8bit", "adafactor", "sgd"};

  // clang-format off
  const std::vector<Row> rows = {
      text("name", ATTUNE_FIELD(name)).in("model").says("The run's name, part of its folder's name."),
      path("model", ATTUNE_FIELD(model)).in("model").says("A Hugging Face folder or a GGUF file to start from.")
          .alike({"base_model", "model_name_or_path"}),
      path("init_adapter", ATTUNE_FIELD(initAdapter)).in("model").nullable().advanced()
          .says("An adapter to go on training instead of a new one.").when("method", {"lora"}),
      choice<Method>("method", kMethods, ATTUNE_FIELD(method)).in("method")
          .says("What is trained: every weight, the last layers, or a low-rank adapter.").alike({"finetuning_type"}),
      integer("freeze_layers", ATTUNE_FIELD(freezeLayers)).in("method").range(1, 1024)
          .says("How many of the last layers train.").when("method", {"freeze"}),
      choice<Quantization>("quantization", kQuantizations, ATTUNE_FIELD(quantization)).in("memory")
          .says("How the frozen base weights are kept.").when("method", {"lora"}),
      boolean("quantize_embeddings", ATTUNE_FIELD(quantizeEmbeddings)).in("memory").advanced()
          .says("Keep embedding and output head in 8 bits, too.").when("quantization", {"int8", "nf4"}),
      datasets.in("data").says("The files to train on, each with its format and how often its rows are taken."),
      number("validation.fraction", ATTUNE_FIELD(validation.fraction)).in("data").range(0, 0.9)
          .says("The share of the rows kept apart to measure the loss on."),
      path("validation.path", ATTUNE_FIELD(validation.path)).in("data").nullable()
          .says("A file of its own to measure the loss on."),
      text("template", ATTUNE_FIELD(templateName)).in("data").advanced()
          .says("How conversations become text: auto, model, a built-in name, or a .jinja file.").alike({"chat_template"}),
      integer("max_length", ATTUNE_FIELD(maxLength)).in("data").unit("tokens").range(2, 1 << 20)
          .says("The longest row, and the length of a packed sequence.").alike({"cutoff_len", "max_seq_length"}),
      choice<Overlength>("overlength", kOverlengths, ATTUNE_FIELD(overlength)).in("data")
          .says("What happens to longer rows.").advanced(),
      boolean("packing", ATTUNE_FIELD(packing)).in("data").says("Place several rows in one sequence; none sees another."),
      boolean("shuffle", ATTUNE_FIELD(shuffle)).in("data").says("A new order in every epoch.").advanced(),
      choice<TrainOn>("train_on", kTrainOns, ATTUNE_FIELD(trainOn)).in("data")
          .says("Which tokens the loss counts: all answers, the last answer, or everything."),
      integer("lora.rank", ATTUNE_FIELD(lora.rank)).in("method").range(1, 16384).says("The size of the adapter.")
          .when("method", {"lora"}).alike({"lora_rank", "r"}),
      number("lora.alpha", ATTUNE_FIELD(lora.alpha)).in("method").above(0).atMost(32768)
          .says("The adapter's strength: its output is scaled by alpha / rank.").when("method", {"lora"}),
      number("lora.dropout", ATTUNE_FIELD(lora.dropout)).in("method").atLeast(0).below(1)
          .says("The share of adapter inputs switched off while training.").when("method", {"lora"}),
      textList("lora.targets", ATTUNE_FIELD(lora.targets)).in("method").advanced()
          .says("The layers that get an adapter: all-linear, or names such as q_proj.").when("method", {"lora"})
          .alike({"lora_target", "target_modules"}),
      boolean("lora.rslora", ATTUNE_FIELD(lora.rslora)).in("method").advanced()
          .says("Scale by alpha / sqrt(rank), steadier at high ranks.").when("method", {"lora"}).alike({"use_rslora"}),
      number("lora.plus_ratio", ATTUNE_FIELD(lora.plusRatio)).in("method").above(0).atMost(1024).advanced()
          .says("LoRA+: the learning rate of B over that of A.").when("method", {"lora"}).alike({"loraplus_lr_ratio"}),
      number("neftune_alpha", ATTUNE_FIELD(neftuneAlpha)).in("method").range(0, 1000).advanced()
          .says("NEFTune: noise on the embeddings while training; 0 is off.").formerly({"neftune_noise_alpha"}),
      integer("epochs", ATTUNE_FIELD(epochs)).in("schedule").range(1, 1000000).onResume()
          .says("How often the data is gone through.").alike({"num_train_epochs"}),
      integer("max_steps", ATTUNE_FIELD(maxSteps)).in("schedule").unit("steps").range(0, 1e12).onResume()
          .says("The run's length in optimizer steps; 0 takes it from the epochs."),
      integer("batch_size", ATTUNE_FIELD(batchSize)).in("schedule").unit("sequences").range(1, 65536)
          .says("Sequences computed at once.").alike({"per_device_train_batch_size"}),
      integer("accumulation", ATTUNE_FIELD(accumulation)).in("schedule").range(1, 65536)
          .says("Batches gathered into one optimizer step.").alike({"gradient_accumulation_steps"}),
      optimizerName.in("optimizer").advanced()
          .says("The update rule: AdamW, AdamW with its state in 8 bits, or with less state yet Adafactor and plain descent."),
      number("optimizer.lr", ATTUNE_FIELD(optimizer.lr)).in("optimizer").above(0).atMost(1).onResume()
          .says("The learning rate.").alike({"learning_rate"}),
      number("optimizer.beta1", ATTUNE_FIELD(optimizer.beta1)).in("optimizer").atLeast(0).below(1).advanced()
          .says("How long the mean of the gradients remembers."),
      number("optimizer.beta2", ATTUNE_FIELD(optimizer.beta2)).in("optimizer").atLeast(0).below(1).advanced()
          .says("How long the mean of their squares remembers."),
      number("optimizer.eps", ATTUNE_FIELD(optimizer.eps)).in("optimizer").range(1e-30, 1).advanced()
          .says("Keeps the division by small values safe."),
      number("optimizer.weight_decay", ATTUNE_FIELD(optimizer.weightDecay)).in("optimizer").range(0, 10).advanced()
          .says("Pulls matrices towards zero; norms and biases are left alone."),
      choice<SchedulerKind>("scheduler.name", kSchedulers, ATTUNE_FIELD(scheduler.name)).in("optimizer").onResume()
          .says("How the learning rate goes from its start to the end.").alike({"lr_scheduler_type"}),
      number("scheduler.warmup_ratio", ATTUNE_FIELD(scheduler.warmupRatio)).in("optimizer").range(0, 1).onResume()
          .says("The share of the run in which the rate climbs.").advanced(),
      integer("scheduler.warmup_steps", ATTUNE_FIELD(scheduler.warmupSteps)).in("optimizer").unit("steps").onResume()
          .range(0, 1e12).says("Steps in which the rate climbs; above 0 it replaces the ratio.").advanced(),
      number("clip_norm", ATTUNE_FIELD(clipNorm)).in("optimizer").range(0, 1e6).advanced()
          .says("The largest gradient norm let through; 0 is off.").alike({"max_grad_norm"}),
      choice<Precision>("precision", kPrecisions, ATTUNE_FIELD(precision)).in("memory")
          .says("The number type computed in.").alike({"compute_type"}),
      choice<Checkpointing>("checkpointing", kCheckpointings, ATTUNE_FIELD(checkpointing)).in("memory").onResume().advanced()
          .says("What is computed again in the backward pass instead of kept.").alike({"gradient_checkpointing"}),
      offload().in("memory").onResume().advanced()
          .says("What waits in host memory instead of on the device. With layers, 16-bit weights train without 32-bit copies."),
      integer("seed", ATTUNE_FIELD(seed)).in("schedule").advanced().range(0, 9007199254740991.0)
          .says("Where the random numbers of order, adapter and dropout start."),
      text("device", ATTUNE_FIELD(device)).in("memory").says("auto, cpu, cuda or cuda:n.").advanced(),
      integer("memory_cap_bytes", ATTUNE_FIELD(memoryCapBytes)).in("memory").onResume().unit("bytes").range(0, 1e15).advanced()
          .says("Memory the run may use; 0 is what is free."),
      integer("threads", ATTUNE_FIELD(threads)).in("memory").range(0, 1024).advanced()
          .says("Processor threads to compute with; 0 is all cores."),
      integer("log_steps", ATTUNE_FIELD(logSteps)).in("output").unit("steps").range(1, 1e12).onResume().advanced()
          .says("Steps between two lines of the log."),
      integer("eval_steps", ATTUNE_FIELD(evalSteps)).in("output").unit("steps").range(0, 1e12).onResume()
          .says("Steps between two evaluations; 0 is each epoch's end."),
      integer("save_steps", ATTUNE_FIELD(saveSteps)).in("output").unit("steps").range(0, 1e12).onResume()
          .says("Steps between two checkpoints; 0 is each epoch's end and every five minutes."),
      integer("keep_checkpoints", ATTUNE_FIELD(keepCheckpoints)).in("output").onResume().range(1, 100000).advanced()
          .says("Newest checkpoints kept; the best one stays beside them.").alike({"save_total_limit"}),
      integer("early_stopping.patience", ATTUNE_FIELD(earlyStopping.patience)).in("schedule").range(0, 1000000).advanced()
          .says("Evaluations without improvement after which the run ends; 0 is off."),
      number("early_stopping.min_delta", ATTUNE_FIELD(earlyStopping.minDelta)).in("schedule").range(0, 1e6).advanced()
          .says("Smaller gains do not count as improvement."),
      textList("sample_prompts", ATTUNE_FIELD(samplePrompts)).in("output").onResume().advanced()
          .says("Prompts answered at each evaluation and checkpoint, to watch the model change."),
  };
  // clang-format on
  std::vector<ConfigField> fields;
  for (const Row &row : rows) fields.push_back(row.field);
  return fields;
}

#undef ATTUNE_FIELD

} // namespace

std::string numberText(double value) {
  char buffer[32];
  const bool whole = std::abs(value) < 1e16 && value == std::floor(value);
  std::snprintf(buffer, sizeof buffer, whole ? "%.0f" : "%.15g", value);
  return buffer;
}

std::string ConfigField::rangeText() const {
  const bool low = minimum > -std::numeric_limits<double>::infinity();
  const bool high = maximum < std::numeric_limits<double>::infinity();
  if (low && high && !minimumExcluded && !maximumExcluded) {
    return "from " + numberText(minimum) + " to " + numberText(maximum);
  }
  std::string words;
  if (low) words = (minimumExcluded ? "above " : "at least ") + numberText(minimum);
  if (high) words += (low ? " and " : "") + std::string(maximumExcluded ? "below " : "at most ") + numberText(maximum);
  return words;
}

const std::vector<ConfigField> &configFields() {
  static const std::vector<ConfigField> fields = buildFields();
  return fields;
}

const ConfigField *findConfigField(const std::string &key) {
  for (const ConfigField &field : configFields()) {
    if (field.key == key) return &field;
    if (std::find(field.oldNames.begin(), field.oldNames.end(), key) != field.oldNames.end()) return &field;
  }
  return nullptr;
}

std::string keysChangeableOnResume() {
  std::string keys;
  for (const ConfigField &field : configFields()) {
    if (field.changeableOnResume) keys += (keys.empty() ? "" : ", ") + field.key;
  }
  return keys;
}

std::string deviceProblem(const std::string &device) {
  if (device == "auto" || device == "cpu" || device == "cuda") return {};
  const bool numbered = device.size() > 5 && device.size() < 9 && device.compare(0, 5, "cuda:") == 0 &&
                        device.find_first_not_of("0123456789", 5) == std::string::npos;
  return numbered ? "" : "This must be auto, cpu, cuda or cuda:n, not \"" + shortened(device) + "\".";
}

std::string nearestConfigKey(const std::string &key) {
  if (key.empty() || key.size() > 200) return "";
  std::string nearest;
  size_t best = std::max<size_t>(1, key.size() / 2) + 1; // farther than half the word is no likely meaning
  const auto offer = [&](const std::string &name, const std::string &meant) {
    const bool begun = key.size() >= 4 && name.compare(0, key.size(), key) == 0; // "batch" for batch_size
    const size_t distance = begun ? 1 : editDistance(key, name);
    if (distance < best && distance < key.size()) best = distance, nearest = meant;
  };
  for (const ConfigField &field : configFields()) {
    offer(field.key, field.key);
    const size_t dot = field.key.rfind('.');
    if (dot != std::string::npos) {
      offer(field.key.substr(0, dot), field.key.substr(0, dot));
      offer(field.key.substr(dot + 1), field.key);
    }
    for (const std::string &name : field.synonyms) offer(name, field.key);
    for (const std::string &name : field.oldNames) offer(name, field.key);
  }
  return nearest;
}

bool fieldApplies(const ConfigField &field, const RunConfig &config) {
  if (field.appliesKey.empty()) return true;
  const ConfigField *other = findConfigField(field.appliesKey);
  if (!other) return true;
  const FieldValue value = other->get(config);
  const auto *name = std::get_if<std::string>(&value);
  return name && std::find(field.appliesValues.begin(), field.appliesValues.end(), *name) != field.appliesValues.end();
}

std::string nameOf(Method value) { return enumName(kMethods, value); }
std::string nameOf(Quantization value) { return enumName(kQuantizations, value); }
std::string nameOf(DatasetFormat value) { return enumName(kFormats, value); }
std::string nameOf(Overlength value) { return enumName(kOverlengths, value); }
std::string nameOf(TrainOn value) { return enumName(kTrainOns, value); }
std::string nameOf(SchedulerKind value) { return enumName(kSchedulers, value); }
std::string nameOf(Precision value) { return enumName(kPrecisions, value); }
std::string nameOf(Checkpointing value) { return enumName(kCheckpointings, value); }

const std::vector<std::string> &datasetFormatNames() { return kFormats; }

} // namespace attune::api
