#include "core/io/gguf_file.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

namespace attune::io {

namespace {

constexpr uint64_t kMaxKeyBytes = 65535;
constexpr uint64_t kMaxTensorNameBytes = 1024;
constexpr uint64_t kMaxAlignment = 1 << 20;
constexpr int kMaxArrayDepth = 4;

template <typename T> T load(const uint8_t *data) {
  T value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

/// Bytes of a fixed-size value type; 0 for strings and arrays.
uint64_t scalarBytes(GgufValueType type) {
  switch (type) {
  case GgufValueType::U8:
  case GgufValueType::I8:
  case GgufValueType::Bool: return 1;
  case GgufValueType::U16:
  case GgufValueType::I16: return 2;
  case GgufValueType::U32:
  case GgufValueType::I32:
  case GgufValueType::F32: return 4;
  case GgufValueType::U64:
  case GgufValueType::I64:
  case GgufValueType::F64: return 8;
  case GgufValueType::String:
  case GgufValueType::Array: return 0;
  }
  return 0;
}

std::optional<int64_t> decodeInteger(GgufValueType type, const uint8_t *data) {
  switch (type) {
  case GgufValueType::U8: return data[0];
  case GgufValueType::I8: return static_cast<int8_t>(data[0]);
  case GgufValueType::U16: return load<uint16_t>(data);
  case GgufValueType::I16: return load<int16_t>(data);
  case GgufValueType::U32: return load<uint32_t>(data);
  case GgufValueType::I32: return load<int32_t>(data);
  case GgufValueType::I64: return load<int64_t>(data);
  case GgufValueType::U64: {
    const auto value = load<uint64_t>(data);
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
    return static_cast<int64_t>(value);
  }
  case GgufValueType::F32:
  case GgufValueType::F64:
  case GgufValueType::Bool:
  case GgufValueType::String:
  case GgufValueType::Array: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<double> decodeNumber(GgufValueType type, const uint8_t *data) {
  if (type == GgufValueType::F32) return load<float>(data);
  if (type == GgufValueType::F64) return load<double>(data);
  const auto whole = decodeInteger(type, data);
  if (!whole) return std::nullopt;
  return static_cast<double>(*whole);
}

} // namespace

GgmlTypeTraits ggmlTypeTraits(uint32_t type) {
  switch (type) {
  case 0: return {"F32", 1, 4};
  case 1: return {"F16", 1, 2};
  case 2: return {"Q4_0", 32, 18};
  case 3: return {"Q4_1", 32, 20};
  case 6: return {"Q5_0", 32, 22};
  case 7: return {"Q5_1", 32, 24};
  case 8: return {"Q8_0", 32, 34};
  case 9: return {"Q8_1", 32, 40};
  case 10: return {"Q2_K", 256, 84};
  case 11: return {"Q3_K", 256, 110};
  case 12: return {"Q4_K", 256, 144};
  case 13: return {"Q5_K", 256, 176};
  case 14: return {"Q6_K", 256, 210};
  case 15: return {"Q8_K", 256, 292};
  case 16: return {"IQ2_XXS", 256, 66};
  case 17: return {"IQ2_XS", 256, 74};
  case 18: return {"IQ3_XXS", 256, 98};
  case 19: return {"IQ1_S", 256, 50};
  case 20: return {"IQ4_NL", 32, 18};
  case 21: return {"IQ3_S", 256, 110};
  case 22: return {"IQ2_S", 256, 82};
  case 23: return {"IQ4_XS", 256, 136};
  case 24: return {"I8", 1, 1};
  case 25: return {"I16", 1, 2};
  case 26: return {"I32", 1, 4};
  case 27: return {"I64", 1, 8};
  case 28: return {"F64", 1, 8};
  case 29: return {"IQ1_M", 256, 56};
  case 30: return {"BF16", 1, 2};
  default: return {};
  }
}

/// Walks the header once, front to back; every read is bounds-checked and no count is trusted for an allocation.
class GgufParser {
public:
  GgufParser(ByteView bytes, std::string where) : m_file(new GgufFile) {
    m_file->m_bytes = bytes;
    m_file->m_where = std::move(where);
  }

  Result<std::shared_ptr<const GgufFile>> parse() {
    ATTUNE_CHECK(readPreamble());
    for (uint64_t i = 0; i < m_keyCount; ++i) ATTUNE_CHECK(readEntry());
    for (uint64_t i = 0; i < m_tensorCount; ++i) ATTUNE_CHECK(readTensor());
    ATTUNE_CHECK(placeTensors());
    return std::shared_ptr<const GgufFile>(std::move(m_file));
  }

private:
  Error malformed(const std::string &message) const {
    return {ErrorCode::MalformedFile, message, m_file->m_where, "Download or convert the file again."};
  }
  Error truncated() const {
    return malformed("The GGUF header ends in the middle of an entry: the file is truncated or a length in it is wrong.");
  }

  const uint8_t *take(uint64_t bytes) {
    if (!m_file->m_bytes.contains(m_position, bytes)) return nullptr;
    const uint8_t *data = m_file->m_bytes.data + m_position;
    m_position += bytes;
    return data;
  }

  template <typename T> bool read(T &value) {
    const uint8_t *data = take(sizeof(T));
    if (data) value = load<T>(data);
    return data != nullptr;
  }

  Status readPreamble() {
    const uint8_t *magic = take(4);
    if (!magic || std::memcmp(magic, "GGUF", 4) != 0) {
      return Error{ErrorCode::MalformedFile, "This is not a GGUF file: it does not begin with \"GGUF\".", m_file->m_where, ""};
    }
    uint32_t version = 0;
    if (!read(version)) return truncated();
    if ((version & 0xffff) == 0 && version != 0) {
      return Error{ErrorCode::UnsupportedFormat, "This GGUF file is big-endian, which is not read.", m_file->m_where,
                   "Convert it to little-endian first."};
    }
    if (version != 2 && version != 3) {
      return Error{ErrorCode::UnsupportedFormat, "GGUF version " + std::to_string(version) + " is not read; versions 2 and 3 are.",
                   m_file->m_where, "Convert the model again with a current tool."};
    }
    m_file->m_version = version;
    if (!read(m_tensorCount) || !read(m_keyCount)) return truncated();
    return {};
  }

  bool readString(std::string_view &text, uint64_t limit) {
    uint64_t length = 0;
    if (!read(length) || length > limit) return false;
    const uint8_t *data = take(length);
    if (data) text = {reinterpret_cast<const char *>(data), static_cast<size_t>(length)};
    return data != nullptr;
  }

  bool readType(GgufValueType &type) {
    uint32_t number = 0;
    if (!read(number) || number > static_cast<uint32_t>(GgufValueType::F64)) return false;
    type = static_cast<GgufValueType>(number);
    return true;
  }

  /// Steps over `count` values of one type.
  bool skip(GgufValueType type, uint64_t count, int depth) {
    if (const uint64_t size = scalarBytes(type)) {
      return count <= m_file->m_bytes.size / size && take(count * size) != nullptr;
    }
    for (uint64_t i = 0; i < count; ++i) {
      if (type == GgufValueType::String) {
        std::string_view text;
        if (!readString(text, m_file->m_bytes.size)) return false;
      } else {
        GgufValueType inner;
        uint64_t innerCount = 0;
        if (depth >= kMaxArrayDepth || !readType(inner) || !read(innerCount) || !skip(inner, innerCount, depth + 1)) return false;
      }
    }
    return true;
  }

  Status readEntry() {
    std::string_view name;
    if (!readString(name, kMaxKeyBytes)) return truncated();
    std::string key(name);
    GgufValue value;
    if (!readType(value.type)) return malformed("The GGUF key \"" + key + "\" has a value type that does not exist.");
    if (value.type == GgufValueType::Array) {
      if (!readType(value.elementType)) return malformed("The GGUF array \"" + key + "\" has an element type that does not exist.");
      if (!read(value.count)) return truncated();
    }
    const uint64_t begin = m_position;
    const bool isArray = value.type == GgufValueType::Array;
    if (!skip(isArray ? value.elementType : value.type, value.count, 0)) {
      return malformed("The value of the GGUF key \"" + key + "\" reaches beyond the end of the file.");
    }
    value.data = m_file->m_bytes.sub(begin, m_position - begin);
    if (!m_file->m_values.emplace(key, value).second) return malformed("The GGUF key \"" + key + "\" stands in the file twice.");
    m_file->m_keys.push_back(std::move(key));
    return {};
  }

  Status readTensor() {
    GgufTensor tensor;
    std::string_view name;
    uint32_t dimensions = 0;
    if (!readString(name, kMaxTensorNameBytes)) return truncated();
    tensor.name = std::string(name);
    if (!read(dimensions)) return truncated();
    if (dimensions > 4)
      return malformed("The GGUF tensor \"" + tensor.name + "\" has " + std::to_string(dimensions) + " dimensions; four are the most.");
    uint64_t elements = 1;
    for (uint32_t i = 0; i < dimensions; ++i) {
      uint64_t size = 0;
      if (!read(size)) return truncated();
      if (__builtin_mul_overflow(elements, size, &elements) || elements > (uint64_t(1) << 60)) {
        return malformed("The GGUF tensor \"" + tensor.name + "\" has an impossible shape.");
      }
      if (size > (uint64_t(1) << 60)) return malformed("The GGUF tensor \"" + tensor.name + "\" has an impossible shape.");
      tensor.shape.insert(tensor.shape.begin(), static_cast<int64_t>(size)); // the file lists the contiguous axis first
    }
    if (!read(tensor.type) || !read(tensor.offset)) return truncated();
    const auto traits = ggmlTypeTraits(tensor.type);
    if (traits.name) {
      const uint64_t row = tensor.shape.empty() ? 1 : static_cast<uint64_t>(tensor.shape.back());
      if (row % traits.blockElements != 0) {
        return malformed("A row of the GGUF tensor \"" + tensor.name + "\" is not a whole number of " + traits.name + " blocks.");
      }
      tensor.bytes = elements / traits.blockElements * traits.blockBytes;
    }
    if (!m_file->m_tensorIndex.emplace(tensor.name, m_file->m_tensors.size()).second) {
      return malformed("The GGUF tensor \"" + tensor.name + "\" stands in the file twice.");
    }
    m_file->m_tensors.push_back(std::move(tensor));
    return {};
  }

  Status placeTensors() {
    uint64_t alignment = 32;
    if (m_file->find("general.alignment")) {
      const auto value = m_file->integer("general.alignment");
      if (!value || *value <= 0 || (*value & (*value - 1)) != 0 || static_cast<uint64_t>(*value) > kMaxAlignment) {
        return malformed("general.alignment of the GGUF file is not a power of two of sensible size.");
      }
      alignment = static_cast<uint64_t>(*value);
    }
    const uint64_t dataBegin = (m_position + alignment - 1) / alignment * alignment;
    for (auto &tensor : m_file->m_tensors) {
      if (tensor.offset % alignment != 0) return malformed("The GGUF tensor \"" + tensor.name + "\" is not aligned as the file says.");
      if (__builtin_add_overflow(tensor.offset, dataBegin, &tensor.offset)) {
        return malformed("The GGUF tensor \"" + tensor.name + "\" lies outside the file.");
      }
    }
    return {};
  }

  std::shared_ptr<GgufFile> m_file;
  uint64_t m_position = 0;
  uint64_t m_tensorCount = 0;
  uint64_t m_keyCount = 0;
};

Result<std::shared_ptr<const GgufFile>> GgufFile::open(const std::string &path) {
  ATTUNE_TRY(auto mapped, MappedFile::open(path));
  ATTUNE_TRY(auto file, parse(mapped->bytes(), path));
  std::const_pointer_cast<GgufFile>(file)->m_file = std::move(mapped);
  return file;
}

Result<std::shared_ptr<const GgufFile>> GgufFile::parse(ByteView bytes, const std::string &where) {
  return GgufParser(bytes, where).parse();
}

Status GgufFile::checkData() const {
  std::vector<size_t> order(m_tensors.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return m_tensors[a].offset < m_tensors[b].offset; });
  uint64_t end = 0;
  for (const size_t i : order) {
    const GgufTensor &tensor = m_tensors[i];
    if (!ggmlTypeTraits(tensor.type).name) {
      return Error{ErrorCode::UnsupportedFormat,
                   "The tensor \"" + tensor.name + "\" has the unknown GGUF type " + std::to_string(tensor.type) + ".", m_where,
                   "Use an F16, BF16, Q8_0 or Q4 file of the same model."};
    }
    if (!m_bytes.contains(tensor.offset, tensor.bytes)) {
      return Error{ErrorCode::MalformedFile,
                   "The tensor \"" + tensor.name + "\" reaches beyond the end of the file: the file is truncated.", m_where,
                   "Download or convert the file again."};
    }
    if (tensor.offset < end) {
      return Error{ErrorCode::MalformedFile, "The tensor \"" + tensor.name + "\" overlaps another one.", m_where,
                   "Download or convert the file again."};
    }
    end = tensor.offset + tensor.bytes;
  }
  return {};
}

const GgufTensor *GgufFile::findTensor(const std::string &name) const {
  const auto found = m_tensorIndex.find(name);
  return found == m_tensorIndex.end() ? nullptr : &m_tensors[found->second];
}

void GgufFile::release(const GgufTensor &tensor) const {
  if (m_file) m_file->release(tensor.offset, tensor.bytes);
}

const GgufValue *GgufFile::find(const std::string &key) const {
  const auto found = m_values.find(key);
  return found == m_values.end() ? nullptr : &found->second;
}

std::optional<std::string_view> GgufFile::text(const std::string &key) const {
  const GgufValue *value = find(key);
  if (!value || value->type != GgufValueType::String) return std::nullopt;
  return std::string_view(reinterpret_cast<const char *>(value->data.data) + 8, value->data.size - 8);
}

std::optional<int64_t> GgufFile::integer(const std::string &key) const {
  const GgufValue *value = find(key);
  if (!value) return std::nullopt;
  return decodeInteger(value->type, value->data.data);
}

std::optional<double> GgufFile::number(const std::string &key) const {
  const GgufValue *value = find(key);
  if (!value) return std::nullopt;
  return decodeNumber(value->type, value->data.data);
}

std::optional<bool> GgufFile::flag(const std::string &key) const {
  const GgufValue *value = find(key);
  if (!value || value->type != GgufValueType::Bool) return std::nullopt;
  return value->data.data[0] != 0;
}

std::optional<std::vector<std::string_view>> GgufFile::texts(const std::string &key) const {
  const GgufValue *value = find(key);
  if (!value || value->type != GgufValueType::Array || value->elementType != GgufValueType::String) return std::nullopt;
  std::vector<std::string_view> list;
  list.reserve(static_cast<size_t>(value->count)); // count <= bytes / 8, proven while parsing
  const uint8_t *data = value->data.data;
  for (uint64_t i = 0; i < value->count; ++i) {
    const auto length = static_cast<size_t>(load<uint64_t>(data));
    list.emplace_back(reinterpret_cast<const char *>(data) + 8, length);
    data += 8 + length;
  }
  return list;
}

template <typename T, typename Decode> static std::optional<std::vector<T>> decodeArray(const GgufValue *value, Decode decode) {
  if (!value || value->type != GgufValueType::Array) return std::nullopt;
  const uint64_t size = scalarBytes(value->elementType);
  if (size == 0) return std::nullopt;
  std::vector<T> list;
  list.reserve(static_cast<size_t>(value->count));
  for (uint64_t i = 0; i < value->count; ++i) {
    const auto element = decode(value->elementType, value->data.data + i * size);
    if (!element) return std::nullopt;
    list.push_back(*element);
  }
  return list;
}

std::optional<std::vector<int64_t>> GgufFile::integers(const std::string &key) const {
  return decodeArray<int64_t>(find(key), decodeInteger);
}

std::optional<std::vector<double>> GgufFile::numbers(const std::string &key) const { return decodeArray<double>(find(key), decodeNumber); }

} // namespace attune::io
