// Number types proven by trial: a matrix product in each type, timed and compared with a double-precision one.
// What a device claims to support is not asked (core-facts §0.9). Job or main thread; takes some tenths of a second.
#pragma once

#include "core/nn/tensor.h"

#include <string>
#include <vector>

namespace attune::core {

struct DtypeTrial {
  std::string name;           // "fp32", "bf16", "fp16"
  bool usable = false;        // ran, and the error is what the type's precision allows
  double gflops = 0.0;        // of our own product path
  double relativeError = 0.0; // largest difference over the largest value, against float64
  std::string path;           // which kernel took it ("mkl", "onednn", ...), empty when unknown
  std::string problem;        // why it is not usable
};

const char *typeName(at::ScalarType type);
/// The largest error over the largest value that a product in this type may have.
double allowedError(at::ScalarType type);

/// One type on one device. [size, size] matrices; the best of a few repetitions.
DtypeTrial tryDtype(at::ScalarType type, int64_t size = 512, const at::Device &device = at::kCPU);

/// fp32, bf16 and fp16.
std::vector<DtypeTrial> probeDtypes(const at::Device &device = at::kCPU);

} // namespace attune::core
