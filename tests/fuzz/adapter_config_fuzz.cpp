// An adapter_config.json of PEFT, with the patterns in it matched against module names.
#include "core/io/adapter_config.h"

#include <cstddef>
#include <cstdint>
#include <string>

using namespace attune::io;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const auto config = parseAdapterConfig(std::string(reinterpret_cast<const char *>(data), size), "fuzz.json");
  if (!config.ok()) return 0;
  if (config->lora.rank < 1 || config->lora.rank > kMaxAdapterRank) __builtin_trap();
  for (const char *module : {"model.layers.0.self_attn.q_proj", "model.layers.11.mlp.down_proj", "model.embed_tokens", "lm_head", "q"}) {
    const auto rank = config->rankOf(module);
    if (rank.ok() && (*rank < 1 || *rank > kMaxAdapterRank)) __builtin_trap();
    (void)config->alphaOf(module).ok();
    (void)config->promises(module).ok();
    (void)config->saves(module);
  }
  return 0;
}
