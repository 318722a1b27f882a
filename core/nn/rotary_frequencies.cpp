#include "core/nn/rotary_frequencies.h"

#include <ATen/ops/clamp.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <algorithm>
#include <c10/util/Exception.h>
#include <cmath>

namespace attune::core {

namespace {

constexpr double kTwoPi = 6.283185307179586;

/// Llama 3's rule: long wavelengths are slowed by the factor, short ones kept, those between blended.
Tensor llama3Frequencies(const Tensor &frequencies, const io::RopeConfig &rope) {
  const double context = static_cast<double>(rope.originalContext);
  const Tensor wavelength = frequencies.reciprocal().mul(kTwoPi);
  const Tensor slowed = frequencies.div(rope.factor);
  const Tensor smooth =
      wavelength.reciprocal().mul(context).sub(rope.lowFrequencyFactor).div(rope.highFrequencyFactor - rope.lowFrequencyFactor);
  const Tensor blended = smooth.neg().add(1.0).mul(slowed).add(smooth.mul(frequencies));
  const Tensor isLong = wavelength.gt(context / rope.lowFrequencyFactor);
  const Tensor isShort = wavelength.lt(context / rope.highFrequencyFactor);
  return at::where(isLong, slowed, at::where(isShort, frequencies, blended));
}

/// YaRN (Peng et al. 2023): slow dimensions interpolated, fast ones kept, a ramp between two numbers of turns.
Tensor yarnFrequencies(const Tensor &powers, int64_t dims, const io::RopeConfig &rope) {
  const auto dimensionOf = [&](double turns) {
    return static_cast<double>(dims) * std::log(static_cast<double>(rope.originalContext) / (turns * kTwoPi)) /
           (2.0 * std::log(rope.theta));
  };
  double low = dimensionOf(rope.betaFast), high = dimensionOf(rope.betaSlow);
  if (rope.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(dims - 1));
  if (low == high) high += 0.001;
  const Tensor ramp = at::clamp(at::arange(0, dims / 2, powers.options()).sub(low).div(high - low), 0, 1);
  const Tensor kept = ramp.neg().add(1.0);
  return powers.mul(rope.factor).reciprocal().mul(kept.neg().add(1.0)).add(powers.reciprocal().mul(kept));
}

/// The base that dynamic scaling gives a sequence of `length`; in float, as the reference reckons.
float dynamicBase(const io::RopeConfig &rope, int64_t dims, int64_t length) {
  const float ratio = static_cast<float>(rope.factor) * static_cast<float>(length) / static_cast<float>(rope.originalContext) -
                      static_cast<float>(rope.factor - 1.0);
  return static_cast<float>(rope.theta) * std::pow(ratio, static_cast<float>(static_cast<double>(dims) / static_cast<double>(dims - 2)));
}

} // namespace

int64_t rotaryVariant(const io::RopeConfig &rope, int64_t length) {
  if (length <= rope.originalContext) return 0;
  if (rope.scaling == "dynamic") return length;
  return rope.scaling == "longrope" ? 1 : 0;
}

Tensor rotaryFrequencies(const io::RopeConfig &rope, int64_t headDim, int64_t variant) {
  const int64_t dims = rope.rotaryDims > 0 ? rope.rotaryDims : headDim;
  // fp32 throughout, in the reference's order of operations: another order moves far positions by 1e-5.
  const auto options = at::TensorOptions().dtype(at::kFloat);
  const Tensor exponents = at::arange(0, dims, 2, options).div(static_cast<double>(dims));
  const double theta = rope.scaling == "dynamic" && variant > 0 ? static_cast<double>(dynamicBase(rope, dims, variant)) : rope.theta;
  const Tensor powers = at::pow(theta, exponents);
  if (rope.scaling == "linear") return powers.reciprocal().div(rope.factor);
  if (rope.scaling == "llama3") return llama3Frequencies(powers.reciprocal(), rope);
  if (rope.scaling == "yarn") return yarnFrequencies(powers, dims, rope);
  if (rope.scaling == "longrope") return at::tensor(variant > 0 ? rope.longDivisors : rope.divisors, options).mul(powers).reciprocal();
  if (rope.scaling == "divisors") return powers.reciprocal().div(at::tensor(rope.divisors, options));
  TORCH_CHECK(rope.scaling == "none" || rope.scaling == "default" || rope.scaling == "dynamic", "unsupported rope scaling ", rope.scaling);
  return powers.reciprocal();
}

} // namespace attune::core
