#include "core/nn/master_weight.h"

#include <torch/csrc/autograd/custom_function.h>

namespace attune::core {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct MasterFunction : torch::autograd::Function<MasterFunction> {
  static Tensor forward(AutogradContext *, const Tensor &, const Tensor *copy) { return copy->detach(); }

  static variable_list backward(AutogradContext *, variable_list gradients) {
    return {gradients[0].defined() ? gradients[0].to(at::kFloat) : Tensor(), Tensor()};
  }
};

} // namespace

Tensor throughMaster(const Tensor &master, const Tensor &copy) {
  if (!master.requires_grad() || !at::GradMode::is_enabled()) return copy;
  return MasterFunction::apply(master, &copy);
}

} // namespace attune::core
