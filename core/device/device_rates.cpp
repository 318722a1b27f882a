#include "core/device/device_rates.h"

#include <cmath>
#include <locale>
#include <sstream>

namespace attune::core {

std::string ratesText(const DeviceRates &rates) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << rates.fp32 << ' ' << rates.bf16 << ' ' << rates.fp16 << ' ' << rates.memory << ' ' << rates.hostLink;
  return text.str();
}

std::optional<DeviceRates> parseRates(const std::string &text) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  DeviceRates rates;
  for (double *value : {&rates.fp32, &rates.bf16, &rates.fp16, &rates.memory, &rates.hostLink})
    if (!(stream >> *value) || !std::isfinite(*value) || *value < 0) return std::nullopt;
  return rates;
}

} // namespace attune::core
