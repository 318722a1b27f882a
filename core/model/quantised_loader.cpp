#include "core/model/quantised_loader.h"

#include "core/io/nf4_tensor.h"
#include "core/nn/head_norm.h"
#include "core/quant/nf4.h"

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>

namespace attune::core {
namespace {

Tensor copied(const ByteView &bytes, at::ScalarType type) {
  const auto size = static_cast<int64_t>(c10::elementSize(type));
  Tensor tensor = at::empty({static_cast<int64_t>(bytes.size) / size}, at::TensorOptions().dtype(type));
  if (bytes.size > 0) std::memcpy(tensor.data_ptr(), bytes.data, static_cast<size_t>(tensor.numel() * size));
  return tensor;
}

Nf4Parts partsOf(const io::Nf4Tensor &stored) {
  Nf4Parts parts;
  parts.packed = copied(stored.packed, at::kByte);
  parts.block = stored.block;
  if (stored.scales.data) {
    parts.scales = copied(stored.scales, at::kFloat);
    return parts;
  }
  parts.scaleCodes = copied(stored.scaleCodes, at::kByte);
  parts.nested = copied(stored.nested, at::kFloat);
  parts.map = copied(stored.map, at::kFloat);
  parts.offset = stored.offset;
  parts.nestedBlock = stored.nestedBlock;
  return parts;
}

void place(QuantisedModule &module, at::Device device) {
  for (Tensor *tensor : module.tensors()) *tensor = tensor->to(device);
}

Error notFinite(const io::WeightSource &source, const std::string &name) {
  return {ErrorCode::MalformedFile,
          "The tensor \"" + name + "\" holds values that are not finite, which cannot be quantised.",
          source.find(name)->file + "#" + name,
          "Download the model again, or take another one.",
          {}};
}

/// Fills `module` from the tensor `name`; `unitRows`: each row scaled to length 1 first.
LoadJob encoding(const io::WeightSource &source, const std::string &name, const std::shared_ptr<QuantisedModule> &module, at::Device device,
                 bool unitRows = false) {
  LoadJob job{name, module->rows(), module->columns(), module->rowStep(), {}, {}};
  job.read = [source = &source, module, name, unitRows](int64_t begin, int64_t end, std::vector<float> &scratch) -> Status {
    scratch.resize(static_cast<size_t>((end - begin) * module->columns()));
    ATTUNE_CHECK(source->readFloat(name, begin, end, scratch.data()));
    if (unitRows) normaliseRowsInPlace(at::from_blob(scratch.data(), {end - begin, module->columns()}));
    if (!module->encode(begin, end - begin, scratch.data())) return notFinite(*source, name);
    return {};
  };
  job.finish = [module, device] {
    module->finish();
    place(*module, device);
  };
  return job;
}

class Builder {
public:
  Builder(const io::WeightSource &source, const LoadOptions &options, std::vector<LoadJob> &jobs)
      : m_source(source), m_options(options), m_jobs(jobs),
        m_grouped(std::make_shared<const std::vector<int64_t>>(io::groupedRows(source.config()))), m_ofNf4(io::holdsNf4(source)) {}

  /// Null where the source's own choice is to keep the matrix dense.
  std::shared_ptr<const QuantisedMatrix> make(const LinearModule *first, const LinearModule *last) {
    const bool asStored = m_ofNf4 && m_options.quantization == api::Quantization::Nf4;
    if (asStored && std::any_of(first, last, [&](const LinearModule &m) { return !m_source.nf4(m.name + ".weight"); })) return nullptr;
    std::vector<QuantisedMatrix::Part> parts;
    for (const LinearModule *module = first; module != last; ++module) {
      const std::string name = module->name + ".weight";
      parts.push_back({asStored ? take(name, *module) : encode(name, *module), module->rowBegin, module->grouped ? m_grouped : nullptr});
    }
    return std::make_shared<QuantisedMatrix>(std::move(parts));
  }

private:
  std::shared_ptr<QuantisedModule> take(const std::string &name, const LinearModule &linear) {
    auto module = std::make_shared<Nf4Module>(linear.outputs(), linear.inputs, partsOf(*m_source.nf4(name)));
    m_source.release(name);
    place(*module, m_options.device);
    return module;
  }

  std::shared_ptr<QuantisedModule> encode(const std::string &name, const LinearModule &linear) {
    std::shared_ptr<QuantisedModule> module = QuantisedModule::make(m_options.quantization, linear.outputs(), linear.inputs);
    m_jobs.push_back(encoding(m_source, name, module, m_options.device));
    return module;
  }

  const io::WeightSource &m_source;
  const LoadOptions &m_options;
  std::vector<LoadJob> &m_jobs;
  std::shared_ptr<const std::vector<int64_t>> m_grouped;
  bool m_ofNf4;
};

} // namespace

QuantisedLayers quantisedLayers(const io::WeightSource &source, const ModelFamily &family, const LoadOptions &options,
                                std::vector<LoadJob> &jobs) {
  QuantisedLayers layers;
  if (options.quantization == api::Quantization::None) return layers;
  Builder builder(source, options, jobs);
  const std::vector<LinearModule> modules = linearModules(source.config(), family);
  for (size_t begin = 0, end; begin < modules.size(); begin = end) {
    const auto key = std::make_pair(modules[begin].layer, modules[begin].matrix);
    for (end = begin + 1; end < modules.size() && modules[end].layer == key.first && modules[end].matrix == key.second;) ++end;
    if (auto matrix = builder.make(&modules[begin], &modules[begin] + (end - begin))) layers.emplace(key, std::move(matrix));
  }
  return layers;
}

QuantisedTables quantisedTables(const io::WeightSource &source, const ModelFamily &family, const LoadOptions &options,
                                std::vector<LoadJob> &jobs) {
  QuantisedTables tables;
  if (!options.quantiseEmbeddings) return tables;
  const io::ModelConfig &config = source.config();
  const auto table = [&](const std::string &module, at::Device device, bool unitRows) {
    const auto rows = std::make_shared<Int8Module>(config.vocab, config.hidden);
    jobs.push_back(encoding(source, module + ".weight", rows, device, unitRows));
    return TokenTable(std::shared_ptr<const Int8Module>(rows));
  };
  const bool onHost = options.embeddingOnHost && !config.tiedEmbeddings;
  tables.embedding = table(family.embedding, onHost ? at::Device(at::kCPU) : options.device, false);
  tables.head = config.tiedEmbeddings ? tables.embedding : table(family.head, options.device, config.headNorm && !options.rawHead);
  return tables;
}

} // namespace attune::core
