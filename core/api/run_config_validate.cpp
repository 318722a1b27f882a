// validate(): what is wrong with the values of a run config, all at once.
#include "core/api/config_fields.h"
#include "core/api/run_config_json.h"

#include <algorithm>
#include <cmath>

namespace attune::api {

namespace {

class Findings {
public:
  void add(const std::string &key, const std::string &message, ErrorCode code = ErrorCode::InvalidConfig) {
    problems.push_back({key, message, code});
  }
  std::vector<ConfigProblem> problems;
};

void checkRange(const ConfigField &field, double value, const std::string &shown, Findings &findings) {
  const bool low = field.minimumExcluded ? value > field.minimum : value >= field.minimum;
  const bool high = field.maximumExcluded ? value < field.maximum : value <= field.maximum;
  if (low && high && std::isfinite(value)) return;
  findings.add(field.key, "This must be " + field.rangeText() + (field.unit.empty() ? "" : " " + field.unit) + ", not " + shown + ".");
}

void checkSupported(const ConfigField &field, const std::string &value, Findings &findings) {
  const auto &later = field.unsupportedChoices;
  if (std::find(later.begin(), later.end(), value) == later.end()) return;
  findings.add(field.key, "\"" + value + "\" is a setting of a later version of Attune.", ErrorCode::NotSupportedYet);
}

void checkField(const ConfigField &field, const RunConfig &config, Findings &findings) {
  const FieldValue value = field.get(config);
  if (const auto *whole = std::get_if<int64_t>(&value)) checkRange(field, static_cast<double>(*whole), std::to_string(*whole), findings);
  if (const auto *number = std::get_if<double>(&value)) checkRange(field, *number, numberText(*number), findings);
  if (const auto *name = std::get_if<std::string>(&value)) checkSupported(field, *name, findings);
  if (field.type != FieldType::ChoiceList) return;
  for (const std::string &name : std::get<std::vector<std::string>>(value)) checkSupported(field, name, findings);
}

void checkData(const RunConfig &config, Findings &findings) {
  if (config.dataset.empty()) findings.add("dataset", "A run needs at least one dataset file.");
  for (size_t i = 0; i < config.dataset.size(); ++i) {
    const std::string key = "dataset." + std::to_string(i);
    const DatasetRef &ref = config.dataset[i];
    if (ref.path.empty()) findings.add(key + ".path", "A dataset needs the path of its file.");
    if (!(ref.weight > 0 && ref.weight <= 1000)) {
      findings.add(key + ".weight", "This must be above 0 and at most 1000, not " + numberText(ref.weight) + ".");
    }
  }
  const bool validates = config.validation.fraction > 0 || !config.validation.path.empty();
  if (config.validation.fraction > 0 && !config.validation.path.empty()) {
    findings.add("validation", "Give either a fraction of the rows or a file, not both.");
  }
  if (config.earlyStopping.patience > 0 && !validates) {
    findings.add("early_stopping.patience", "Early stopping needs validation rows: set validation.fraction or validation.path.");
  }
}

} // namespace

std::vector<ConfigProblem> validate(const RunConfig &config, ConfigPurpose purpose) {
  Findings findings;
  for (const ConfigField &field : configFields()) checkField(field, config, findings);
  if (config.model.empty()) findings.add("model", "A run needs a model: a Hugging Face folder or a GGUF file.");
  if (purpose == ConfigPurpose::Train) checkData(config, findings);
  if (const std::string problem = deviceProblem(config.device); !problem.empty()) findings.add("device", problem);

  const bool badName = config.name.empty() || config.name.size() > 120 || config.name.find('/') != std::string::npos ||
                       config.name == "." || config.name == ".." ||
                       std::any_of(config.name.begin(), config.name.end(), [](unsigned char c) { return c < 0x20; });
  if (badName) findings.add("name", "A name has 1 to 120 bytes, no slash and no line break, because a folder is named after it.");
  if (config.templateName.empty()) findings.add("template", "This must be auto, model, a built-in name or a file.");
  if (config.method == Method::Lora && config.lora.targets.empty()) {
    findings.add("lora.targets", "An adapter needs at least one layer to sit on, such as all-linear.");
  }
  if (config.method != Method::Lora && !config.initAdapter.empty()) {
    findings.add("init_adapter", "An adapter can only be trained on with method lora.");
  }
  if (config.method != Method::Lora && config.quantization != Quantization::None) {
    findings.add("quantization", "Base weights in \"" + nameOf(config.quantization) + "\" stay frozen, so they need method lora; method " +
                                     nameOf(config.method) + " trains the weights themselves and needs \"none\".");
  }
  if (config.quantizeEmbeddings && (config.method != Method::Lora || config.quantization == Quantization::None)) {
    findings.add("quantize_embeddings", "Embedding and head are kept in 8 bits only beside base weights in int8 or nf4 (quantization).");
  }
  if (config.offload.layers && config.quantization != Quantization::None) {
    findings.add("offload",
                 "Layers in \"" + nameOf(config.quantization) + "\" stay on the device; leave layers out, or set quantization to none.");
  }
  const auto optimizers = findConfigField("optimizer.name")->choices;
  if (std::find(optimizers.begin(), optimizers.end(), config.optimizer.name) == optimizers.end()) {
    findings.add("optimizer.name", "This must be adamw, adamw_8bit, adafactor or sgd, not \"" + config.optimizer.name + "\".");
  }
  return findings.problems;
}

} // namespace attune::api
