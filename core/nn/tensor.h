// The one narrow door to libtorch for tensor code: Tensor plus the usual operators, without torch/torch.h
// (17 s a file). Add an ATen/ops header here when three files need it; else include it in the one that does.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

namespace attune {
using at::Tensor;
}
