// A start-up self-test: the products of a model's own matrices, compared with double-precision ones on the host. Libraries on
// accelerators pick a kernel by shape, and some are silently wrong (core-facts §0.10). Job thread; tenths of a second.
#pragma once

#include "core/io/model_config.h"
#include "core/nn/tensor.h"

#include <functional>
#include <string>
#include <vector>

namespace attune::core {

struct ProductShape {
  int64_t inputs = 0, outputs = 0; // of a weight [outputs, inputs]
};

/// The distinct matrices of a model, its head included.
std::vector<ProductShape> productShapes(const io::ModelConfig &model);

/// How products are computed; tests put wrong ones here.
struct ProductFunctions {
  std::function<Tensor(const Tensor &x, const Tensor &weight)> forward;     // x . weightᵀ
  std::function<Tensor(const Tensor &grad, const Tensor &weight)> backward; // grad . weight
  static ProductFunctions own();
};

/// Why products of `rows` rows with these matrices cannot be trusted in this type; empty = they are right. Every value is asked to
/// be finite and a sample of them to be exact within the type. A matrix that the device has no room for is left out.
std::string problemWithProducts(const std::vector<ProductShape> &shapes, int64_t rows, at::ScalarType type, const at::Device &device,
                                const ProductFunctions &functions = ProductFunctions::own());

} // namespace attune::core
