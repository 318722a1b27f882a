// Measures a device's rates, once a device (and number of threads) and about a second, then remembered by trial_memory.
// Any thread; a rate that cannot be measured is 0.
#pragma once

#include "core/device/device_rates.h"
#include "core/nn/tensor.h"

namespace attune::core {

DeviceRates measureRates(const at::Device &device);

/// What is remembered of this device with so many threads, else measured now.
DeviceRates deviceRates(const at::Device &device, int64_t threads);

} // namespace attune::core
