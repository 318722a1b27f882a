#include "core/nn/kernels/parallel.h"
#include "core/quant/dynamic_map.h"
#include "core/train/adamw.h"
#include "core/train/host_slot.h"

#include <ATen/TensorOperators.h>

namespace attune::core {

namespace {

constexpr int64_t kBlock = 256;     // moments that share a scale
constexpr int64_t kSmallest = 4096; // elements of a tensor whose moments are worth 8 bits

bool inEightBits(const NamedParameter &parameter) { return !parameter.embedding && parameter.tensor.numel() >= kSmallest; }

/// The codes of [offset, offset + length) of a moment and their scales; `offset` is a multiple of the block.
struct CodedSlice {
  Tensor codes, scales;
  CodedSlice(const Tensor &allCodes, const Tensor &allScales, int64_t offset, int64_t length, int64_t block)
      : codes(allCodes.view({-1}).narrow(0, offset, length)), scales(allScales.narrow(0, offset / kBlock, length / block)) {}
  void take(const std::pair<Tensor, Tensor> &encoded) {
    codes.copy_(encoded.first);
    scales.copy_(encoded.second);
  }
};

} // namespace

std::vector<StateSpec> AdamW8bit::stateOf(const NamedParameter &parameter) const {
  if (!inEightBits(parameter)) return AdamW::stateOf(parameter);
  const std::vector<int64_t> shape = parameter.tensor.sizes().vec();
  const std::vector<int64_t> blocks = {(parameter.tensor.numel() + kBlock - 1) / kBlock};
  return {{"exp_avg.codes", at::kByte, shape, false},
          {"exp_avg.scales", at::kFloat, blocks, false},
          {"exp_avg_sq.codes", at::kByte, shape, false},
          {"exp_avg_sq.scales", at::kFloat, blocks, false}};
}

void AdamW8bit::update(const std::vector<UpdateSlot *> &slots, const UpdateTerms &terms, UpdateProgress &progress) const {
  std::vector<UpdateSlot *> small;
  for (UpdateSlot *slot : slots) {
    if (!inEightBits(slot->parameter))
      small.push_back(slot);
    else if (HostSlot::serves(*slot))
      progress.once([&] { updateOnHost(*slot, terms); });
    else
      updateSlot(*slot, terms, progress);
  }
  AdamW::update(small, terms, progress);
}

void AdamW8bit::updateSlot(UpdateSlot &slot, const UpdateTerms &terms, UpdateProgress &progress) const {
  const Corrections by = corrections(terms.updates);
  const DynamicMap &signedMap = DynamicMap::signedMap(), &unsignedMap = DynamicMap::unsignedMap();
  const auto run = [&](int64_t offset, int64_t length, int64_t block) {
    CodedSlice means(slot.state[0], slot.state[1], offset, length, block), squares(slot.state[2], slot.state[3], offset, length, block);
    const Tensor gradient = wideGradient(slot, terms, offset, length).view({-1, block});
    const Tensor mean = signedMap.decode(means.codes, means.scales).mul_(m_options.beta1).add_(gradient, 1.0 - m_options.beta1);
    const Tensor square =
        unsignedMap.decode(squares.codes, squares.scales).mul_(m_options.beta2).addcmul_(gradient, gradient, 1.0 - m_options.beta2);
    const auto codedMean = signedMap.encode(mean), codedSquare = unsignedMap.encode(square);
    const Tensor denominator = square.sqrt().div_(by.square).add_(m_options.eps);
    WideSlice weights(slot, terms, offset, length);
    if (terms.decay != 0.0) weights.values().mul_(1.0 - terms.lr * terms.decay);
    weights.values().view({-1, block}).addcdiv_(mean, denominator, -(terms.lr / by.mean));
    weights.store();
    means.take(codedMean);
    squares.take(codedSquare);
  };
  forSlices(slot.parameter.tensor.numel(), sliceOf(slot.parameter.tensor), [&](int64_t offset, int64_t length) {
    const int64_t whole = length / kBlock * kBlock;
    if (whole > 0) progress.once([&] { run(offset, whole, kBlock); });
    if (whole < length) progress.once([&] { run(offset + whole, length - whole, length - whole); }); // the last, shorter block
  });
}

void AdamW8bit::updateOnHost(UpdateSlot &slot, const UpdateTerms &terms) const {
  const Corrections by = corrections(terms.updates);
  const kernels::AdamWTerms factors{static_cast<float>(m_options.beta1),
                                    static_cast<float>(1.0 - m_options.beta1),
                                    static_cast<float>(m_options.beta2),
                                    static_cast<float>(1.0 - m_options.beta2),
                                    static_cast<float>(by.square),
                                    static_cast<float>(m_options.eps),
                                    static_cast<float>(1.0 - terms.lr * terms.decay),
                                    static_cast<float>(-(terms.lr / by.mean))};
  const kernels::MomentMap &means = DynamicMap::signedMap().tables(), &squares = DynamicMap::unsignedMap().tables();
  const kernels::UpdateKernels &loops = kernels::kernelSet().update;
  const HostSlot host(slot, terms);
  auto *meanCodes = slot.state[0].data_ptr<uint8_t>(), *squareCodes = slot.state[2].data_ptr<uint8_t>();
  float *meanScales = slot.state[1].data_ptr<float>(), *squareScales = slot.state[3].data_ptr<float>();
  const int64_t elements = slot.parameter.tensor.numel();
  parallelRanges(slot.state[1].numel(), 16, [&](int64_t begin, int64_t end) {
    alignas(64) float weights[kBlock], gradient[kBlock], mean[kBlock], square[kBlock];
    for (int64_t block = begin; block < end; ++block) {
      const int64_t offset = block * kBlock, count = std::min(kBlock, elements - offset);
      host.readWeights(offset, count, weights);
      host.readGradient(offset, count, gradient);
      loops.decodeMoment(meanCodes + offset, meanScales[block], means, mean, count);
      loops.decodeMoment(squareCodes + offset, squareScales[block], squares, square, count);
      loops.adamW(weights, gradient, mean, square, count, factors);
      loops.encodeMoment(mean, count, means, meanCodes + offset, meanScales + block);
      loops.encodeMoment(square, count, squares, squareCodes + offset, squareScales + block);
      host.writeWeights(weights, offset, count);
    }
  });
}

} // namespace attune::core
