// How much memory a run needs, item by item, from the model's shape and the settings alone. No tensors; any thread.
// All arithmetic saturates at INT64_MAX, so absurd settings give an absurd figure and never wrap around.
#pragma once

#include "core/api/run_config.h"
#include "core/device/device_rates.h"
#include "core/io/model_config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace attune::core {

/// One item of the forecast, named as in CLI.md.
struct MemoryItem {
  std::string name;
  int64_t bytes = 0;
  bool host = true; // false: on the compute device
};

struct MemoryForecast {
  std::vector<MemoryItem> items; // items without bytes are left out
  int64_t peakBytes = 0;         // sum of the device's items
  int64_t hostPeakBytes = 0;     // sum of the host's items
  /// An item more; saturates.
  void add(const char *name, int64_t bytes, bool onHost);
  /// The larger demand, for comparing with one budget.
  int64_t needed(bool onHost) const { return onHost ? hostPeakBytes : peakBytes; }
};

/// What the settings leave open.
struct PlanContext {
  bool computeOnHost = true;    // the CPU: every item is host memory
  bool bf16 = false;            // the compute type that precision `auto` means on this machine has 16 bits
  bool fp16 = false;            // and it is fp16
  bool slicedAttention = false; // a card computes attention by our blocks of queries (picksSliced)
  int64_t microBatchTokens = 0; // of the largest micro-batch, when the data are known; at most batch_size x max_length
  int64_t threads = 2;
  bool readsText = false;   // a tokenizer is loaded, as in the program itself
  int64_t dataBytes = 0;    // of the encoded rows, when the data are known
  DeviceRates rates;        // all 0 = not known
  int64_t contextBytes = 0; // of libtorch, the driver and their libraries, as measured on this device; 0 = what is usual
};

/// The forecast of training with these settings; `auto` checkpointing counts as none (resolveCheckpointing decides).
///
/// e = bytes of the compute type (4 or 2), P parameters, P_t trained ones, N tokens of a micro-batch, letters of
/// core-facts. What lives through a step, and the largest of the step's moments (step_memory.h):
///   weights      e P, and 4 P_t masters beside bf16 weights that train; a quantised matrix takes its codes: 1/2 a weight in
///                NF4, 1 in int8
///   quant_state  the scales of the codes: NF4 1 a block of 64 weights and 4 for 256 of these, int8 4 a row
///   dequant      e times the matrices that are decoded at once: the largest, or all that backward recomputes of one layer
///   adapters     4 P_lora; a card holds them in the type of its products, too, packed with zeros between
///   gradients    4 P_t
///   optimizer    8 P_t (AdamW's two moments); the other rules' and what changes with layers on the host: streaming_forecast.h
///   activations  N e (4 H + (2 a + 2 kv) D + 3 F) + N (8 + 28 r) a trained layer; with full checkpointing N e H a layer
///                and one layer whole; selective leaves out the feed-forward's 3 F; plus what the largest moment adds, less
///                the gradients that come after it
///   attention    log-sum-exp 4 a N a layer, and the copies and blocks it works with
///   logits       4 V a row of one chunk of the loss, on a card e V; the head's gradient where it trains
///   context      libtorch, its kernels' scratch buffers and the program itself; on a card the driver's
///   slack        what the allocator loses between blocks: 3 % of the changing items, on a card 4 % and a workspace
/// Beside a card, of the host: what was moved there, codes on their way to the card (streaming), and the context of its libraries.
MemoryForecast forecastMemory(const io::ModelConfig &model, const api::RunConfig &config, const PlanContext &context);

/// Whether products are computed in a 16-bit type.
bool computesNarrow(const api::RunConfig &config, const PlanContext &context);
/// What copies between host and card add to a card's context: streams of their own and their kernels.
int64_t copiesContextBytes(const api::RunConfig &config);
/// Whether those are fp16, beside which the residual is kept in fp32.
bool computesFp16(const api::RunConfig &config, const PlanContext &context);

/// Parameters that train under these settings (LoRA: of the adapter).
int64_t trainedParameters(const io::ModelConfig &model, const api::RunConfig &config);

/// "3.1 GiB", "512 MiB".
std::string bytesText(int64_t bytes);

/// "16GiB", "512 MB", "1.5g", "1073741824" -> bytes; -1 for anything else or out of range.
int64_t parseBytes(const std::string &text);

} // namespace attune::core
