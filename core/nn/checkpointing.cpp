#include "core/nn/checkpointing.h"

#include "core/quant/dequant_scope.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <memory>

namespace attune::core {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct SegmentHolder : torch::CustomClassHolder {
  explicit SegmentHolder(Segment function) : segment(std::move(function)) {}
  Segment segment;
  std::shared_ptr<ActivationOffload> offload; // null: the input is among the saved tensors
  int64_t number = 0;                         // the input's, on the host
};

struct CheckpointFunction : torch::autograd::Function<CheckpointFunction> {
  // `inputs` is the segment's input followed by its parameters: autograd sees the parameters, so the output
  // requires grad whether or not the input does.
  static Tensor forward(AutogradContext *context, at::TensorList inputs, const Segment *segment,
                        const std::shared_ptr<ActivationOffload> *offload) {
    auto holder = c10::make_intrusive<SegmentHolder>(*segment);
    std::vector<Tensor> saved = inputs.vec();
    at::NoGradGuard noGrad;
    if (*offload) {
      holder->offload = *offload;
      holder->number = (*offload)->store(inputs[0]);
      saved[0] = Tensor();
    }
    context->save_for_backward(std::move(saved));
    context->saved_data["segment"] = c10::IValue::make_capsule(std::move(holder));
    return (*segment)(inputs[0], false);
  }

  static variable_list backward(AutogradContext *context, variable_list outputGradients) {
    variable_list saved = context->get_saved_variables();
    auto holder = context->saved_data["segment"].toCapsule();
    const auto &kept = static_cast<const SegmentHolder &>(*holder);
    const Segment &segment = kept.segment;
    const bool wantsInput = context->needs_input_grad(0);

    const DequantScope decodedOnce;
    at::AutoGradMode recordGradients(true);
    Tensor input = kept.offload ? kept.offload->take(kept.number) : saved[0].detach();
    input.set_requires_grad(wantsInput);
    Tensor output = segment(input, true);
    variable_list wanted;
    std::vector<size_t> slots;
    if (wantsInput) {
      wanted.push_back(input);
      slots.push_back(0);
    }
    for (size_t i = 1; i < saved.size(); ++i) {
      wanted.push_back(saved[i]);
      slots.push_back(i);
    }
    variable_list found = torch::autograd::grad({output}, wanted, {outputGradients[0]}, /*retain_graph=*/c10::nullopt,
                                                /*create_graph=*/false, /*allow_unused=*/true);
    variable_list gradients(saved.size() + 2);
    for (size_t i = 0; i < slots.size(); ++i) gradients[slots[i]] = found[i];
    return gradients;
  }
};

struct UnreadSumFunction : torch::autograd::Function<UnreadSumFunction> {
  static Tensor forward(AutogradContext *, const Tensor &x, const Tensor &) { return unread(x.sizes(), x.options()); }
  static variable_list backward(AutogradContext *, variable_list grads) { return {grads[0], grads[0]}; }
};

} // namespace

Tensor unread(at::IntArrayRef shape, const at::TensorOptions &options) { return at::empty({1}, options).expand(shape); }

Tensor unreadSum(const Tensor &x, const Tensor &y) { return UnreadSumFunction::apply(x, y); }

Tensor checkpointed(const Segment &segment, const Tensor &input, const std::vector<Tensor> &parameters,
                    const std::shared_ptr<ActivationOffload> &offload) {
  if (!at::GradMode::is_enabled()) return segment(input, false);
  std::vector<Tensor> inputs = {input};
  for (const Tensor &parameter : parameters)
    if (parameter.requires_grad()) inputs.push_back(parameter);
  if (inputs.size() == 1 && !input.requires_grad()) return segment(input, false);
  return CheckpointFunction::apply(at::TensorList(inputs), &segment, &offload);
}

} // namespace attune::core
