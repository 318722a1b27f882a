#include "core/model/model_loader.h"

#include "core/model/load_jobs.h"
#include "core/model/quantised_loader.h"
#include "core/nn/head_norm.h"

#include <ATen/ops/tensor.h>
#include <c10/util/BFloat16.h>

#include <cstring>
#include <memory>
#include <sys/mman.h>

namespace attune::core {
namespace {

Tensor emptyWeight(std::vector<int64_t> shape, const at::TensorOptions &options) {
  Tensor tensor = at::empty(shape, options);
  if (!tensor.is_cpu()) return tensor;
  // Large pages save most of the page faults that filling half a gigabyte costs; refusal is harmless.
  constexpr uintptr_t kPage = uintptr_t(2) << 20;
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(tensor.data_ptr()) + kPage - 1) & ~(kPage - 1);
  const uintptr_t end = (reinterpret_cast<uintptr_t>(tensor.data_ptr()) + tensor.nbytes()) & ~(kPage - 1);
  if (begin < end) madvise(reinterpret_cast<void *>(begin), end - begin, MADV_HUGEPAGE);
  return tensor;
}

DecoderWeights allocate(const io::ModelConfig &c, const at::TensorOptions &options, const QuantisedLayers &quantised = {},
                        const QuantisedTables &tables = {}, bool embeddingOnHost = false) {
  auto make = [&](bool wanted, std::vector<int64_t> shape) { return wanted ? emptyWeight(std::move(shape), options) : Tensor(); };
  const int64_t qkvRows = c.qRows() + 2 * c.kvRows();
  DecoderWeights weights;
  weights.embedding = tables.embedding;
  if (!weights.embedding.defined())
    weights.embedding = emptyWeight({c.vocab, c.hidden}, embeddingOnHost ? options.device(at::kCPU) : options);
  for (int64_t i = 0; i < c.layers; ++i) {
    LayerWeights layer;
    const auto matrix = [&](PackedMatrix which, std::vector<int64_t> shape) {
      const auto found = quantised.find({i, which});
      return found == quantised.end() ? Weight(emptyWeight(std::move(shape), options)) : Weight(found->second);
    };
    layer.inputNorm = make(true, {c.hidden});
    layer.attentionOutNorm = make(c.sandwichNorms, {c.hidden});
    layer.postNorm = make(true, {c.hidden});
    layer.feedForwardOutNorm = make(c.sandwichNorms, {c.hidden});
    layer.qkv = matrix(PackedMatrix::Qkv, {qkvRows, c.hidden});
    layer.qkvBias = make(c.qkvBias, {qkvRows});
    layer.output = matrix(PackedMatrix::Output, {c.hidden, c.qRows()});
    layer.outputBias = make(c.outputBias, {c.hidden});
    layer.gateUp = matrix(PackedMatrix::GateUp, {2 * c.intermediate, c.hidden});
    layer.gateUpBias = make(c.mlpBias, {2 * c.intermediate});
    layer.down = matrix(PackedMatrix::Down, {c.hidden, c.intermediate});
    layer.downBias = make(c.mlpBias, {c.hidden});
    layer.qNorm = make(c.qkNorm, {c.headDim});
    layer.kNorm = make(c.qkNorm, {c.headDim});
    weights.layers.push_back(std::move(layer));
  }
  weights.finalNorm = make(true, {c.hidden});
  weights.head = c.tiedEmbeddings ? weights.embedding : tables.head;
  if (!weights.head.defined()) weights.head = emptyWeight({c.vocab, c.hidden}, options);
  return weights;
}

Status checkShapes(const io::WeightSource &source, const std::vector<WeightPlace> &places) {
  for (const WeightPlace &place : places) {
    const io::TensorInfo *info = source.find(place.name);
    if (!info)
      return Error{ErrorCode::MissingInFolder, "The model has no tensor " + place.name + ".", "",
                   "The file is incomplete or belongs to another architecture; fetch the model again."};
    if (place.target.sizes() != at::IntArrayRef(info->shape))
      return Error{ErrorCode::MalformedFile, "Tensor " + place.name + " does not have the shape its config promises.",
                   info->file + "#" + place.name, "Check that config.json belongs to these weights."};
  }
  return {};
}

/// Rows [stored, stored + count) of the file's tensor into rows [row, ..) of the target.
Status readRows(const io::WeightSource &source, const WeightPlace &place, int64_t stored, int64_t row, int64_t count,
                std::vector<float> &scratch) {
  const int64_t width = place.target.dim() == 2 ? place.target.size(1) : 1;
  if (!place.target.is_cpu() || place.target.scalar_type() == at::kHalf) { // by way of host memory, in a type that the file gives
    const Tensor rows = place.target.narrow(0, row, count);
    const auto type = rows.scalar_type() == at::kHalf ? at::kFloat : rows.scalar_type();
    const Tensor staged = at::empty(rows.sizes(), at::TensorOptions().dtype(type));
    ATTUNE_CHECK(readRows(source, {place.name, staged, nullptr}, stored, 0, count, scratch));
    if (rows.scalar_type() == at::kHalf && staged.numel() > 0 && !(staged.abs().max().item<float>() <= 65504.0f))
      return Error{ErrorCode::NotFinite, "The tensor " + place.name + " holds values that fp16 cannot.", place.name,
                   "Compute in bf16 or fp32 (precision)."};
    rows.copy_(staged);
    return {};
  }
  if (place.target.scalar_type() == at::kFloat)
    return source.readFloat(place.name, stored, stored + count, place.target.data_ptr<float>() + row * width);
  auto *out = place.target.data_ptr<c10::BFloat16>() + row * width;
  const io::TensorInfo *info = source.find(place.name);
  const ByteView raw = info->type == io::DType::BF16 ? source.rawBytes(place.name) : ByteView{};
  if (raw.data) {
    const size_t rowBytes = static_cast<size_t>(width) * 2;
    std::memcpy(out, raw.data + static_cast<size_t>(stored) * rowBytes, static_cast<size_t>(count) * rowBytes);
    return {};
  }
  scratch.resize(static_cast<size_t>(count * width));
  ATTUNE_CHECK(source.readFloat(place.name, stored, stored + count, scratch.data()));
  for (size_t i = 0; i < scratch.size(); ++i) out[i] = scratch[i];
  return {};
}

Status readInto(const io::WeightSource &source, const WeightPlace &place, int64_t rowBegin, int64_t rowEnd, std::vector<float> &scratch) {
  if (!place.storedRows) return readRows(source, place, rowBegin, rowBegin, rowEnd - rowBegin, scratch);
  const std::vector<int64_t> &stored = *place.storedRows;
  for (int64_t begin = rowBegin, end; begin < rowEnd; begin = end) { // runs that lie together in the file
    for (end = begin + 1; end < rowEnd && stored[static_cast<size_t>(end)] == stored[static_cast<size_t>(end - 1)] + 1;) ++end;
    ATTUNE_CHECK(readRows(source, place, stored[static_cast<size_t>(begin)], begin, end - begin, scratch));
  }
  return {};
}

std::vector<LoadJob> jobsFor(const io::WeightSource &source, const std::vector<WeightPlace> &places) {
  std::vector<LoadJob> jobs;
  for (const WeightPlace &place : places) {
    LoadJob job{place.name, place.target.size(0), place.target.dim() == 2 ? place.target.size(1) : 1, 1, {}, {}};
    job.read = [&source, place](int64_t begin, int64_t end, std::vector<float> &scratch) {
      return readInto(source, place, begin, end, scratch);
    };
    jobs.push_back(std::move(job));
  }
  return jobs;
}

} // namespace

Tensor WeightPlace::inFileOrder() const {
  if (!storedRows) return target;
  Tensor ordered = at::empty(target.sizes(), target.options());
  ordered.index_copy_(0, at::tensor(*storedRows, at::TensorOptions().dtype(at::kLong)).to(target.device()), target);
  return ordered;
}

DecoderWeights weightShapes(const io::ModelConfig &config, at::ScalarType type) {
  return allocate(config, at::TensorOptions().dtype(type).device(at::kMeta));
}

std::vector<WeightPlace> weightPlaces(const io::ModelConfig &config, const ModelFamily &family, const DecoderWeights &weights) {
  std::vector<WeightPlace> places;
  const auto grouped = std::make_shared<const std::vector<int64_t>>(io::groupedRows(config));
  auto add = [&](const std::string &name, const Tensor &tensor, bool reordered = false) {
    if (tensor.defined()) places.push_back({name, tensor, reordered ? grouped : nullptr});
  };
  add(family.embedding + ".weight", weights.embedding.dense());
  const std::vector<LinearModule> modules = linearModules(config, family);
  const size_t perLayer = modules.size() / weights.layers.size();
  for (size_t i = 0; i < weights.layers.size(); ++i) {
    const LayerWeights &layer = weights.layers[i];
    const std::string prefix = family.layers + std::to_string(i) + ".";
    add(prefix + family.inputNorm + ".weight", layer.inputNorm);
    add(prefix + family.attentionOutNorm + ".weight", layer.attentionOutNorm);
    add(prefix + family.postNorm + ".weight", layer.postNorm);
    add(prefix + family.feedForwardOutNorm + ".weight", layer.feedForwardOutNorm);
    add(prefix + family.qNorm + ".weight", layer.qNorm);
    add(prefix + family.kNorm + ".weight", layer.kNorm);
    const Tensor *const matrices[] = {&layer.qkv.dense(), &layer.output.dense(), &layer.gateUp.dense(), &layer.down.dense()};
    const Tensor *const biases[] = {&layer.qkvBias, &layer.outputBias, &layer.gateUpBias, &layer.downBias};
    for (size_t m = i * perLayer; m < (i + 1) * perLayer; ++m) {
      const LinearModule &module = modules[m];
      const auto index = static_cast<size_t>(module.matrix);
      if (matrices[index]->defined())
        add(module.name + ".weight", matrices[index]->narrow(0, module.rowBegin, module.outputs()), module.grouped);
      if (module.bias) add(module.name + ".bias", biases[index]->narrow(0, module.rowBegin, module.outputs()), module.grouped);
    }
  }
  add(family.finalNorm + ".weight", weights.finalNorm);
  if (!config.tiedEmbeddings) add(family.head + ".weight", weights.head.dense());
  return places;
}

Weight &matrixOf(LayerWeights &layer, PackedMatrix matrix) {
  Weight *const matrices[] = {&layer.qkv, &layer.output, &layer.gateUp, &layer.down};
  return *matrices[static_cast<size_t>(matrix)];
}

Result<DecoderWeights> loadWeights(const io::WeightSource &source, const LoadOptions &options) {
  const io::ModelConfig &config = source.config();
  ATTUNE_TRY(const ModelFamily *family, familyOf(config));
  at::NoGradGuard noGrad;
  // Compared without memory first: a config may promise any size, only the file's tensors prove it.
  ATTUNE_CHECK(checkShapes(source, weightPlaces(config, *family, weightShapes(config, options.type))));
  const auto room = at::TensorOptions().dtype(options.type);

  std::vector<LoadJob> jobs;
  const QuantisedLayers quantised = quantisedLayers(source, *family, options, jobs);
  const QuantisedTables tables = quantisedTables(source, *family, options, jobs);
  DecoderWeights weights =
      allocate(config, room.device(options.device), quantised, tables, options.embeddingOnHost && !config.tiedEmbeddings);
  const std::vector<LoadJob> dense = jobsFor(source, weightPlaces(config, *family, weights));
  jobs.insert(jobs.end(), dense.begin(), dense.end());
  ATTUNE_CHECK(runLoadJobs(source, jobs));
  if (config.headNorm && !options.rawHead && !weights.head.quantised()) normaliseRowsInPlace(weights.head.dense());
  return weights;
}

Status readWeights(const io::WeightSource &source, const std::vector<WeightPlace> &places) {
  at::NoGradGuard noGrad;
  ATTUNE_CHECK(checkShapes(source, places));
  return runLoadJobs(source, jobsFor(source, places));
}

} // namespace attune::core
