// The verbs of this program in the order of `attune --help`, and which of them live in the engine module.
// The executable knows their names without loading libtorch. A new verb adds its line here.
#pragma once

namespace attune::app {

struct VerbEntry {
  const char *name;
  const char *summary;
  bool engine; // needs tensors: app/cli/engine, loaded on demand
};

constexpr VerbEntry kVerbs[] = {
    {"train", "Run a fine-tuning described by a run.json", true},
    {"plan", "Say how much memory a run needs, and with --fit what makes it fit", true},
    {"tokenize", "Turn text into token ids, or ids into text", false},
    {"score", "Log-probabilities and perplexity of given text or tokens", true},
    {"generate", "Answer one prompt", true},
    {"chat", "Talk to a model in the terminal", true},
    {"inspect", "Say what a model, adapter, dataset or run is", false},
    {"data", "Check, count or show the rows of a dataset", false},
    {"merge", "Work an adapter into its model and write the result, checked by logits", true},
    {"export", "Write a model for other programs: as a plain Llama, checked by logits", true},
    {"doctor", "Look at this machine: devices, number types, traps", true},
#ifdef ATTUNE_HAS_REMOTE
    {"cluster", "Clusters: add, list, remove, check, partitions, queue, files", false},
    {"submit", "Run a fine-tuning on a cluster", false},
    {"watch", "Follow a run on a cluster to its end", false},
    {"fetch", "Copy what a run on a cluster made into its local folder", false},
    {"cancel", "End the job of a run on a cluster", false},
    {"checkpoint", "Ask a run on a cluster to write a checkpoint and go on", false},
#endif
};

/// What a build without the supercomputer client (ATTUNE_REMOTE) lacks.
constexpr const char *kRemoteVerbs[] = {"cluster", "submit", "watch", "fetch", "cancel", "checkpoint"};

} // namespace attune::app
