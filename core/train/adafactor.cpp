#include "core/train/adafactor.h"

#include "core/train/factored_on_host.h"

#include <ATen/TensorOperators.h>

#include <cmath>
#include <optional>

namespace attune::core {

namespace {

constexpr double kLeastSquare = 1e-30; // added to the gradient's squares
constexpr double kDecayPower = -0.8;

/// 1 / max(1, root mean square) of an update of `count` elements.
double clipping(double squares, int64_t count) { return 1.0 / std::max(1.0, std::sqrt(squares / static_cast<double>(count))); }

double sumOfSquares(const Tensor &x) { return x.mul(x).sum(at::kDouble).item<double>(); }

/// weights shrink, then take away `update`.
void apply(WideSlice &weights, const Tensor &update, const UpdateTerms &terms, double factor) {
  if (terms.decay != 0.0) weights.values().mul_(1.0 - terms.lr * terms.decay);
  weights.values().sub_(update.view_as(weights.values()), terms.lr * factor);
  weights.store();
}

std::vector<int64_t> partsOf(const NamedParameter &parameter) {
  return parameter.parts.empty() ? std::vector<int64_t>{parameter.tensor.size(0)} : parameter.parts;
}

} // namespace

std::vector<StateSpec> Adafactor::stateOf(const NamedParameter &parameter) const {
  const Tensor &tensor = parameter.tensor;
  if (tensor.dim() != 2) return {{"exp_avg_sq", at::kFloat, tensor.sizes().vec(), false}};
  return {{"exp_avg_sq_row", at::kFloat, {tensor.size(0)}, false},
          {"exp_avg_sq_col", at::kFloat, {static_cast<int64_t>(partsOf(parameter).size()), tensor.size(1)}, false}};
}

void Adafactor::update(const std::vector<UpdateSlot *> &slots, const UpdateTerms &terms, UpdateProgress &progress) const {
  const double keep = 1.0 - std::pow(static_cast<double>(terms.updates), kDecayPower);
  for (UpdateSlot *slot : slots) {
    Part part{0, 0, 0};
    for (const int64_t rows : partsOf(slot->parameter)) {
      part.end = part.begin + rows;
      if (slot->parameter.tensor.dim() == 2)
        updateMatrix(*slot, terms, keep, part, progress);
      else
        progress.once([&] { updateVector(*slot, terms, keep, part); });
      part = {part.number + 1, part.end, part.end};
    }
  }
}

void Adafactor::updateVector(UpdateSlot &slot, const UpdateTerms &terms, double keep, const Part &part) {
  const int64_t count = part.end - part.begin;
  const Tensor gradient = wideGradient(slot, terms, part.begin, count), square = slot.state[0].narrow(0, part.begin, count);
  const Tensor squares = square.mul(keep).add_(gradient.mul(gradient).add_(kLeastSquare), 1.0 - keep);
  const Tensor update = squares.rsqrt().mul_(gradient);
  const double factor = clipping(sumOfSquares(update), count);
  WideSlice weights(slot, terms, part.begin, count);
  apply(weights, update, terms, factor);
  square.copy_(squares);
}

void Adafactor::updateMatrix(UpdateSlot &slot, const UpdateTerms &terms, double keep, const Part &part, UpdateProgress &progress) {
  const int64_t columns = slot.parameter.tensor.size(1), rows = part.end - part.begin;
  const Tensor row = slot.state[0].narrow(0, part.begin, rows), column = slot.state[1].select(0, part.number);
  const int64_t step = std::max<int64_t>(1, sliceOf(row) / columns);
  const auto gradient = [&](int64_t first, int64_t count) {
    return wideGradient(slot, terms, (part.begin + first) * columns, count * columns).view({count, columns});
  };
  std::optional<FactoredOnHost> host;
  if (HostSlot::serves(slot)) host.emplace(slot, terms, part.begin, rows);
  // Three passes over the gradient in blocks of rows: the moments, the size of the update, the update.
  const auto meanSquares = [&]() -> std::pair<Tensor, Tensor> {
    if (host) return host->meanSquares(kLeastSquare);
    Tensor rowMeans = at::empty({rows}, row.options()), columnSums = at::zeros({columns}, row.options());
    forSlices(rows, step, [&](int64_t first, int64_t count) {
      const Tensor g = gradient(first, count), squares = g.mul(g).add_(kLeastSquare);
      rowMeans.narrow(0, first, count).copy_(squares.mean(1));
      columnSums.add_(squares.sum(0));
    });
    return {rowMeans, columnSums.div_(static_cast<double>(rows))};
  };
  progress.once([&] {
    const auto [rowMeans, columnMeans] = meanSquares();
    row.mul_(keep).add_(rowMeans, 1.0 - keep);
    column.mul_(keep).add_(columnMeans, 1.0 - keep);
  });
  const Tensor byRow = row.div(row.mean()).rsqrt_(), byColumn = column.rsqrt();
  const auto update = [&](int64_t first, int64_t count) {
    return gradient(first, count).mul(byColumn.unsqueeze(0)).mul_(byRow.narrow(0, first, count).unsqueeze(1));
  };
  double squares = 0.0;
  if (host)
    squares = host->sumOfSquares(byRow, byColumn);
  else
    forSlices(rows, step, [&](int64_t first, int64_t count) { squares += sumOfSquares(update(first, count)); });
  const double factor = clipping(squares, rows * columns);
  if (host) return progress.once([&] { host->update(byRow, byColumn, 1.0 - terms.lr * terms.decay, terms.lr * factor); });
  forSlices(rows, step, [&](int64_t first, int64_t count) {
    progress.once([&] {
      const Tensor change = update(first, count).view({-1});
      WideSlice weights(slot, terms, (part.begin + first) * columns, count * columns);
      apply(weights, change, terms, factor);
    });
  });
}

void Sgd::update(const std::vector<UpdateSlot *> &slots, const UpdateTerms &terms, UpdateProgress &progress) const {
  for (UpdateSlot *slot : slots) {
    const Tensor &tensor = slot->parameter.tensor;
    forSlices(tensor.numel(), sliceOf(tensor), [&](int64_t offset, int64_t length) {
      progress.once([&] {
        const Tensor change = wideGradient(*slot, terms, offset, length);
        WideSlice weights(*slot, terms, offset, length);
        apply(weights, change, terms, 1.0);
      });
    });
  }
}

} // namespace attune::core
