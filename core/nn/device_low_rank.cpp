#include "core/nn/device_low_rank.h"

#include "core/nn/device_program.h"

#include <algorithm>

namespace attune::core::device {

namespace {

constexpr size_t kMostPlaces = 4;
constexpr int64_t kMostElements = 0x7fff0000; // that the kernels count in 32 bits
constexpr int64_t kBlocks = 264;              // two for each multiprocessor of a large card

int narrow(int64_t value) { return static_cast<int>(value); }

int64_t parts(int64_t all, int64_t each) { return (all + each - 1) / each; }

/// 16-bit rows of whole 16-byte packs, at any distance, all of one type.
bool packedRows(std::initializer_list<const Tensor *> tensors) {
  const auto type = (*tensors.begin())->scalar_type();
  if (type != at::kBFloat16 && type != at::kHalf) return false;
  return std::all_of(tensors.begin(), tensors.end(), [&](const Tensor *tensor) {
    return tensor->is_cuda() && tensor->scalar_type() == type && tensor->dim() == 2 && tensor->numel() > 0 && tensor->stride(1) == 1 &&
           tensor->stride(0) % 8 == 0 && tensor->size(1) % 8 == 0 && reinterpret_cast<uintptr_t>(tensor->const_data_ptr()) % 16 == 0;
  });
}

struct AdapterPlaces { // as in the kernels' text
  struct {
    int row = 0, count = 0, rank = 0, ranks = 0;
    float scale = 0.0f;
  } of[kMostPlaces];
  int64_t elements = 0; // of all B's, unknown to the kernels
};

AdapterPlaces placesOf(const std::vector<AdapterPlace> &places) {
  AdapterPlaces result;
  for (size_t i = 0; i < places.size(); ++i) {
    const AdapterPlace &place = places[i];
    const int64_t count = place.rows * place.ranks;
    result.of[i] = {narrow(place.row), narrow(count), narrow(place.rank), narrow(place.ranks), static_cast<float>(place.scale)};
    result.elements += count;
  }
  return result;
}

struct Slices { // as in the kernels' text
  struct {
    int column = 0, width = 0, rank = 0, strip = 0;
  } of[kMostPlaces];
};

/// How many rows a block takes, in whole `unit`s, for about kBlocks blocks of all strips.
int64_t rowsEach(int64_t rows, int64_t strips, int64_t unit) {
  const int64_t wanted = std::clamp<int64_t>(kBlocks / strips, 1, parts(rows, 4 * unit));
  return parts(parts(rows, wanted), unit) * unit;
}

} // namespace

bool adapterGradients(const Tensor &gradA, const Tensor &gradB, const std::vector<AdapterPlace> &places, Tensor &gradients) {
  const DeviceCode *code = codeFor(gradA);
  if (!code || places.size() > kMostPlaces || gradB.scalar_type() != gradA.scalar_type() || !gradA.is_contiguous() ||
      !gradB.is_contiguous() || gradB.numel() > kMostElements)
    return false;
  const AdapterPlaces all = placesOf(places);
  const int64_t ofA = gradA.numel(), total = ofA + all.elements;
  if (total > kMostElements) return false;
  gradients = at::empty({total}, gradA.options().dtype(at::kFloat));
  return code->launch("adapterGradients", {blocksFor(total), kThreads}, read(gradA), read(gradB), gradients.data_ptr(), narrow(ofA),
                      narrow(total), narrow(gradB.size(1)), all);
}

bool adapterBackward(const Tensor &grad, const Tensor &x, const Tensor &reduced, const Tensor &scaledB,
                     const std::vector<AdapterPlace> &places, Tensor &back, Tensor &gradients) {
  if (places.empty() || places.size() > kMostPlaces || !packedRows({&grad, &x, &reduced, &scaledB})) return false;
  const int64_t rows = x.size(0), in = x.size(1), out = scaledB.size(1), all = scaledB.size(0), ranks = places[0].ranks;
  if (ranks % 8 != 0 || ranks > 32 || all > 64 || all != ranks * static_cast<int64_t>(places.size())) return false;
  const DeviceCode *sweep = codeFor(x, "SWEEP=" + std::to_string(ranks / 8)), *outer = codeFor(x, "OUTER=" + std::to_string(all / 8)),
                   *rest = codeFor(x);
  if (!sweep || !outer || !rest) return false;

  const int64_t stripWidth = ranks <= 16 ? 512 : 256; // 256 HALVES of the kernels' text
  int64_t strips = 0;
  Slices slices;
  AdapterPlaces split = placesOf(places);
  for (size_t i = 0; i < kMostPlaces; ++i) {
    slices.of[i].strip = narrow(strips);
    if (i >= places.size()) continue;
    const AdapterPlace &place = places[i];
    if (place.ranks != ranks || place.rank != static_cast<int64_t>(i) * ranks || place.row % 8 != 0 || place.rows % 8 != 0) return false;
    slices.of[i] = {narrow(place.row), narrow(place.rows), narrow(place.rank), narrow(strips)};
    split.of[i].rank = 0; // each column's sums are of its own adapter's ranks alone
    strips += parts(place.rows, stripWidth);
  }
  const int64_t ofA = all * in, total = ofA + split.elements;
  if (total > kMostElements || out * ranks > kMostElements) return false;

  const auto sums = x.options().dtype(at::kFloat);
  const int64_t each = rowsEach(rows, strips, 16), partsB = parts(rows, each);
  const Tensor backParts = at::empty({strips, rows, ranks}, sums), sumsB = at::empty({partsB, out, ranks}, sums);
  if (!sweep->launch("lowRankSweep", {strips * partsB, kThreads}, read(grad), read(scaledB), read(reduced), backParts.data_ptr(),
                     sumsB.data_ptr(), rows, out, grad.stride(0), scaledB.stride(0), reduced.stride(0), each, narrow(strips), slices))
    return false;
  back = at::empty({rows, all}, x.options());
  if (!sweep->launch("lowRankBack", {blocksFor(rows * all / 2), kThreads}, read(backParts), back.data_ptr(), rows, narrow(all),
                     narrow(strips), slices))
    return false;
  const int64_t stripsOfX = parts(in, all <= 32 ? 64 : 32), eachOfX = rowsEach(rows, stripsOfX, 128), partsA = parts(rows, eachOfX);
  const Tensor sumsA = at::empty({partsA, in, all}, sums);
  if (!outer->launch("lowRankOuter", {stripsOfX * partsA, kThreads}, read(x), read(back), sumsA.data_ptr(), rows, in, x.stride(0),
                     back.stride(0), eachOfX, narrow(stripsOfX)))
    return false;
  gradients = at::empty({total}, sums);
  return rest->launch("adapterSums", {blocksFor(total), kThreads}, read(sumsA), read(sumsB), gradients.data_ptr(), narrow(ofA),
                      narrow(total), narrow(in), narrow(all), narrow(ranks), narrow(partsA), narrow(partsB), out * ranks, split);
}

} // namespace attune::core::device
