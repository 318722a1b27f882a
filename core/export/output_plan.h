// Which tensors an exported folder holds, of which rows of the source's and in which type: the same tensors (merge), or those of
// a plain Llama. Values only; job thread.
#pragma once

#include "core/io/weight_source.h"
#include "core/lora/weight_changes.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace attune::core {

/// One tensor to write; its rows lie in the file's order, as adapters read from files have them too.
struct OutputTensor {
  std::string name;
  io::DType type = io::DType::F32; // F32, F16 or BF16
  std::vector<int64_t> shape;
  std::string from;                                 // the source's tensor; empty = zeros
  std::string change;                               // whose change of OutputPlan::changes is worked in; mostly `from`
  int64_t firstRow = 0;                             // of `from`
  std::shared_ptr<const std::vector<int64_t>> rows; // the rows of `from`, where they do not lie together
  bool unitRows = false;                            // scaled to length 1: a folded NormHead
  uint64_t bytes() const;
};

struct OutputPlan {
  io::ModelConfig config; // of what is written
  std::vector<OutputTensor> tensors;
  WeightChanges changes; // by the source's names, LoRA in the blocks too
  bool foldsHeadNorm = false;
  uint64_t bytes() const;
  /// config.json's word for the type that most of the weights have.
  std::string dtype() const;
  /// The type that the rows of a source's tensor are rounded to.
  io::DType typeOf(const std::string &sourceTensor) const;
};

/// The source's own tensors with the adapter (as its file has it) worked in. A tied head becomes a tensor of its own where the
/// adapter changes only one side. `type`: of everything; nothing = as stored, fp16 for quantised tensors.
Result<OutputPlan> planMerge(const io::WeightSource &source, const LoraAdapter &adapter, std::optional<io::DType> type);

/// The same as a LlamaForCausalLM: q, k and v apart, NormHead folded. UnsupportedModel, naming what a Llama does not do.
Result<OutputPlan> planLlama(const io::WeightSource &source, const LoraAdapter &adapter, std::optional<io::DType> type);

/// NotFinite: a tensor holds values beyond its type.
Error typeTooNarrow(const std::string &tensor, io::DType type);

/// Rows [begin, begin + the block's) of a planned tensor into `block` (fp32, contiguous), not yet rounded.
Status readOutputRows(const io::WeightSource &source, const OutputPlan &plan, const OutputTensor &tensor, int64_t begin, Tensor block);

} // namespace attune::core
