// The small Llama that transformers saved in NF4 (tests/data/quant), copied into a temporary folder with some of its tensors
// changed, dropped or taken from its dense original. Test code, one thread.
#pragma once

#include "core/io/safetensors.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace attune::test {

struct RawTensor {
  io::DType type = io::DType::U8;
  std::vector<int64_t> shape;
  std::string bytes;
};
using RawTensors = std::map<std::string, RawTensor>;

inline std::string quantData(const std::string &name) { return std::string(ATTUNE_SOURCE_DIR) + "/tests/data/quant/" + name; }

inline RawTensors readRaw(const std::string &path) {
  const auto file = io::SafetensorsFile::open(path);
  REQUIRE(file.ok());
  RawTensors tensors;
  for (const io::SafetensorsEntry &entry : (*file)->entries()) {
    const ByteView view = (*file)->bytes(entry);
    tensors[entry.name] = {*entry.type, entry.shape, std::string(reinterpret_cast<const char *>(view.data), view.size)};
  }
  return tensors;
}

inline void writeRaw(const std::string &path, const RawTensors &tensors) {
  std::vector<io::SafetensorsSpec> specs;
  for (const auto &[name, tensor] : tensors) specs.push_back({name, tensor.type, tensor.shape});
  auto writer = io::SafetensorsWriter::create(path, specs);
  REQUIRE(writer.ok());
  for (const auto &item : tensors)
    REQUIRE(writer->write({reinterpret_cast<const uint8_t *>(item.second.bytes.data()), item.second.bytes.size()}).ok());
  REQUIRE(writer->commit().ok());
}

/// The text of a quant_state as a tensor.
inline RawTensor stateOf(const std::string &json) { return {io::DType::U8, {static_cast<int64_t>(json.size())}, json}; }

inline void writeNf4Folder(const TempFolder &folder, const RawTensors &tensors, const std::string &config = "") {
  folder.write("config.json", config.empty() ? readFile(quantData("llama_nf4/config.json"), 1 << 20).value() : config);
  writeRaw(folder.path() + "/model.safetensors", tensors);
}

} // namespace attune::test
