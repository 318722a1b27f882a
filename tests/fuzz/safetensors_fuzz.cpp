// safetensors files, and the same bytes as a shard index, a config.json and a generation_config.json.
#include "core/io/generation_defaults.h"
#include "core/io/hf_folder.h"
#include "core/io/safetensors.h"

#include <cstddef>
#include <cstdint>
#include <string>

using namespace attune;
using namespace attune::io;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const auto parsed = SafetensorsFile::parse({data, size}, "fuzz.safetensors");
  if (parsed.ok()) {
    uint64_t sum = 0;
    for (const SafetensorsEntry &entry : (*parsed)->entries()) {
      const ByteView bytes = (*parsed)->bytes(entry);
      for (size_t i = 0; i < bytes.size; ++i) sum += bytes.data[i];
      if ((*parsed)->find(entry.name) != &entry) __builtin_trap();
    }
    volatile uint64_t sink = sum;
    (void)sink;
  }
  const std::string text(reinterpret_cast<const char *>(data), size);
  const auto index = parseShardIndex(text, "fuzz.json");
  if (index.ok()) {
    for (const auto &place : *index) { // a shard may lie in a folder inside the model's, never outside
      const std::string path = "/" + place.second + "/";
      for (const char *step : {"/../", "/./", "//"})
        if (path.find(step) != std::string::npos) __builtin_trap();
    }
  }
  (void)parseModelConfig(text, "fuzz.json").ok();
  (void)parseGenerationConfig(text, "fuzz.json").ok();
  return 0;
}
