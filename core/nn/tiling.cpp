#include "core/nn/tiling.h"

#include "core/nn/checkpointing.h"
#include "core/quant/dequant_scope.h"

#include <algorithm>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace attune::core {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Tiles : torch::CustomClassHolder {
  Tiles(RowSegment function, int64_t count) : segment(std::move(function)), rows(count) {}
  /// Calls visit(first row, rows of this tile) for each.
  template <typename Visit> void each(int64_t all, Visit visit) const {
    for (int64_t first = 0; first < all; first += rows) visit(first, std::min(rows, all - first));
  }
  RowSegment segment;
  int64_t rows;
};

Tensor values(const Tiles &tiles, const Tensor &input) {
  if (input.size(0) <= tiles.rows) return tiles.segment(input, 0, false);
  Tensor out;
  tiles.each(input.size(0), [&](int64_t first, int64_t count) {
    const Tensor part = tiles.segment(input.narrow(0, first, count), first, false);
    if (!out.defined()) out = at::empty(input.sizes(), part.options());
    out.narrow(0, first, count).copy_(part);
  });
  return out;
}

struct TiledFunction : torch::autograd::Function<TiledFunction> {
  // As in checkpointing: the input and then its parameters, so that autograd sees them.
  static Tensor forward(AutogradContext *context, at::TensorList inputs, const c10::intrusive_ptr<Tiles> *tiles, bool again) {
    at::NoGradGuard noGrad;
    context->save_for_backward(inputs.vec());
    context->saved_data["tiles"] = c10::IValue::make_capsule(*tiles);
    return again ? unread(inputs[0].sizes(), inputs[0].options()) : values(**tiles, inputs[0]);
  }

  static variable_list backward(AutogradContext *context, variable_list outputGradients) {
    const variable_list saved = context->get_saved_variables();
    const auto holder = context->saved_data["tiles"].toCapsule();
    const auto &tiles = static_cast<const Tiles &>(*holder);
    const bool wantsInput = context->needs_input_grad(0);
    const DequantScope decodedOnce; // for all tiles
    variable_list gradients(saved.size() + 2);
    if (wantsInput) gradients[0] = at::empty(saved[0].sizes(), saved[0].options());
    tiles.each(saved[0].size(0), [&](int64_t first, int64_t count) {
      at::AutoGradMode recordGradients(true);
      const Tensor rows = saved[0].narrow(0, first, count).detach().set_requires_grad(wantsInput);
      variable_list wanted(saved.begin() + 1, saved.end());
      if (wantsInput) wanted.push_back(rows);
      const Tensor output = tiles.segment(rows, first, true);
      const variable_list found = torch::autograd::grad({output}, wanted, {outputGradients[0].narrow(0, first, count)},
                                                        /*retain_graph=*/c10::nullopt, /*create_graph=*/false, /*allow_unused=*/true);
      at::NoGradGuard noGrad;
      if (wantsInput) gradients[0].narrow(0, first, count).copy_(found.back());
      for (size_t i = 1; i < saved.size(); ++i) {
        const Tensor &part = found[i - 1];
        if (part.defined()) gradients[i] = gradients[i].defined() ? gradients[i].add_(part) : part;
      }
    });
    return gradients;
  }
};

} // namespace

Tensor tiled(const RowSegment &segment, const Tensor &input, const std::vector<Tensor> &parameters, int64_t tileRows, bool again) {
  const auto tiles = c10::make_intrusive<Tiles>(segment, tileRows);
  std::vector<Tensor> inputs = {input};
  for (const Tensor &parameter : parameters)
    if (parameter.requires_grad()) inputs.push_back(parameter);
  if (!at::GradMode::is_enabled() || (inputs.size() == 1 && !input.requires_grad())) return values(*tiles, input);
  return TiledFunction::apply(at::TensorList(inputs), &tiles, again);
}

} // namespace attune::core
