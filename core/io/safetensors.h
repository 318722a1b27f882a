// The safetensors format: reading by memory map with every check of the reference parser, and a streaming atomic writer.
// Files are immutable and any thread may read; a writer belongs to one thread.
// MalformedFile for anything that contradicts itself, FileNotFound / IoFailed from the system.
#pragma once

#include "core/base/atomic_file.h"
#include "core/base/bytes.h"
#include "core/base/mapped_file.h"
#include "core/base/result.h"
#include "core/io/weight_source.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace attune::io {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;         // as written in the file, "BF16"
  std::optional<DType> type; // nothing for dtypes that exist but are not read here (F4, F8_E8M0, ...)
  std::vector<int64_t> shape;
  uint64_t offset = 0; // from the start of the file
  uint64_t bytes = 0;
};

class SafetensorsFile {
public:
  static Result<std::shared_ptr<const SafetensorsFile>> open(const std::string &path);
  /// The same from bytes that outlive the object; `where` names them in errors.
  static Result<std::shared_ptr<const SafetensorsFile>> parse(ByteView bytes, const std::string &where);

  const std::string &where() const { return m_where; }
  const std::vector<SafetensorsEntry> &entries() const { return m_entries; } // in file order of their data
  const std::map<std::string, std::string> &metadata() const { return m_metadata; }
  const SafetensorsEntry *find(const std::string &name) const; // null when absent
  ByteView bytes(const SafetensorsEntry &entry) const { return m_bytes.sub(entry.offset, entry.bytes); }
  void release(const SafetensorsEntry &entry) const;
  const std::shared_ptr<const MappedFile> &file() const { return m_file; } // null when parsed from bytes

private:
  SafetensorsFile() = default;
  Status parseHeader();

  std::shared_ptr<const MappedFile> m_file;
  ByteView m_bytes;
  std::string m_where;
  std::vector<SafetensorsEntry> m_entries;
  std::map<std::string, std::string> m_metadata;
  std::unordered_map<std::string, size_t> m_index;
};

/// What a tensor of a file to be written is called and how large it is.
struct SafetensorsSpec {
  std::string name;
  DType type = DType::F32;
  std::vector<int64_t> shape;
};

/// Writes header first, then tensors in the order of the specs, in pieces of any size; the file appears at commit().
class SafetensorsWriter {
public:
  static Result<SafetensorsWriter> create(const std::string &path, const std::vector<SafetensorsSpec> &specs,
                                          const std::map<std::string, std::string> &metadata = {{"format", "pt"}});
  /// The next bytes of the data part. Internal when more arrive than the specs announced.
  Status write(ByteView bytes);
  /// Internal when fewer bytes arrived than announced; otherwise the file is durable and in place.
  Status commit();

private:
  SafetensorsWriter(AtomicFile file, uint64_t remaining) : m_file(std::move(file)), m_remaining(remaining) {}
  AtomicFile m_file;
  uint64_t m_remaining;
};

/// Bytes of one element of a safetensors dtype; 0 for the block-quantised types of GGUF.
uint64_t elementBytes(DType type);

/// Turns `count` elements of F64, F32, F16 or BF16 into float32 (exact but for F64). False for other types.
bool convertToFloat(DType type, const uint8_t *data, uint64_t count, float *out);

} // namespace attune::io
