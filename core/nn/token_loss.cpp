#include "core/nn/token_loss.h"

#include "core/nn/device_kernels.h"
#include "core/nn/head_product.h"
#include "core/nn/kernel_policy.h"
#include "core/nn/kernels/parallel.h"
#include "core/nn/loss_chunk.h"
#include "core/nn/matmul.h"

#include <ATen/ops/exp.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/max.h>
#include <ATen/ops/min.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/scatter_add.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tanh.h>
#include <algorithm>
#include <torch/csrc/autograd/custom_function.h>
#include <vector>

namespace attune::core {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

/// Sum of -log p(target) of a chunk; where wanted, `logits` becomes the gradient of that sum.
double plainChunk(Tensor logits, const Tensor &targets, double softcap, bool wantsGradient) {
  Tensor values = logits;
  Tensor slope;
  if (softcap > 0.0) {
    const Tensor t = logits.div(softcap).tanh();
    if (wantsGradient) slope = t.mul(t).neg().add(1.0);
    values = t.mul(softcap);
  }
  const Tensor index = targets.unsqueeze(1);
  const Tensor lse = at::logsumexp(values, {1}, true);
  const double loss = lse.sub(values.gather(1, index)).to(at::kDouble).sum().item<double>();
  if (wantsGradient) {
    Tensor gradient = values.sub(lse).exp_();
    gradient.scatter_add_(1, index, at::ones_like(index, gradient.options()).neg_());
    if (slope.defined()) gradient.mul_(slope);
    logits.copy_(gradient);
  }
  return loss;
}

/// The same by our loops where the logits are dense fp32 on the CPU.
double chunkLoss(Tensor logits, const Tensor &targets, double softcap, bool wantsGradient) {
  if (!usesOwnKernels(logits) || logits.scalar_type() != at::kFloat || !logits.is_contiguous()) {
    return plainChunk(logits, targets, softcap, wantsGradient);
  }
  const int64_t rows = logits.size(0), vocab = logits.size(1);
  const Tensor index = targets.contiguous();
  const auto *wanted = static_cast<const int64_t *>(index.data_ptr());
  std::vector<double> sums(static_cast<size_t>(rows)); // one a row, so that the total does not depend on the threads
  parallelRanges(rows, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, vocab)), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      sums[static_cast<size_t>(row)] = kernels::typedKernels<float>().crossEntropy(elements<float>(logits) + row * vocab, wanted + row, 1,
                                                                                   vocab, static_cast<float>(softcap), wantsGradient);
    }
  });
  double total = 0.0;
  for (const double value : sums) total += value;
  return total;
}

struct LossResult {
  Tensor loss;
  Tensor gradHidden;
  Tensor gradHead;
};

LossResult lossForward(const Tensor &hidden, const TokenTable &head, const Tensor &targets, const TokenLossOptions &options,
                       bool wantsHidden, bool wantsHead) {
  const auto type = computeType(hidden.scalar_type());
  const bool converts = head.dense().defined() && head.dense().scalar_type() != hidden.scalar_type();
  const TokenTable weight = converts ? TokenTable(head.dense().to(hidden.scalar_type())) : head;
  const int64_t rows = hidden.size(0), vocab = tokensOf(head);
  const int64_t chunk = std::max<int64_t>(
      1, std::min(options.chunk > 0 ? options.chunk : lossChunkRows(vocab, hidden.is_cuda(), head.quantised() != nullptr), rows));
  LossResult result;
  if (wantsHidden) result.gradHidden = at::empty(hidden.sizes(), hidden.options());
  if (wantsHead) result.gradHead = at::zeros(head.dense().sizes(), head.dense().options().dtype(type));
  // Our kernel reads the product's own type and computes in fp32.
  const bool byKernel = hidden.is_cuda() && !plainKernelsForced() && vocab * hidden.element_size() % 16 == 0 &&
                        device::problemWith(hidden.device(), hidden.scalar_type()).empty();
  Tensor buffer = at::empty({chunk, vocab}, hidden.options().dtype(byKernel ? hidden.scalar_type() : type));
  Tensor total; // what kernels have summed, still on the device: nothing waits for it
  double sum = 0.0;
  if (usesOwnKernels(hidden) && rows > 0) {
    // Our loop indexes by the target: one outside the vocabulary must not reach it.
    TORCH_CHECK_INDEX(targets.min().item<int64_t>() >= 0 && targets.max().item<int64_t>() < vocab, "target outside the vocabulary");
  }
  for (int64_t begin = 0; begin < rows; begin += chunk) {
    const int64_t count = std::min(chunk, rows - begin);
    const Tensor part = hidden.narrow(0, begin, count);
    Tensor logits = buffer.narrow(0, 0, count);
    headLogitsInto(logits, part, weight);
    const Tensor wanted = targets.narrow(0, begin, count);
    if (Tensor losses; byKernel && device::crossEntropy(logits, wanted, options.softcap, wantsHidden || wantsHead, losses)) {
      const Tensor added = losses.sum(at::kDouble);
      total = total.defined() ? total.add(added) : added;
    } else {
      sum += chunkLoss(logits, wanted, options.softcap, wantsHidden || wantsHead);
    }
    if (wantsHidden) headGradientInto(result.gradHidden.narrow(0, begin, count), logits, weight);
    if (wantsHead) accumulateOuter(result.gradHead, logits, part);
  }
  result.loss = total.defined() ? total.add(sum).to(type) : at::empty({}, hidden.options().dtype(type)).fill_(sum);
  return result;
}

struct TokenLossFunction : torch::autograd::Function<TokenLossFunction> {
  static Tensor forward(AutogradContext *ctx, const Tensor &hidden, const Tensor &dense, const Tensor &targets, const TokenTable *head,
                        const TokenLossOptions *options) {
    const bool wantsHead = dense.requires_grad();
    const auto result = lossForward(hidden, *head, targets, *options, hidden.requires_grad(), wantsHead);
    if (wantsHead) ctx->saved_data["headType"] = static_cast<int64_t>(dense.scalar_type());
    ctx->save_for_backward({result.gradHidden, result.gradHead});
    return result.loss;
  }

  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    variable_list result(5);
    // The product is small beside the head's matrix products; a copy keeps a second backward pass right.
    // In fp32, because fp16 may not hold the factor, which is a loss scale over the tokens.
    if (saved[0].defined()) {
      const bool half = saved[0].scalar_type() == at::kHalf;
      result[0] = half ? saved[0].to(at::kFloat).mul(grads[0]).to(at::kHalf) : saved[0].mul(grads[0]);
    }
    if (saved[1].defined()) {
      result[1] = saved[1].mul(grads[0]).to(static_cast<at::ScalarType>(ctx->saved_data["headType"].toInt()));
    }
    return result;
  }
};

} // namespace

Tensor linearCrossEntropySum(const Tensor &hidden, const TokenTable &head, const Tensor &targets, const TokenLossOptions &options) {
  if (!at::GradMode::is_enabled()) return lossForward(hidden, head, targets, options, false, false).loss;
  static const Tensor none = at::empty({0}); // autograd wants a tensor in the place of a quantised head
  return TokenLossFunction::apply(hidden, head.quantised() ? none : head.dense(), targets, &head, &options);
}

} // namespace attune::core
