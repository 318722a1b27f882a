#include "ui/models/fit_text.h"

#include "core/api/config_fields.h"
#include "ui/widgets/number_text.h"

#include <QCoreApplication>

#include <algorithm>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(FitChange)
};

struct ReasonText {
  const char *change; // key, and the new value where that decides
  const char *why;
  const char *cost;
};

constexpr const char *kSameNumbers = QT_TRANSLATE_NOOP("FitChange", "The result is the same; a step takes longer.");

constexpr ReasonText kReasons[] = {
    {"batch_size", QT_TRANSLATE_NOOP("FitChange", "Fewer sequences at once keep fewer activations."),
     QT_TRANSLATE_NOOP("FitChange", "None for the result: accumulation keeps each update the same.")},
    {"accumulation", QT_TRANSLATE_NOOP("FitChange", "As many sequences as before go into each update."),
     QT_TRANSLATE_NOOP("FitChange", "None.")},
    {"checkpointing.full", QT_TRANSLATE_NOOP("FitChange", "What a layer computed is computed again in the backward pass instead of kept."),
     kSameNumbers},
    {"checkpointing.selective",
     QT_TRANSLATE_NOOP("FitChange", "What the feed-forward part computed is computed again in the backward pass instead of kept."),
     kSameNumbers},
    {"offload.checkpoints", QT_TRANSLATE_NOOP("FitChange", "What the backward pass needs waits in the machine's memory."), kSameNumbers},
    {"offload.embeddings", QT_TRANSLATE_NOOP("FitChange", "The embedding stays in the machine's memory."), kSameNumbers},
    {"offload.layers",
     QT_TRANSLATE_NOOP("FitChange", "Only the layer at work takes its full room; the others wait in the machine's memory."), kSameNumbers},
    {"offload.layers.trained",
     QT_TRANSLATE_NOOP("FitChange", "Only the layer at work takes its full room; the others wait in the machine's memory."),
     QT_TRANSLATE_NOOP("FitChange", "A step takes longer, and weights of 16 bits train without their copies in 32.")},
    {"offload.", QT_TRANSLATE_NOOP("FitChange", "An adapter needs no layer to wait elsewhere."), QT_TRANSLATE_NOOP("FitChange", "None.")},
    {"quantization.nf4", QT_TRANSLATE_NOOP("FitChange", "The frozen base takes 4 bits a weight."),
     QT_TRANSLATE_NOOP("FitChange", "The base is rounded, and the loss may end a little higher.")},
    {"quantization.int8", QT_TRANSLATE_NOOP("FitChange", "The frozen base takes 8 bits a weight."),
     QT_TRANSLATE_NOOP("FitChange", "Hardly any: the base is rounded finely.")},
    {"quantize_embeddings", QT_TRANSLATE_NOOP("FitChange", "Embedding and output head take 8 bits a weight."),
     QT_TRANSLATE_NOOP("FitChange", "Hardly any: the base is rounded finely.")},
    {"max_length.truncate", QT_TRANSLATE_NOOP("FitChange", "Shorter sequences keep fewer activations."),
     QT_TRANSLATE_NOOP("FitChange", "Longer rows lose their end.")},
    {"max_length.drop", QT_TRANSLATE_NOOP("FitChange", "Shorter sequences keep fewer activations."),
     QT_TRANSLATE_NOOP("FitChange", "Longer rows are left out.")},
    {"max_length.refuse", QT_TRANSLATE_NOOP("FitChange", "Shorter sequences keep fewer activations."),
     QT_TRANSLATE_NOOP("FitChange", "A longer row makes the run refuse to start.")},
    {"method.lora", QT_TRANSLATE_NOOP("FitChange", "Only small added matrices train, so gradients and optimizer stay small."),
     QT_TRANSLATE_NOOP("FitChange", "An adapter learns less than the whole model can, and wants a higher learning rate.")},
    {"method.freeze", QT_TRANSLATE_NOOP("FitChange", "Only the last layers train, so gradients and optimizer stay small."),
     QT_TRANSLATE_NOOP("FitChange", "The other layers stay as they are.")},
    {"optimizer.name.adamw", QT_TRANSLATE_NOOP("FitChange", "An adapter's optimizer is small as it is."),
     QT_TRANSLATE_NOOP("FitChange", "None.")},
    {"optimizer.name.adamw_8bit", QT_TRANSLATE_NOOP("FitChange", "The optimizer remembers in 8 bits."),
     QT_TRANSLATE_NOOP("FitChange", "Hardly any: its memory is rounded.")},
    {"optimizer.name.adafactor",
     QT_TRANSLATE_NOOP("FitChange", "The optimizer remembers a row and a column of each matrix instead of all."),
     QT_TRANSLATE_NOOP("FitChange", "Updates differ from AdamW's, and the learning rate may need another value.")},
    {"optimizer.name.sgd", QT_TRANSLATE_NOOP("FitChange", "The optimizer remembers nothing."),
     QT_TRANSLATE_NOOP("FitChange", "It learns more slowly and needs another learning rate.")},
    {"precision.bf16", QT_TRANSLATE_NOOP("FitChange", "Numbers of 16 bits take half the room."),
     QT_TRANSLATE_NOOP("FitChange", "Fewer digits: the loss may differ slightly.")},
    {"precision.fp16", QT_TRANSLATE_NOOP("FitChange", "Numbers of 16 bits take half the room."),
     QT_TRANSLATE_NOOP("FitChange", "Fewer digits: the loss may differ slightly.")},
};

/// What decides beside the key: the new value, for a list what is new in it, for the length what becomes of longer rows.
std::string decisive(const std::string &key, const api::RunConfig &before, const api::RunConfig &after) {
  if (key == "batch_size" || key == "accumulation") return key;
  if (key == "max_length") return key + "." + api::nameOf(after.overlength);
  const api::ConfigField *field = api::findConfigField(key);
  if (!field) return key;
  const api::FieldValue now = field->get(after), then = field->get(before);
  if (const auto *name = std::get_if<std::string>(&now)) return key + "." + *name;
  const auto *names = std::get_if<std::vector<std::string>>(&now), *known = std::get_if<std::vector<std::string>>(&then);
  if (!names || !known) return key;
  std::string added;
  for (const std::string &name : *names) // `layers` comes before what it contains
    if (std::find(known->begin(), known->end(), name) == known->end() && (added.empty() || name == "layers")) added = name;
  const bool trained = added == "layers" && after.method != api::Method::Lora;
  return key + "." + added + (trained ? ".trained" : "");
}

} // namespace

FitReason fitReason(const api::FitChange &change, const api::RunConfig &before, const api::RunConfig &after) {
  const std::string wanted = decisive(change.key, before, after);
  const auto *found = std::find_if(std::begin(kReasons), std::end(kReasons), [&](const ReasonText &text) { return wanted == text.change; });
  if (found == std::end(kReasons)) return {QString::fromStdString(change.why), QString::fromStdString(change.cost)};
  FitReason reason{Words::tr(found->why), Words::tr(found->cost)};
  if (change.rotatesOtherwise)
    reason.cost = Words::tr("A row beyond the model's original context changes how those beside it are read: some numbers differ.");
  if (change.key == "batch_size" && before.batchSize * before.accumulation != after.batchSize * after.accumulation)
    reason.cost = Words::tr("Each update sees another number of sequences.");
  return reason;
}

QString shortageText(const api::Forecast &forecast, const api::RunConfig &config) {
  const auto sentence = [](const QString &text, int64_t budget, int64_t needed) { return text.arg(bytesText(budget), bytesText(needed)); };
  const bool onCard = !forecast.hostItems.empty() || forecast.hostNeededBytes > 0;
  if (forecast.neededBytes > forecast.budgetBytes)
    return sentence(config.memoryCapBytes > 0 ? Words::tr("The memory cap is %1; this run needs %2.")
                    : onCard                  ? Words::tr("The card has %1 free; this run needs %2.")
                                              : Words::tr("This machine has %1 free; this run needs %2."),
                    forecast.budgetBytes, forecast.neededBytes);
  if (forecast.hostNeededBytes > forecast.hostBudgetBytes)
    return sentence(Words::tr("Beside the card, this machine has %1 free; this run needs %2 of it."), forecast.hostBudgetBytes,
                    forecast.hostNeededBytes);
  return {};
}

} // namespace attune::ui
