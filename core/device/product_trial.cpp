#include "core/device/product_trial.h"

#include "core/device/probe.h"
#include "core/device/torch_guard.h"
#include "core/nn/linear.h"

#include <ATen/ops/isfinite.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/tensor.h>
#include <algorithm>
#include <cmath>
#include <cstdio>

namespace attune::core {

namespace {

/// A matrix whose every row is a stretch of one series of numbers, so that the host knows it without holding it.
struct SeriesMatrix {
  static constexpr int64_t kStride = 3;

  SeriesMatrix(int64_t rowCount, int64_t columnCount, uint32_t salt, at::ScalarType type) : rows(rowCount), columns(columnCount) {
    series = at::empty({rows * kStride + columns}, at::kFloat);
    auto *values = series.data_ptr<float>();
    for (int64_t i = 0; i < series.numel(); ++i) {
      uint32_t mixed = (static_cast<uint32_t>(i) + salt) * 0x9E3779B9u;
      mixed = (mixed ^ (mixed >> 15)) * 0x85EBCA6Bu;
      values[i] = static_cast<float>(mixed >> 16) / 32768.0f - 1.0f; // [-1, 1)
    }
    series = series.to(type);
  }
  Tensor on(const at::Device &device) const { return series.to(device).as_strided({rows, columns}, {kStride, 1}).contiguous(); }
  Tensor exactRows(const std::vector<int64_t> &which) const { return picked(which, columns, kStride, 1); }
  Tensor exactColumns(const std::vector<int64_t> &which) const { return picked(which, rows, 1, kStride); }

  int64_t rows, columns;
  Tensor series;

private:
  /// [which, length] in double.
  Tensor picked(const std::vector<int64_t> &which, int64_t length, int64_t apart, int64_t step) const {
    Tensor result = at::empty({static_cast<int64_t>(which.size()), length}, at::kDouble);
    for (size_t i = 0; i < which.size(); ++i) result[static_cast<int64_t>(i)].copy_(series.as_strided({length}, {step}, which[i] * apart));
    return result;
  }
};

/// `count` places of [0, size), the first and the last among them.
std::vector<int64_t> spread(int64_t size, int64_t count) {
  std::vector<int64_t> places;
  for (int64_t i = 0; i < std::min(size, count); ++i) places.push_back(size <= count ? i : i * (size - 1) / (count - 1));
  return places;
}

/// What is wrong with `actual`, of which the given rows and columns should be `exact`, sums of `depth` products.
std::string judge(const Tensor &actual, const Tensor &exact, const std::vector<int64_t> &rows, const std::vector<int64_t> &columns,
                  at::ScalarType type, int64_t depth) {
  if (!at::isfinite(actual).all().item<bool>()) return "it has values that are not numbers";
  const auto index = [&](const std::vector<int64_t> &places) { return at::tensor(places, at::kLong).to(actual.device()); };
  const Tensor sample = actual.index_select(0, index(rows)).index_select(1, index(columns)).cpu().to(at::kDouble);
  const double error = sample.sub(exact).abs().max().item<double>() / exact.abs().max().item<double>();
  constexpr double kDepth = 4096; // up to here rounding of the sums is a small part of what is allowed
  if (error <= allowedError(type) * std::max(1.0, std::sqrt(static_cast<double>(depth) / kDepth))) return {};
  char text[64];
  std::snprintf(text, sizeof text, "its relative error is %.1e", error);
  return text;
}

std::string problemWith(const ProductShape &shape, int64_t rows, at::ScalarType type, const at::Device &device,
                        const ProductFunctions &functions) {
  const SeriesMatrix weight(shape.outputs, shape.inputs, 1, type), x(rows, shape.inputs, 77, type), grad(rows, shape.outputs, 991, type);
  const std::vector<int64_t> some = spread(rows, 8), outputs = spread(shape.outputs, 32), inputs = spread(shape.inputs, 32);
  const Tensor onDevice = weight.on(device);
  const std::string forward = judge(functions.forward(x.on(device), onDevice), at::mm(x.exactRows(some), weight.exactRows(outputs).t()),
                                    some, outputs, type, shape.inputs);
  if (!forward.empty()) return forward;
  return judge(functions.backward(grad.on(device), onDevice), at::mm(grad.exactRows(some), weight.exactColumns(inputs).t()), some, inputs,
               type, shape.outputs);
}

} // namespace

ProductFunctions ProductFunctions::own() { return {matmulTransposed, matmulPlain}; }

std::vector<ProductShape> productShapes(const io::ModelConfig &m) {
  std::vector<ProductShape> shapes;
  for (const ProductShape shape :
       {ProductShape{m.hidden, m.qRows() + 2 * m.kvRows()}, ProductShape{m.qRows(), m.hidden}, ProductShape{m.hidden, 2 * m.intermediate},
        ProductShape{m.intermediate, m.hidden}, ProductShape{m.hidden, m.vocab}}) {
    const auto same = [&](const ProductShape &s) { return s.inputs == shape.inputs && s.outputs == shape.outputs; };
    if (std::none_of(shapes.begin(), shapes.end(), same)) shapes.push_back(shape);
  }
  return shapes;
}

std::string problemWithProducts(const std::vector<ProductShape> &shapes, int64_t rows, at::ScalarType type, const at::Device &device,
                                const ProductFunctions &functions) {
  const at::NoGradGuard noGradients;
  for (const ProductShape &shape : shapes) {
    const Result<std::string> problem = guarded("A trial product", [&] { return problemWith(shape, rows, type, device, functions); });
    if (!problem.ok() && problem.error().code == ErrorCode::OutOfMemory) continue;
    const std::string what = problem.ok() ? *problem : problem.error().message;
    if (!what.empty())
      return "The product of " + std::to_string(rows) + " rows with a " + std::to_string(shape.outputs) + " x " +
             std::to_string(shape.inputs) + " matrix is wrong in " + typeName(type) + ": " + what;
  }
  return {};
}

} // namespace attune::core
