#include "core/plan/fit_solver.h"

#include "core/api/config_fields.h"
#include "core/api/run_config_json.h"
#include "core/plan/saturating.h"
#include "core/plan/throughput.h"

#include <algorithm>

namespace attune::core {

namespace {

using api::Checkpointing;
using api::RunConfig;

constexpr int64_t kShortestRows = 64;
constexpr double kAsFast = 1.02; // below this a difference is none

/// Whether this version takes the choice of a setting.
bool offers(const char *key, const std::string &choice) {
  const api::ConfigField *field = api::findConfigField(key);
  const auto has = [&](const std::vector<std::string> &names) { return std::find(names.begin(), names.end(), choice) != names.end(); };
  return field && has(field->choices) && !has(field->unsupportedChoices);
}

/// Micro-batch sizes that keep the sequences of an update: the divisors of batch_size, smallest first.
std::vector<int64_t> batchSizes(int64_t batch) {
  std::vector<int64_t> sizes;
  for (int64_t size = 1; size <= std::min<int64_t>(batch, 65536); ++size)
    if (batch % size == 0) sizes.push_back(size);
  if (sizes.empty()) sizes.push_back(batch);
  return sizes;
}

std::vector<Checkpointing> checkpointings(Checkpointing wanted) {
  if (wanted == Checkpointing::Full) return {Checkpointing::Full};
  if (wanted == Checkpointing::Selective) return {Checkpointing::Selective, Checkpointing::Full};
  return {Checkpointing::None, Checkpointing::Selective, Checkpointing::Full};
}

/// What was asked for, and each further thing that may go to the host.
std::vector<api::OffloadConfig> offloads(const RunConfig &config, const PlanContext &context) {
  std::vector<api::OffloadConfig> found = {config.offload};
  const auto addEach = [&](bool api::OffloadConfig::*member, const char *name) {
    if (config.offload.*member || !offers("offload", name)) return;
    for (size_t i = 0, count = found.size(); i < count; ++i) {
      found.push_back(found[i]);
      found.back().*member = true;
    }
  };
  if (!context.computeOnHost) {
    addEach(&api::OffloadConfig::checkpoints, "checkpoints");
    if (config.method == api::Method::Lora) addEach(&api::OffloadConfig::embeddings, "embeddings");
  }
  addEach(&api::OffloadConfig::layers, "layers");
  return found;
}

/// The same run with ever less exact weights or states: what it says itself, then what takes less.
std::vector<RunConfig> withFewerDigits(const RunConfig &config) {
  std::vector<RunConfig> found = {config};
  if (config.method == api::Method::Lora) {
    for (const auto kind : {api::Quantization::Int8, api::Quantization::Nf4}) {
      if (static_cast<int>(kind) <= static_cast<int>(config.quantization) || !offers("quantization", api::nameOf(kind))) continue;
      found.push_back(config);
      found.back().quantization = kind;
    }
    if (found.back().quantizeEmbeddings || found.back().quantization == api::Quantization::None) return found;
    found.push_back(found.back());
    found.back().quantizeEmbeddings = true;
    return found;
  }
  for (const char *name : {"adamw_8bit", "adafactor"}) {
    if (config.optimizer.name != "adamw" || !offers("optimizer.name", name)) continue;
    found.push_back(config);
    found.back().optimizer.name = name;
  }
  return found;
}

/// Everything that may be tried, from what gives up least to what gives up most.
std::vector<RunConfig> variants(const RunConfig &config) {
  std::vector<RunConfig> found;
  const auto addLengths = [&](RunConfig variant, int64_t shortest) {
    for (;; variant.maxLength /= 2) {
      const std::vector<RunConfig> digits = withFewerDigits(variant);
      found.insert(found.end(), digits.begin(), digits.end());
      // Where longer rows are refused, shorter ones would make the run refuse to start.
      if (variant.maxLength / 2 < shortest || config.overlength == api::Overlength::Refuse) break;
    }
  };
  const bool lora = config.method == api::Method::Lora;
  addLengths(config, lora ? kShortestRows : std::max(kShortestRows, config.maxLength / 4));
  if (lora) return found;
  RunConfig adapter = config;
  adapter.method = api::Method::Lora;
  adapter.offload.layers = false;
  addLengths(adapter, kShortestRows);
  return found;
}

struct Words {
  const char *key, *why, *cost;
};
constexpr Words kWords[] = {
    {"batch_size", "Fewer sequences at once keep fewer activations.", "none: accumulation keeps the update the same"},
    {"accumulation", "As many sequences as before go into each update.", "none"},
    {"checkpointing", "Activations are computed again instead of kept.", "none: the same numbers, a slower step"},
    {"offload", "What the device does not need at the moment waits in host memory.", "none: the same numbers; copying may slow a step"},
    {"quantization", "The frozen base weights are kept in fewer bits.",
     "the base answers a little less exactly, and the adapter learns around it"},
    {"quantize_embeddings", "Embedding and output head are kept in 8 bits.",
     "the base answers a little less exactly, and the adapter learns around it"},
    {"optimizer.name", "The optimizer's states are kept in fewer bytes.", "updates are a little less exact"},
    {"max_length", "Shorter sequences keep fewer activations.", "rows longer than this lose their end, or are dropped"},
    {"method", "An adapter trains instead of the weights, which then need neither gradients nor optimizer states.",
     "an adapter learns less than all weights can, and wants a higher optimizer.lr"},
};

constexpr const char *kStreamingCost = "a slower step; 16-bit weights train without 32-bit copies, rounded at random";

constexpr const char *kOtherNeighbours =
    "a row beyond the model's original context decides how those beside it are rotated: with fewer side by side some numbers differ";

constexpr const char *kNoStreaming = "An adapter needs no streaming: the layers stay where they are computed.";
constexpr const char *kFasterStep = "none: a faster step";

/// Whether how a row is rotated depends on the longest beside it in its micro-batch.
bool rotatesByLongestRow(const io::ModelConfig &model, const RunConfig &config) {
  const io::RopeConfig &rope = model.rope;
  return !config.packing && (rope.scaling == "longrope" || rope.scaling == "dynamic") && config.maxLength > rope.originalContext;
}

std::vector<api::FitChange> describe(const io::ModelConfig &model, const RunConfig &from, const RunConfig &to) {
  std::vector<api::FitChange> changes;
  for (const Words &words : kWords) { // in the order of the search
    for (api::ConfigDifference &difference : api::configDiff(from, to)) {
      if (difference.key != words.key) continue;
      if (difference.key == "checkpointing" && from.checkpointing == Checkpointing::Auto && to.checkpointing == Checkpointing::None)
        continue; // what auto would choose
      const bool streams = to.offload.layers && !from.offload.layers && to.method != api::Method::Lora;
      const bool rotates = difference.key == "batch_size" && rotatesByLongestRow(model, to);
      const char *why = words.why, *cost = words.cost;
      if (streams && difference.key == "offload") cost = kStreamingCost;
      if (rotates) cost = kOtherNeighbours;
      if (difference.key == "offload" && from.offload.layers && !to.offload.layers) why = kNoStreaming, cost = kFasterStep;
      changes.push_back({difference.key, std::move(difference.from), std::move(difference.to), why, cost, rotates});
    }
  }
  return changes;
}

class Search {
public:
  Search(const io::ModelConfig &model, const RunConfig &config, const PlanContext &context, const MemoryBudget &budget)
      : m_model(model), m_asked(config), m_context(context), m_budget(budget),
        m_refusedAnyway(api::validate(config, api::ConfigPurpose::Plan).size()) {}

  std::optional<RunConfig> find() {
    for (const RunConfig &variant : variants(m_asked))
      if (const auto found = fastest(variant)) return found;
    return std::nullopt;
  }

  int64_t forecasts() const { return m_forecasts; }
  /// Of what was tried; nothing only when nothing was.
  const std::optional<RunConfig> &nearest() const { return m_nearest; }

private:
  std::optional<RunConfig> fastest(const RunConfig &variant) {
    std::optional<RunConfig> best;
    double bestSeconds = 0;
    for (const api::OffloadConfig &offload : offloads(variant, m_context)) {
      // Streamed layers are always computed again.
      const auto kinds = offload.layers ? std::vector<Checkpointing>{Checkpointing::Full} : checkpointings(variant.checkpointing);
      for (const Checkpointing checkpointing : kinds) {
        RunConfig trial = variant;
        trial.offload = offload;
        trial.checkpointing = checkpointing;
        const auto found = largestBatch(trial);
        if (!found) continue;
        const double seconds = secondsPerMicroBatch(m_model, *found, m_context) * static_cast<double>(found->accumulation);
        if (best && seconds * kAsFast >= bestSeconds) continue; // the earlier one changes less
        best = found;
        bestSeconds = seconds;
      }
    }
    return best;
  }

  /// With as many sequences at once as fit; more are never slower.
  std::optional<RunConfig> largestBatch(const RunConfig &config) {
    const std::vector<int64_t> sizes = batchSizes(config.batchSize);
    const auto sized = [&](int64_t batch) {
      RunConfig trial = config;
      if (batch == config.batchSize) return trial;
      trial.batchSize = batch;
      if (__builtin_mul_overflow(config.accumulation, config.batchSize / batch, &trial.accumulation)) trial.accumulation = INT64_MAX;
      return trial;
    };
    // The smallest may need more accumulation than a run may have.
    const auto first = std::find_if(sizes.begin(), sizes.end(), [&](int64_t batch) { return accepted(sized(batch)); });
    const auto firstTooLarge = std::partition_point(first, sizes.end(), [&](int64_t batch) { return fits(sized(batch)); });
    if (firstTooLarge == first) return std::nullopt;
    return sized(*(firstTooLarge - 1));
  }

  /// By validate(), as far as what was asked is.
  bool accepted(const RunConfig &config) const { return api::validate(config, api::ConfigPurpose::Plan).size() <= m_refusedAnyway; }

  bool fits(const RunConfig &config) {
    ++m_forecasts;
    const MemoryForecast forecast = forecastMemory(m_model, config, m_context);
    const Bytes excess = excessOf(forecast);
    if (!m_nearest || excess.value() < m_leastExcess) { // the earlier one changes less
      m_nearest = config;
      m_leastExcess = excess.value();
    }
    return fitsInto(forecast, m_context, m_budget);
  }

  Bytes excessOf(const MemoryForecast &forecast) const {
    const auto above = [](int64_t needed, int64_t budget) { return Bytes(needed - std::min(needed, std::max<int64_t>(0, budget))); };
    const Bytes computing = above(forecast.needed(m_context.computeOnHost), m_budget.compute);
    return m_context.computeOnHost ? computing : computing + above(forecast.hostPeakBytes, m_budget.besides);
  }

  const io::ModelConfig &m_model;
  const RunConfig &m_asked;
  const PlanContext &m_context;
  const MemoryBudget &m_budget;
  size_t m_refusedAnyway; // problems of what was asked, which the search does not mend
  int64_t m_forecasts = 0;
  std::optional<RunConfig> m_nearest;
  int64_t m_leastExcess = 0;
};

} // namespace

bool fitsInto(const MemoryForecast &forecast, const PlanContext &context, const MemoryBudget &budget) {
  if (forecast.needed(context.computeOnHost) > budget.compute) return false;
  return context.computeOnHost || forecast.hostPeakBytes <= budget.besides;
}

Checkpointing resolveCheckpointing(const io::ModelConfig &model, const RunConfig &config, const PlanContext &context,
                                   const MemoryBudget &budget) {
  if (config.offload.layers) return Checkpointing::Full;
  if (config.checkpointing != Checkpointing::Auto) return config.checkpointing;
  RunConfig trial = config;
  for (const auto kind : {Checkpointing::None, Checkpointing::Selective}) {
    trial.checkpointing = kind;
    if (fitsInto(forecastMemory(model, trial, context), context, budget)) return kind;
  }
  return Checkpointing::Full;
}

FitResult fitIntoMemory(const io::ModelConfig &model, const RunConfig &config, const PlanContext &context, const MemoryBudget &budget,
                        bool search) {
  FitResult result;
  result.config = config;
  if (search) {
    Search trials(model, config, context, budget);
    const auto found = trials.find();
    result.forecasts = trials.forecasts();
    if (found) {
      result.config = *found;
      result.changes = describe(model, config, *found);
    } else if (const std::optional<RunConfig> &nearest = trials.nearest()) {
      result.least = LeastFit{forecastMemory(model, *nearest, context), describe(model, config, *nearest)};
    }
  }
  result.config.checkpointing = resolveCheckpointing(model, result.config, context, budget);
  result.forecast = forecastMemory(model, result.config, context);
  result.fits = fitsInto(result.forecast, context, budget);
  result.tokensPerSecond = tokensPerSecond(model, result.config, context);
  return result;
}

} // namespace attune::core
