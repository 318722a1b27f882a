// Sentences of core that the window shows: core speaks English, so they are named here for the translator.
// A test compares the settings' help texts with core's table.
#include "ui/models/core_text.h"

#include <QtGlobal>

namespace attune::ui {

const std::vector<const char *> &settingHelpTexts() {
  static const std::vector<const char *> texts = {
      QT_TRANSLATE_NOOP("SettingHelp", "The run's name, part of its folder's name."),
      QT_TRANSLATE_NOOP("SettingHelp", "A Hugging Face folder or a GGUF file to start from."),
      QT_TRANSLATE_NOOP("SettingHelp", "An adapter to go on training instead of a new one."),
      QT_TRANSLATE_NOOP("SettingHelp", "What is trained: every weight, the last layers, or a low-rank adapter."),
      QT_TRANSLATE_NOOP("SettingHelp", "How many of the last layers train."),
      QT_TRANSLATE_NOOP("SettingHelp", "How the frozen base weights are kept."),
      QT_TRANSLATE_NOOP("SettingHelp", "Keep embedding and output head in 8 bits, too."),
      QT_TRANSLATE_NOOP("SettingHelp", "The files to train on, each with its format and how often its rows are taken."),
      QT_TRANSLATE_NOOP("SettingHelp", "The share of the rows kept apart to measure the loss on."),
      QT_TRANSLATE_NOOP("SettingHelp", "A file of its own to measure the loss on."),
      QT_TRANSLATE_NOOP("SettingHelp", "How conversations become text: auto, model, a built-in name, or a .jinja file."),
      QT_TRANSLATE_NOOP("SettingHelp", "The longest row, and the length of a packed sequence."),
      QT_TRANSLATE_NOOP("SettingHelp", "What happens to longer rows."),
      QT_TRANSLATE_NOOP("SettingHelp", "Place several rows in one sequence; none sees another."),
      QT_TRANSLATE_NOOP("SettingHelp", "A new order in every epoch."),
      QT_TRANSLATE_NOOP("SettingHelp", "Which tokens the loss counts: all answers, the last answer, or everything."),
      QT_TRANSLATE_NOOP("SettingHelp", "The size of the adapter."),
      QT_TRANSLATE_NOOP("SettingHelp", "The adapter's strength: its output is scaled by alpha / rank."),
      QT_TRANSLATE_NOOP("SettingHelp", "The share of adapter inputs switched off while training."),
      QT_TRANSLATE_NOOP("SettingHelp", "The layers that get an adapter: all-linear, or names such as q_proj."),
      QT_TRANSLATE_NOOP("SettingHelp", "Scale by alpha / sqrt(rank), steadier at high ranks."),
      QT_TRANSLATE_NOOP("SettingHelp", "LoRA+: the learning rate of B over that of A."),
      QT_TRANSLATE_NOOP("SettingHelp", "NEFTune: noise on the embeddings while training; 0 is off."),
      QT_TRANSLATE_NOOP("SettingHelp", "How often the data is gone through."),
      QT_TRANSLATE_NOOP("SettingHelp", "The run's length in optimizer steps; 0 takes it from the epochs."),
      QT_TRANSLATE_NOOP("SettingHelp", "Sequences computed at once."),
      QT_TRANSLATE_NOOP("SettingHelp", "Batches gathered into one optimizer step."),
      QT_TRANSLATE_NOOP("SettingHelp",
                        "The update rule: AdamW, AdamW with its state in 8 bits, or with less state yet Adafactor and plain descent."),
      QT_TRANSLATE_NOOP("SettingHelp", "The learning rate."),
      QT_TRANSLATE_NOOP("SettingHelp", "How long the mean of the gradients remembers."),
      QT_TRANSLATE_NOOP("SettingHelp", "How long the mean of their squares remembers."),
      QT_TRANSLATE_NOOP("SettingHelp", "Keeps the division by small values safe."),
      QT_TRANSLATE_NOOP("SettingHelp", "Pulls matrices towards zero; norms and biases are left alone."),
      QT_TRANSLATE_NOOP("SettingHelp", "How the learning rate goes from its start to the end."),
      QT_TRANSLATE_NOOP("SettingHelp", "The share of the run in which the rate climbs."),
      QT_TRANSLATE_NOOP("SettingHelp", "Steps in which the rate climbs; above 0 it replaces the ratio."),
      QT_TRANSLATE_NOOP("SettingHelp", "The largest gradient norm let through; 0 is off."),
      QT_TRANSLATE_NOOP("SettingHelp", "The number type computed in."),
      QT_TRANSLATE_NOOP("SettingHelp", "What is computed again in the backward pass instead of kept."),
      QT_TRANSLATE_NOOP("SettingHelp",
                        "What waits in host memory instead of on the device. With layers, 16-bit weights train without 32-bit copies."),
      QT_TRANSLATE_NOOP("SettingHelp", "Where the random numbers of order, adapter and dropout start."),
      QT_TRANSLATE_NOOP("SettingHelp", "auto, cpu, cuda or cuda:n."),
      QT_TRANSLATE_NOOP("SettingHelp", "Memory the run may use; 0 is what is free."),
      QT_TRANSLATE_NOOP("SettingHelp", "Processor threads to compute with; 0 is all cores."),
      QT_TRANSLATE_NOOP("SettingHelp", "Steps between two lines of the log."),
      QT_TRANSLATE_NOOP("SettingHelp", "Steps between two evaluations; 0 is each epoch's end."),
      QT_TRANSLATE_NOOP("SettingHelp", "Steps between two checkpoints; 0 is each epoch's end and every five minutes."),
      QT_TRANSLATE_NOOP("SettingHelp", "Newest checkpoints kept; the best one stays beside them."),
      QT_TRANSLATE_NOOP("SettingHelp", "Evaluations without improvement after which the run ends; 0 is off."),
      QT_TRANSLATE_NOOP("SettingHelp", "Smaller gains do not count as improvement."),
      QT_TRANSLATE_NOOP("SettingHelp", "Prompts answered at each evaluation and checkpoint, to watch the model change."),
  };
  return texts;
}

const std::vector<const char *> &problemTexts() {
  static const std::vector<const char *> texts = {
      QT_TRANSLATE_NOOP("Problem", "A run needs a model: a Hugging Face folder or a GGUF file."),
      QT_TRANSLATE_NOOP("Problem", "A run needs at least one dataset file."),
      QT_TRANSLATE_NOOP("Problem", "A dataset needs the path of its file."),
      QT_TRANSLATE_NOOP("Problem", "Give either a fraction of the rows or a file, not both."),
      QT_TRANSLATE_NOOP("Problem", "Early stopping needs validation rows: set validation.fraction or validation.path."),
      QT_TRANSLATE_NOOP("Problem", "A name has 1 to 120 bytes, no slash and no line break, because a folder is named after it."),
      QT_TRANSLATE_NOOP("Problem", "This must be auto, model, a built-in name or a file."),
      QT_TRANSLATE_NOOP("Problem", "An adapter needs at least one layer to sit on, such as all-linear."),
      QT_TRANSLATE_NOOP("Problem", "An adapter can only be trained on with method lora."),
      QT_TRANSLATE_NOOP(
          "Problem",
          "Base weights in \"nf4\" stay frozen, so they need method lora; method full trains the weights themselves and needs \"none\"."),
      QT_TRANSLATE_NOOP(
          "Problem",
          "Base weights in \"nf4\" stay frozen, so they need method lora; method freeze trains the weights themselves and needs \"none\"."),
      QT_TRANSLATE_NOOP("Problem", "Layers in \"nf4\" stay on the device; leave layers out, or set quantization to none."),
      QT_TRANSLATE_NOOP(
          "Problem",
          "Base weights in \"int8\" stay frozen, so they need method lora; method full trains the weights themselves and needs \"none\"."),
      QT_TRANSLATE_NOOP("Problem", "Base weights in \"int8\" stay frozen, so they need method lora; method freeze trains the weights "
                                   "themselves and needs \"none\"."),
      QT_TRANSLATE_NOOP("Problem", "Embedding and head are kept in 8 bits only beside base weights in int8 or nf4 (quantization)."),
      QT_TRANSLATE_NOOP("Problem", "Layers in \"int8\" stay on the device; leave layers out, or set quantization to none."),
  };
  return texts;
}

} // namespace attune::ui
