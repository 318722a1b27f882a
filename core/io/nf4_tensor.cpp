#include "core/io/nf4_tensor.h"

#include "core/base/json.h"
#include "core/base/nf4_code.h"

#include <cmath>
#include <cstring>

namespace attune::io {
namespace {

constexpr size_t kMaxState = 64 << 10; // bytes of the JSON beside a matrix
constexpr int64_t kMaxSide = int64_t(1) << 24;

float floatAt(const ByteView &bytes, int64_t index) {
  float value;
  std::memcpy(&value, bytes.data + 4 * index, sizeof value);
  return value;
}

class Reader {
public:
  Reader(const std::string &name, const std::function<const StoredTensor *(const std::string &)> &find) : m_name(name), m_find(find) {}

  Result<Nf4Tensor> read() {
    ATTUNE_CHECK(take("", m_tensor.packed));
    ATTUNE_CHECK(readState());
    const int64_t count = m_tensor.elements(), blocks = (count + m_tensor.block - 1) / m_tensor.block;
    if (m_tensor.packed.size != static_cast<size_t>((count + 1) / 2)) return malformed("the codes are not as many as its shape says");
    if (m_double)
      ATTUNE_CHECK(readNested(blocks));
    else
      ATTUNE_CHECK(takeFloats(".absmax", blocks, m_tensor.scales));
    ByteView map;
    ATTUNE_CHECK(takeFloats(".quant_map", 16, map));
    for (int64_t i = 0; i < 16; ++i) {
      if (!(std::abs(floatAt(map, i) - kNf4Code[i]) < 1e-5F))
        return Error{ErrorCode::UnsupportedFormat, "The tensor \"" + m_name + "\" has a code book that is not NF4's.", where(), kHint};
    }
    return m_tensor;
  }

private:
  static constexpr const char *kHint = "Use the model's F32, F16 or BF16 files.";

  std::string where() const {
    const StoredTensor *weight = m_find(m_name);
    return (weight ? weight->where : "") + "#" + m_name;
  }
  Error malformed(const std::string &what) const {
    return {ErrorCode::MalformedFile, "The 4-bit tensor \"" + m_name + "\" is damaged: " + what + ".", where(),
            "Download the model again."};
  }

  Status take(const std::string &ending, ByteView &bytes) const {
    const StoredTensor *tensor = m_find(m_name + ending);
    if (!tensor) return malformed("it lacks its part " + (ending.empty() ? "weight" : ending.substr(1)));
    if (!tensor->strides.empty()) return malformed("its part " + ending + " does not lie in one piece");
    bytes = tensor->bytes;
    return {};
  }

  Status takeFloats(const std::string &ending, int64_t count, ByteView &bytes) const {
    ATTUNE_CHECK(take(ending, bytes));
    const StoredTensor *tensor = m_find(m_name + ending);
    if (tensor->type != DType::F32 || bytes.size != static_cast<size_t>(4 * count))
      return malformed("its part " + ending.substr(1) + " should hold " + std::to_string(count) + " numbers in F32");
    for (int64_t i = 0; i < count; ++i)
      if (!std::isfinite(floatAt(bytes, i))) return malformed("its part " + ending.substr(1) + " holds values that are not finite");
    return {};
  }

  /// A power of two from 32 to 4096, as bitsandbytes has them; 0 for anything else.
  static int64_t blockSize(const Json &state, const char *key) {
    const auto found = state.find(key);
    if (found == state.end() || !found->is_number_integer()) return 0;
    const auto size = found->get<int64_t>();
    return size >= 32 && size <= 4096 && (size & (size - 1)) == 0 ? size : 0;
  }

  Status readState() {
    const std::string ending = nf4Companions().front();
    ByteView bytes;
    ATTUNE_CHECK(take(ending, bytes));
    if (bytes.size > kMaxState) return malformed("its quant_state is longer than any is");
    const std::string text(reinterpret_cast<const char *>(bytes.data), bytes.size);
    JsonLimits limits;
    limits.maxDepth = 8;
    ATTUNE_TRY(const Json state, parseJson(text, where() + ending, limits));
    if (!state.is_object() || !state.contains("shape") || !state["shape"].is_array()) return malformed("its quant_state has no shape");
    for (const Json &side : state["shape"]) {
      if (!side.is_number_integer() || side.get<int64_t>() < 1 || side.get<int64_t>() > kMaxSide)
        return malformed("its quant_state has a shape out of range");
      m_tensor.shape.push_back(side.get<int64_t>());
    }
    if (m_tensor.shape.size() != 2) return malformed("its quant_state should name a matrix of two dimensions");
    if (state.value("quant_type", Json()) != "nf4") return malformed("its quant_state is not of NF4");
    m_tensor.block = blockSize(state, "blocksize");
    m_double = state.contains("nested_blocksize") || state.contains("nested_offset");
    if (m_double) m_tensor.nestedBlock = blockSize(state, "nested_blocksize");
    if (m_tensor.block == 0 || m_tensor.nestedBlock == 0) return malformed("its quant_state has a block size out of range");
    if (!m_double) return {};
    const auto offset = state.find("nested_offset");
    if (offset == state.end() || !offset->is_number()) return malformed("its quant_state has no nested_offset");
    m_tensor.offset = static_cast<float>(offset->get<double>());
    return std::isfinite(m_tensor.offset) ? Status() : malformed("its nested_offset is not finite");
  }

  Status readNested(int64_t blocks) {
    ATTUNE_CHECK(take(".absmax", m_tensor.scaleCodes));
    const StoredTensor *codes = m_find(m_name + ".absmax");
    if (codes->type != DType::U8 || m_tensor.scaleCodes.size != static_cast<size_t>(blocks))
      return malformed("its part absmax should hold " + std::to_string(blocks) + " bytes");
    ATTUNE_CHECK(takeFloats(".nested_absmax", (blocks + m_tensor.nestedBlock - 1) / m_tensor.nestedBlock, m_tensor.nested));
    return takeFloats(".nested_quant_map", kNf4MapSize, m_tensor.map);
  }

  const std::string &m_name;
  const std::function<const StoredTensor *(const std::string &)> &m_find;
  Nf4Tensor m_tensor;
  bool m_double = false;
};

} // namespace

const std::vector<std::string> &nf4Companions() {
  static const std::vector<std::string> endings = {".quant_state.bitsandbytes__nf4", ".absmax", ".quant_map", ".nested_absmax",
                                                   ".nested_quant_map"};
  return endings;
}

Result<Nf4Tensor> readNf4Tensor(const std::string &name, const std::function<const StoredTensor *(const std::string &)> &find) {
  return Reader(name, find).read();
}

void Nf4Tensor::read(int64_t first, int64_t count, float *out) const {
  int64_t known = -1;
  float scale = 0;
  for (int64_t i = first; i < first + count; ++i) {
    if (const int64_t place = i / block; place != known) {
      known = place;
      volatile float product =
          scales.data ? floatAt(scales, place) : floatAt(map, scaleCodes.data[place]) * floatAt(nested, place / nestedBlock);
      scale = scales.data ? product : product + offset; // volatile: product and sum are rounded one by one, as bitsandbytes does
    }
    const uint8_t pair = packed.data[i / 2];
    *out++ = kNf4Code[i % 2 ? pair & 15 : pair >> 4] * scale;
  }
}

} // namespace attune::io
