#include "ui/models/field_text.h"

#include "ui/widgets/number_text.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Settings)
};

struct FieldText {
  const char *key;
  const char *label;
};

// The help texts are core's own English sentences; translations/attune_zh_CN.ts holds them in the context SettingHelp.
constexpr FieldText kLabels[] = {
    {"name", QT_TRANSLATE_NOOP("SettingLabel", "Name")},
    {"model", QT_TRANSLATE_NOOP("SettingLabel", "Model")},
    {"init_adapter", QT_TRANSLATE_NOOP("SettingLabel", "Continue an adapter")},
    {"method", QT_TRANSLATE_NOOP("SettingLabel", "Method")},
    {"freeze_layers", QT_TRANSLATE_NOOP("SettingLabel", "Layers that train")},
    {"quantization", QT_TRANSLATE_NOOP("SettingLabel", "Base weights")},
    {"quantize_embeddings", QT_TRANSLATE_NOOP("SettingLabel", "Embedding in 8 bits")},
    {"dataset", QT_TRANSLATE_NOOP("SettingLabel", "Data")},
    {"validation.fraction", QT_TRANSLATE_NOOP("SettingLabel", "Validation share")},
    {"validation.path", QT_TRANSLATE_NOOP("SettingLabel", "Validation file")},
    {"template", QT_TRANSLATE_NOOP("SettingLabel", "Chat template")},
    {"max_length", QT_TRANSLATE_NOOP("SettingLabel", "Max length")},
    {"overlength", QT_TRANSLATE_NOOP("SettingLabel", "Longer rows")},
    {"packing", QT_TRANSLATE_NOOP("SettingLabel", "Packing")},
    {"shuffle", QT_TRANSLATE_NOOP("SettingLabel", "Shuffle")},
    {"train_on", QT_TRANSLATE_NOOP("SettingLabel", "Train on")},
    {"lora.rank", QT_TRANSLATE_NOOP("SettingLabel", "LoRA rank")},
    {"lora.alpha", QT_TRANSLATE_NOOP("SettingLabel", "LoRA alpha")},
    {"lora.dropout", QT_TRANSLATE_NOOP("SettingLabel", "LoRA dropout")},
    {"lora.targets", QT_TRANSLATE_NOOP("SettingLabel", "LoRA layers")},
    {"lora.rslora", QT_TRANSLATE_NOOP("SettingLabel", "rsLoRA")},
    {"lora.plus_ratio", QT_TRANSLATE_NOOP("SettingLabel", "LoRA+ ratio")},
    {"neftune_alpha", QT_TRANSLATE_NOOP("SettingLabel", "NEFTune alpha")},
    {"epochs", QT_TRANSLATE_NOOP("SettingLabel", "Epochs")},
    {"max_steps", QT_TRANSLATE_NOOP("SettingLabel", "Max steps")},
    {"batch_size", QT_TRANSLATE_NOOP("SettingLabel", "Batch size")},
    {"accumulation", QT_TRANSLATE_NOOP("SettingLabel", "Accumulation")},
    {"optimizer.name", QT_TRANSLATE_NOOP("SettingLabel", "Optimizer")},
    {"optimizer.lr", QT_TRANSLATE_NOOP("SettingLabel", "Learning rate")},
    {"optimizer.beta1", QT_TRANSLATE_NOOP("SettingLabel", "Adam beta 1")},
    {"optimizer.beta2", QT_TRANSLATE_NOOP("SettingLabel", "Adam beta 2")},
    {"optimizer.eps", QT_TRANSLATE_NOOP("SettingLabel", "Adam epsilon")},
    {"optimizer.weight_decay", QT_TRANSLATE_NOOP("SettingLabel", "Weight decay")},
    {"scheduler.name", QT_TRANSLATE_NOOP("SettingLabel", "Scheduler")},
    {"scheduler.warmup_ratio", QT_TRANSLATE_NOOP("SettingLabel", "Warm-up share")},
    {"scheduler.warmup_steps", QT_TRANSLATE_NOOP("SettingLabel", "Warm-up steps")},
    {"clip_norm", QT_TRANSLATE_NOOP("SettingLabel", "Gradient clipping")},
    {"precision", QT_TRANSLATE_NOOP("SettingLabel", "Precision")},
    {"checkpointing", QT_TRANSLATE_NOOP("SettingLabel", "Gradient checkpointing")},
    {"offload", QT_TRANSLATE_NOOP("SettingLabel", "Offload")},
    {"seed", QT_TRANSLATE_NOOP("SettingLabel", "Seed")},
    {"device", QT_TRANSLATE_NOOP("SettingLabel", "Device")},
    {"memory_cap_bytes", QT_TRANSLATE_NOOP("SettingLabel", "Memory cap")},
    {"threads", QT_TRANSLATE_NOOP("SettingLabel", "Threads")},
    {"log_steps", QT_TRANSLATE_NOOP("SettingLabel", "Log every")},
    {"eval_steps", QT_TRANSLATE_NOOP("SettingLabel", "Validate every")},
    {"save_steps", QT_TRANSLATE_NOOP("SettingLabel", "Save every")},
    {"keep_checkpoints", QT_TRANSLATE_NOOP("SettingLabel", "Checkpoints kept")},
    {"early_stopping.patience", QT_TRANSLATE_NOOP("SettingLabel", "Early stopping after")},
    {"early_stopping.min_delta", QT_TRANSLATE_NOOP("SettingLabel", "Smallest gain")},
    {"sample_prompts", QT_TRANSLATE_NOOP("SettingLabel", "Sample prompts")},
};

constexpr FieldText kChoices[] = {
    {"method.full", QT_TRANSLATE_NOOP("SettingChoice", "Full")},
    {"method.freeze", QT_TRANSLATE_NOOP("SettingChoice", "Last layers")},
    {"method.lora", QT_TRANSLATE_NOOP("SettingChoice", "LoRA")},
    {"quantization.none", QT_TRANSLATE_NOOP("SettingChoice", "as they are")},
    {"quantization.int8", QT_TRANSLATE_NOOP("SettingChoice", "8-bit (int8)")},
    {"quantization.nf4", QT_TRANSLATE_NOOP("SettingChoice", "4-bit (NF4)")},
    {"overlength.drop", QT_TRANSLATE_NOOP("SettingChoice", "leave out")},
    {"overlength.truncate", QT_TRANSLATE_NOOP("SettingChoice", "cut at the end")},
    {"overlength.refuse", QT_TRANSLATE_NOOP("SettingChoice", "refuse the run")},
    {"train_on.answers", QT_TRANSLATE_NOOP("SettingChoice", "all answers")},
    {"train_on.last", QT_TRANSLATE_NOOP("SettingChoice", "the last answer")},
    {"train_on.all", QT_TRANSLATE_NOOP("SettingChoice", "everything")},
    {"optimizer.name.adamw", QT_TRANSLATE_NOOP("SettingChoice", "AdamW")},
    {"optimizer.name.adamw_8bit", QT_TRANSLATE_NOOP("SettingChoice", "AdamW, 8-bit state")},
    {"optimizer.name.adafactor", QT_TRANSLATE_NOOP("SettingChoice", "Adafactor")},
    {"optimizer.name.sgd", QT_TRANSLATE_NOOP("SettingChoice", "SGD")},
    {"scheduler.name.constant", QT_TRANSLATE_NOOP("SettingChoice", "constant")},
    {"scheduler.name.linear", QT_TRANSLATE_NOOP("SettingChoice", "linear")},
    {"scheduler.name.cosine", QT_TRANSLATE_NOOP("SettingChoice", "cosine")},
    {"precision.auto", QT_TRANSLATE_NOOP("SettingChoice", "the faster one")},
    {"checkpointing.auto", QT_TRANSLATE_NOOP("SettingChoice", "when memory is short")},
    {"checkpointing.none", QT_TRANSLATE_NOOP("SettingChoice", "off")},
    {"checkpointing.full", QT_TRANSLATE_NOOP("SettingChoice", "every layer")},
    {"checkpointing.selective", QT_TRANSLATE_NOOP("SettingChoice", "feed-forward only")},
    {"offload.none", QT_TRANSLATE_NOOP("SettingChoice", "nothing")},
    {"offload.checkpoints", QT_TRANSLATE_NOOP("SettingChoice", "checkpoints")},
    {"offload.layers", QT_TRANSLATE_NOOP("SettingChoice", "layers")},
    {"offload.embeddings", QT_TRANSLATE_NOOP("SettingChoice", "embedding")},
};

struct ItemText {
  const char *key; // as in CLI.md
  const char *label;
  const char *help;
};

/// The last ones are seldom there.
constexpr ItemText kItems[] = {
    {"weights", QT_TRANSLATE_NOOP("MemoryItem", "weights"), QT_TRANSLATE_NOOP("MemoryItem", "The model's own numbers.")},
    {"adapters", QT_TRANSLATE_NOOP("MemoryItem", "adapters"),
     QT_TRANSLATE_NOOP("MemoryItem", "The small matrices that LoRA adds and trains.")},
    {"gradients", QT_TRANSLATE_NOOP("MemoryItem", "gradients"),
     QT_TRANSLATE_NOOP("MemoryItem", "The direction in which each trained number should move.")},
    {"optimizer", QT_TRANSLATE_NOOP("MemoryItem", "optimizer"),
     QT_TRANSLATE_NOOP("MemoryItem", "What the optimizer remembers of past gradients.")},
    {"activations", QT_TRANSLATE_NOOP("MemoryItem", "activations"),
     QT_TRANSLATE_NOOP("MemoryItem",
                       "What the layers compute on the way and the backward pass needs again. Smaller batches and shorter rows "
                       "keep less.")},
    {"logits", QT_TRANSLATE_NOOP("MemoryItem", "logits"),
     QT_TRANSLATE_NOOP("MemoryItem", "A score for every token of the vocabulary, for the loss.")},
    {"attention", QT_TRANSLATE_NOOP("MemoryItem", "attention"), QT_TRANSLATE_NOOP("MemoryItem", "Room in which attention computes.")},
    {"slack", QT_TRANSLATE_NOOP("MemoryItem", "allocator"), QT_TRANSLATE_NOOP("MemoryItem", "Gaps between blocks of memory.")},
    {"context", QT_TRANSLATE_NOOP("MemoryItem", "program"),
     QT_TRANSLATE_NOOP("MemoryItem", "Attune itself, the libraries that compute, and the driver.")},
    {"quant_state", QT_TRANSLATE_NOOP("MemoryItem", "quantisation"),
     QT_TRANSLATE_NOOP("MemoryItem", "The scales of weights kept in 4 or 8 bits.")},
    {"dequant", QT_TRANSLATE_NOOP("MemoryItem", "decoding"),
     QT_TRANSLATE_NOOP("MemoryItem", "Weights of 4 or 8 bits, decoded for the layer that is at work.")},
    {"streaming", QT_TRANSLATE_NOOP("MemoryItem", "streaming"),
     QT_TRANSLATE_NOOP("MemoryItem", "Weights on their way between the machine's memory and the device.")},
};

template <size_t N> const char *find(const FieldText (&table)[N], const std::string &key) {
  for (const FieldText &entry : table)
    if (key == entry.key) return entry.label;
  return nullptr;
}

QString number(double value) {
  return std::fabs(value) < 1e15 && value == std::floor(value) ? countText(static_cast<qint64>(value)) : numberText(value);
}

} // namespace

QString fieldLabel(const api::ConfigField &field) {
  const char *label = find(kLabels, field.key);
  return label ? QCoreApplication::translate("SettingLabel", label) : QString::fromStdString(field.key);
}

QString fieldHelp(const api::ConfigField &field) { return QCoreApplication::translate("SettingHelp", field.help.c_str()); }

QString fieldRange(const api::ConfigField &field) {
  const bool low = std::isfinite(field.minimum), high = std::isfinite(field.maximum);
  if (!low && !high) return {};
  if (low && high && !field.minimumExcluded && !field.maximumExcluded)
    return Words::tr("from %1 to %2").arg(number(field.minimum), number(field.maximum));
  if (low && high) return Words::tr("between %1 and %2").arg(number(field.minimum), number(field.maximum));
  if (low) return (field.minimumExcluded ? Words::tr("above %1") : Words::tr("at least %1")).arg(number(field.minimum));
  return Words::tr("at most %1").arg(number(field.maximum));
}

QString fieldExplanation(const api::ConfigField &field) {
  QStringList parts = {fieldLabel(field) + QStringLiteral(" (") + QString::fromStdString(field.key) + QLatin1Char(')'), fieldUnit(field),
                       fieldRange(field), fieldHelp(field)};
  parts.removeAll(QString());
  return parts.join(QStringLiteral(" · "));
}

QString fieldUnit(const api::ConfigField &field) {
  if (field.unit == "tokens") return Words::tr("tokens");
  if (field.unit == "steps") return Words::tr("steps");
  if (field.unit == "sequences") return Words::tr("sequences");
  if (field.unit == "bytes") return Words::tr("as 16 GiB", "how a size is typed");
  return QString::fromStdString(field.unit);
}

QString groupLabel(const std::string &group) {
  if (group == "model") return Words::tr("Run");
  if (group == "data") return Words::tr("Data");
  if (group == "method") return Words::tr("Method");
  if (group == "schedule") return Words::tr("Length and batches");
  if (group == "optimizer") return Words::tr("Optimizer");
  if (group == "memory") return Words::tr("Memory and device");
  if (group == "output") return Words::tr("Saving and watching");
  return QString::fromStdString(group);
}

QString choiceLabel(const std::string &key, const std::string &choice) {
  const char *label = find(kChoices, key + "." + choice);
  return label ? QCoreApplication::translate("SettingChoice", label) : QString::fromStdString(choice);
}

QString fieldValueText(const api::ConfigField &field, const std::string &json) {
  const QString raw = QString::fromStdString(json);
  const QJsonArray parsed = QJsonDocument::fromJson('[' + QByteArray::fromStdString(json) + ']').array();
  if (parsed.isEmpty()) return raw;
  const QJsonValue value = parsed.first();
  const auto choice = [&field](const QString &name) { return choiceLabel(field.key, name.toStdString()); };
  if (value.isArray()) {
    QStringList names;
    for (const QJsonValue &one : value.toArray()) names.append(choice(one.toString()));
    return names.isEmpty() ? choice(QStringLiteral("none")) : names.join(QStringLiteral(", "));
  }
  if (value.isString()) return choice(value.toString());
  if (value.isBool()) return value.toBool() ? Words::tr("on") : Words::tr("off");
  if (!value.isDouble()) return raw;
  return field.unit == "bytes" ? bytesText(value.toInteger()) : number(value.toDouble());
}

namespace {

const ItemText *findItem(const std::string &name) {
  const auto *found = std::find_if(std::begin(kItems), std::end(kItems), [&](const ItemText &item) { return name == item.key; });
  return found == std::end(kItems) ? nullptr : found;
}

} // namespace

QString memoryItemLabel(const std::string &name) {
  const ItemText *item = findItem(name);
  return item ? QCoreApplication::translate("MemoryItem", item->label) : QString::fromStdString(name);
}

QString memoryItemHelp(const std::string &name) {
  const ItemText *item = findItem(name);
  return item ? QCoreApplication::translate("MemoryItem", item->help) : QString();
}

int memoryItemPlace(const std::string &name) {
  const ItemText *item = findItem(name);
  return static_cast<int>(item ? item - kItems : std::end(kItems) - std::begin(kItems));
}

QString problemText(const ConfigProblem &problem, const api::RunConfig &config) {
  const api::ConfigField *field = api::findConfigField(problem.key);
  if (field && problem.code == ErrorCode::InvalidConfig) {
    const api::FieldValue value = field->get(config);
    const auto *whole = std::get_if<int64_t>(&value);
    const auto *real = std::get_if<double>(&value);
    const double asked = whole ? static_cast<double>(*whole) : real ? *real : std::nan("");
    const bool inside = (field->minimumExcluded ? asked > field->minimum : asked >= field->minimum) &&
                        (field->maximumExcluded ? asked < field->maximum : asked <= field->maximum);
    if ((whole || real) && !inside) return Words::tr("This must be %1.").arg(fieldRange(*field));
  }
  return QCoreApplication::translate("Problem", problem.message.c_str());
}

} // namespace attune::ui
