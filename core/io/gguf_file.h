// A GGUF file (versions 2 and 3, little-endian): metadata and tensor directory over a read-only map.
// Any thread may read. Returned views point into the map and live as long as the GgufFile.
// open() fails with FileNotFound, MalformedFile (truncated, hostile lengths, duplicate names) or UnsupportedFormat.
#pragma once

#include "core/base/bytes.h"
#include "core/base/mapped_file.h"
#include "core/base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace attune::io {

/// Value types of the metadata, numbered as in the file.
enum class GgufValueType : uint32_t { U8, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64 };

struct GgufValue {
  GgufValueType type = GgufValueType::U8;
  GgufValueType elementType = GgufValueType::U8; // of an array
  uint64_t count = 1;                            // elements of an array
  ByteView data;                                 // the encoded value; of an array, its elements
};

struct GgufTensor {
  std::string name;
  std::vector<int64_t> shape; // torch order: the contiguous axis is last
  uint32_t type = 0;          // ggml type number
  uint64_t offset = 0;        // from the start of the file
  uint64_t bytes = 0;         // 0 when the type is unknown
};

/// Name, elements and bytes of a block of a ggml type; name null for a type this version does not know.
struct GgmlTypeTraits {
  const char *name = nullptr;
  uint32_t blockElements = 0;
  uint32_t blockBytes = 0;
};
GgmlTypeTraits ggmlTypeTraits(uint32_t type);

class GgufFile {
public:
  /// Reads the header only: metadata and tensor directory. The tensor data may be absent (see checkData()).
  static Result<std::shared_ptr<const GgufFile>> open(const std::string &path);
  /// The same from bytes that outlive the object; `where` names them in errors.
  static Result<std::shared_ptr<const GgufFile>> parse(ByteView bytes, const std::string &where);

  /// MalformedFile unless every tensor lies inside the file and none overlap; UnsupportedFormat for unknown types.
  Status checkData() const;

  uint32_t version() const { return m_version; }
  const std::string &where() const { return m_where; }
  const std::vector<GgufTensor> &tensors() const { return m_tensors; }
  const GgufTensor *findTensor(const std::string &name) const; // null when absent
  /// The stored bytes; call only after checkData() succeeded.
  ByteView tensorBytes(const GgufTensor &tensor) const { return m_bytes.sub(tensor.offset, tensor.bytes); }
  void release(const GgufTensor &tensor) const;

  /// Keys in file order.
  const std::vector<std::string> &keys() const { return m_keys; }
  const GgufValue *find(const std::string &key) const; // null when absent

  // Typed reads: nothing when the key is absent or of another type. Integers of any width that fit into int64,
  // floats of both widths (and integers) as double.
  std::optional<std::string_view> text(const std::string &key) const;
  std::optional<int64_t> integer(const std::string &key) const;
  std::optional<double> number(const std::string &key) const;
  std::optional<bool> flag(const std::string &key) const;
  std::optional<std::vector<std::string_view>> texts(const std::string &key) const;
  std::optional<std::vector<int64_t>> integers(const std::string &key) const;
  std::optional<std::vector<double>> numbers(const std::string &key) const;

private:
  GgufFile() = default;
  friend class GgufParser;

  std::shared_ptr<MappedFile> m_file; // null when parsed from bytes
  ByteView m_bytes;
  std::string m_where;
  uint32_t m_version = 0;
  std::vector<std::string> m_keys;
  std::unordered_map<std::string, GgufValue> m_values;
  std::vector<GgufTensor> m_tensors;
  std::unordered_map<std::string, size_t> m_tensorIndex;
};

} // namespace attune::io
