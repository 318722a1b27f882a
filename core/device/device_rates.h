// How fast a device multiplies and moves memory: what the forecast of tokens a second is made from. Values, no tensors.
#pragma once

#include <optional>
#include <string>

namespace attune::core {

struct DeviceRates { // 0 = not known, or not to be had
  double fp32 = 0;   // FLOP a second of a large product, by type
  double bf16 = 0;
  double fp16 = 0;
  double memory = 0;   // bytes a second that a copy on the device reads and writes; on the CPU that our loops over fp32 rows do
  double hostLink = 0; // bytes a second from pinned host memory to the device; 0 on the CPU
};

/// One line, as it is remembered; nothing for a text that is not one.
std::string ratesText(const DeviceRates &rates);
std::optional<DeviceRates> parseRates(const std::string &text);

} // namespace attune::core
