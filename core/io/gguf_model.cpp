#include "core/io/gguf_model.h"

#include "core/base/ending.h"
#include "core/io/gguf_architecture.h"
#include "core/io/gguf_dequant.h"
#include "core/io/gguf_metadata.h"
#include "core/io/gguf_rope.h"

#include <algorithm>
#include <unordered_map>

namespace attune::io {

namespace {

constexpr const char *kAgain = "Download or convert the file again.";

class GgufSource : public WeightSource {
public:
  GgufSource(std::shared_ptr<const GgufFile> file, ModelConfig config, const GgufArchitecture &architecture)
      : m_file(std::move(file)), m_config(std::move(config)), m_architecture(architecture) {}

  Status index() {
    for (const GgufTensor &tensor : m_file->tensors()) {
      const GgufPlace place = placeOfGgufTensor(tensor.name, m_config);
      if (place.name.empty() && tensor.name.compare(0, 4, "blk.") == 0) {
        return Error{ErrorCode::UnsupportedModel, "The model has the tensor \"" + tensor.name + "\", which no supported layer uses.",
                     m_file->where(), ggufSupported()};
      }
      if (place.name.empty()) continue;
      ATTUNE_CHECK(add(tensor, place));
    }
    return joinParts();
  }

  const ModelConfig &config() const override { return m_config; }
  const std::vector<TensorInfo> &tensors() const override { return m_tensors; }
  const TensorInfo *find(const std::string &name) const override {
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
  }

  Status readFloat(const std::string &name, int64_t rowBegin, int64_t rowEnd, float *out) const override {
    const auto found = m_index.find(name);
    if (found == m_index.end()) return Error{ErrorCode::Internal, "The tensor \"" + name + "\" does not exist.", m_file->where(), ""};
    const TensorInfo &info = m_tensors[found->second];
    const Entry &entry = m_entries[found->second];
    const int64_t rows = info.shape.empty() ? 1 : info.shape.front();
    if (rowBegin < 0 || rowBegin > rowEnd || rowEnd > rows)
      return Error{ErrorCode::Internal, "Rows outside the tensor \"" + name + "\" were asked for.", m_file->where(), ""};
    if (rowBegin == rowEnd) return {};
    const int64_t width = info.elements() / rows;
    if (!entry.joined) {
      readPart(entry.parts.front(), rowBegin, rowEnd, width, out);
    } else {
      for (int64_t row = rowBegin; row < rowEnd; ++row, out += width) {
        int64_t inside = entry.packedRows ? (*entry.packedRows)[static_cast<size_t>(row)] : row;
        const Part *part = entry.parts.data();
        while (inside >= part->rows) inside -= (part++)->rows;
        readPart(*part, inside, inside + 1, width, out);
      }
      return {};
    }
    if (entry.minusOne)
      for (int64_t i = 0; i < (rowEnd - rowBegin) * width; ++i) out[i] -= 1.0f;
    return {};
  }

  ByteView rawBytes(const std::string &name) const override {
    const auto found = m_index.find(name);
    if (found == m_index.end()) return {};
    const Entry &entry = m_entries[found->second];
    if (entry.joined || entry.minusOne || entry.parts.front().permutedHeads) return {};
    const DType type = m_tensors[found->second].type;
    const ByteView bytes = m_file->tensorBytes(*entry.parts.front().tensor);
    const bool plain = type == DType::F32 || type == DType::F16 || type == DType::BF16;
    return plain && reinterpret_cast<uintptr_t>(bytes.data) % 4 == 0 ? bytes : ByteView{};
  }

  void release(const std::string &name) const override {
    const auto found = m_index.find(name);
    if (found == m_index.end()) return;
    for (const Part &part : m_entries[found->second].parts)
      if (part.tensor) m_file->release(*part.tensor);
  }

private:
  /// A stored tensor: the whole of one of ours, or its q, k or v rows.
  struct Part {
    const GgufTensor *tensor = nullptr;
    DType type = DType::F32;
    int64_t rows = 0;
    int64_t permutedHeads = 0; // 0 = rows lie in their original order
  };
  struct Entry {
    std::vector<Part> parts; // three of a joined one
    bool joined = false;
    bool minusOne = false;
    std::shared_ptr<const std::vector<int64_t>> packedRows; // of each row of ours the one in q|k|v; null = the same
  };

  Status add(const GgufTensor &tensor, const GgufPlace &place) {
    const auto type = dtypeOfGgml(tensor.type);
    if (!type) {
      const char *known = ggmlTypeTraits(tensor.type).name;
      return Error{ErrorCode::UnsupportedFormat,
                   "The tensor \"" + tensor.name + "\" is stored as " + (known ? known : "type " + std::to_string(tensor.type)) +
                       ", which is not read.",
                   m_file->where(), "Read here: F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and Q6_K."};
    }
    Part part{&tensor, *type, tensor.shape.empty() ? 1 : tensor.shape.front(), 0};
    const bool ofQuery = tensor.name.find(".attn_q.") != std::string::npos, ofKey = tensor.name.find(".attn_k.") != std::string::npos;
    // Without rotation nothing depends on the order within a head, but the files have it all the same.
    if (m_architecture.permuted) part.permutedHeads = ofQuery ? m_config.heads : ofKey ? m_config.kvHeads : 0;
    if (part.permutedHeads && (m_config.headDim % 2 != 0 || part.rows != part.permutedHeads * m_config.headDim)) {
      return Error{ErrorCode::MalformedFile, "The tensor \"" + tensor.name + "\" does not have the rows that its heads need.",
                   m_file->where(), kAgain};
    }
    const auto [found, fresh] = m_index.emplace(place.name, m_entries.size());
    if (fresh) {
      m_entries.emplace_back();
      m_tensors.push_back({place.name, *type, tensor.shape, 0, m_file->where()});
      m_entries.back().joined = place.part >= 0;
      m_entries.back().parts.resize(place.part >= 0 ? 3 : 1);
    }
    Entry &entry = m_entries[found->second];
    if (entry.joined != (place.part >= 0))
      return Error{ErrorCode::MalformedFile, "The model has q, k and v of a layer both apart and as one.", m_file->where(), kAgain};
    entry.parts[static_cast<size_t>(std::max(0, place.part))] = part;
    entry.minusOne = m_architecture.normsPlusOne && endsWith(tensor.name, "norm.weight");
    m_tensors[found->second].bytes += tensor.bytes;
    return {};
  }

  /// Gives the joined tensors their shape.
  Status joinParts() {
    std::shared_ptr<const std::vector<int64_t>> packed;
    for (size_t i = 0; i < m_entries.size(); ++i) {
      Entry &entry = m_entries[i];
      if (!entry.joined) continue;
      const auto refuse = [&](const char *what) {
        return Error{ErrorCode::MalformedFile, "The tensor \"" + m_tensors[i].name + "\" " + what + ".", m_file->where(), kAgain};
      };
      std::vector<int64_t> shape = entry.parts.front().tensor ? entry.parts.front().tensor->shape : std::vector<int64_t>();
      if (shape.empty()) return refuse("lacks its q rows");
      shape.front() = 0;
      for (const Part &part : entry.parts) {
        if (!part.tensor) return refuse("lacks its q, k or v rows");
        std::vector<int64_t> other = part.tensor->shape;
        if (other.size() != shape.size() || (shape.size() == 2 && other[1] != shape[1]))
          return refuse("has q, k and v rows of different widths");
        shape.front() += part.rows;
      }
      m_tensors[i].shape = shape;
      if (m_config.layout != AttentionLayout::Grouped) continue;
      if (!packed) {
        const std::vector<int64_t> stored = groupedRows(m_config);
        std::vector<int64_t> inverse(stored.size());
        for (size_t row = 0; row < stored.size(); ++row) inverse[static_cast<size_t>(stored[row])] = static_cast<int64_t>(row);
        packed = std::make_shared<const std::vector<int64_t>>(std::move(inverse));
      }
      if (shape.front() != static_cast<int64_t>(packed->size())) return refuse("does not have the rows that its heads need");
      entry.packedRows = packed;
    }
    return {};
  }

  void readPart(const Part &part, int64_t rowBegin, int64_t rowEnd, int64_t width, float *out) const {
    const ByteView bytes = m_file->tensorBytes(*part.tensor);
    const auto traits = ggmlTypeTraits(part.tensor->type);
    const auto wide = static_cast<uint64_t>(width);
    if (wide % traits.blockElements != 0) return readQuantisedVector(part, bytes, rowBegin, rowEnd, out);
    const uint64_t rowBytes = wide / traits.blockElements * traits.blockBytes;
    if (part.permutedHeads == 0) {
      dequantize(part.type, bytes.data + static_cast<uint64_t>(rowBegin) * rowBytes, static_cast<uint64_t>(rowEnd - rowBegin) * wide, out);
      return;
    }
    // Llama files interleave the two halves of each head: their row 2 j + s is row s D/2 + j of the original.
    const int64_t d = m_config.headDim;
    for (int64_t row = rowBegin; row < rowEnd; ++row, out += width) {
      const int64_t inHead = row % d;
      const int64_t stored = row - inHead + 2 * (inHead % (d / 2)) + inHead / (d / 2);
      dequantize(part.type, bytes.data + static_cast<uint64_t>(stored) * rowBytes, wide, out);
    }
  }

  /// A one-dimensional tensor in blocks: its elements count as rows, so it is decoded whole and cut.
  void readQuantisedVector(const Part &part, ByteView bytes, int64_t begin, int64_t end, float *out) const {
    std::vector<float> whole(static_cast<size_t>(part.rows));
    dequantize(part.type, bytes.data, whole.size(), whole.data());
    std::copy(whole.begin() + begin, whole.begin() + end, out);
  }

  std::shared_ptr<const GgufFile> m_file;
  ModelConfig m_config;
  const GgufArchitecture &m_architecture;
  std::vector<TensorInfo> m_tensors;
  std::vector<Entry> m_entries;
  std::unordered_map<std::string, size_t> m_index;
};

} // namespace

std::string huggingFaceName(const std::string &ggufName, const ModelConfig &config) { return placeOfGgufTensor(ggufName, config).name; }

Result<ModelConfig> ggufModelConfig(const GgufFile &file) {
  const auto name = file.text("general.architecture");
  if (!name) return Error{ErrorCode::MalformedFile, "The metadata general.architecture is missing.", file.where(), kAgain};
  if (file.text("general.type").value_or("model") != "model") {
    return Error{ErrorCode::UnsupportedModel,
                 "This GGUF file is not a model but of type \"" + std::string(file.text("general.type")->substr(0, 40)) + "\".",
                 file.where(), ""};
  }
  const GgufArchitecture *architecture = findGgufArchitecture(std::string(*name));
  if (!architecture) {
    return Error{ErrorCode::UnsupportedModel, "The GGUF architecture \"" + std::string(name->substr(0, 40)) + "\" is not supported.",
                 file.where() + "#general.architecture", ggufSupported()};
  }
  return readGgufConfig(file, *architecture);
}

Result<std::unique_ptr<WeightSource>> openGgufModel(const std::string &path, bool headerOnly) {
  ATTUNE_TRY(auto file, GgufFile::open(path));
  return ggufWeightSource(std::move(file), headerOnly);
}

Result<std::unique_ptr<WeightSource>> ggufWeightSource(std::shared_ptr<const GgufFile> file, bool headerOnly) {
  ATTUNE_TRY(ModelConfig config, ggufModelConfig(*file));
  const GgufArchitecture &architecture = *findGgufArchitecture(std::string(*file->text("general.architecture"))); // or it was refused
  if (headerOnly) { // only the settings: the data may be cut off
    return std::unique_ptr<WeightSource>(std::make_unique<GgufSource>(std::move(file), std::move(config), architecture));
  }
  ATTUNE_CHECK(file->checkData());
  ATTUNE_CHECK(readGgufRopeTables(*file, config));
  auto source = std::make_unique<GgufSource>(std::move(file), std::move(config), architecture);
  ATTUNE_CHECK(source->index());
  return std::unique_ptr<WeightSource>(std::move(source));
}

} // namespace attune::io
