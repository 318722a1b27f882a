// Our CPU loops over plain pointers, compiled three times (AVX-512, AVX2, baseline) and chosen once at run time.
// Each works on a range of rows in the calling thread; callers divide the rows (core/nn/kernels/parallel.h).
// Arithmetic is fp32 whatever the storage type. Strides count elements. Nothing here throws or allocates.
#pragma once

#include <cstdint>

namespace attune::core::kernels {

/// Storage of a bfloat16: the upper half of an fp32.
struct Bf16 {
  uint16_t bits;
};

/// Storage of an fp16.
struct Half {
  uint16_t bits;
};

enum class Gate { Silu, GeluTanh, Gelu };

struct NormShape {
  int64_t rows, width;
  float eps;
  bool roundFirst; // round the normalised value to the storage type before the weight (Llama's order)
};

struct RotaryShape {
  int64_t rows, heads, dim, pairs; // pairs = rotated dimensions / 2
  int64_t inRow, inHead, outRow, outHead;
  bool interleaved, inverse;
};

struct LowRankShape {
  int64_t rows, width, rank;
  int64_t wideRow, skinnyRow, factorRow; // strides of the [rows, width], [rows, rank] and [rank, width] operands
};

/// Loops whose tensors are stored as S.
template <class S> struct TypedKernels {
  /// sum = x + delta (delta may be null: then sum is not written), y = norm(sum) . weight, rstd [rows].
  void (*normForward)(const S *x, const S *delta, const float *weight, S *sum, S *y, float *rstd, const NormShape &shape);
  /// dx; gradSum may be null; dWeight [width] is added to, null = not wanted.
  void (*normBackward)(const S *gradY, const S *gradSum, const S *sum, const float *weight, const float *rstd, S *dx, float *dWeight,
                       const NormShape &shape);
  /// cos, sin [positions, pairs]; in may equal out.
  void (*rotate)(const S *in, S *out, const int64_t *positions, const float *cos, const float *sin, const RotaryShape &shape);
  /// gateUp [rows, 2 width] -> out [rows, width].
  void (*gateForward)(const S *gateUp, S *out, int64_t rows, int64_t width, Gate gate);
  void (*gateBackward)(const S *grad, const S *gateUp, S *dGateUp, int64_t rows, int64_t width, Gate gate);
  /// Sum of -log softmax(logits)[target]; with `gradient` logits become their gradients. Rows `vocab` apart.
  double (*crossEntropy)(S *logits, const int64_t *targets, int64_t rows, int64_t vocab, float softcap, bool gradient);
  /// c [rows, rank] = x . mᵀ.
  void (*lowRankReduce)(const S *x, const float *m, float *c, const LowRankShape &shape);
  /// y += c . m.
  void (*lowRankExpand)(S *y, const float *c, const float *m, const LowRankShape &shape);
  /// g [rank, width] += cᵀ . x; factorRow is g's stride.
  void (*lowRankGradient)(const float *c, const S *x, float *g, const LowRankShape &shape);
  /// y[n, o] = x[n] . w[o] for n < rows <= 4 and o in [0, outs); x rows `in` apart in fp32, y rows `outRow` apart.
  /// For 16-bit weights the even columns of a row of x come first, then the odd ones, then the last of an odd number.
  void (*smallProduct)(const float *x, const S *w, S *y, int64_t rows, int64_t in, int64_t outs, int64_t weightRow, int64_t outRow);
  /// Inverted dropout of `rows` rows, the first being row `firstRow` of its tensor; keys as in low_rank.cpp.
  void (*dropout)(const S *x, S *y, int64_t rows, int64_t width, int64_t inRow, int64_t firstRow, uint32_t key, uint32_t threshold,
                  float factor);
  void (*toFloat)(const S *in, float *out, int64_t count);
  void (*fromFloat)(const float *in, S *out, int64_t count);
  /// One query row of one key/value head: q [group, dim], keys and values rows `dim` apart, [begin, end) visible; out like q.
  /// scratch: group * (end - begin) floats. bias: per query head, times (key - last); null = none.
  void (*decodeHead)(const float *q, const S *keys, const S *values, float *out, float *scratch, int64_t group, int64_t dim, int64_t begin,
                     int64_t end, float scale, float softcap, const float *alibi);
  /// Weights [first, first + count) of an NF4 matrix laid out in one line; scales[0] is that of the block that `first` is in.
  void (*nf4Decode)(const uint8_t *packed, const float *scales, int64_t block, int64_t first, int64_t count, S *out);
  /// One row of int8 codes.
  void (*int8Decode)(const int8_t *codes, float scale, int64_t count, S *out);
};

/// Rules of one attention call, as the fp32 attention loops need them.
struct AttentionRules {
  float scale, softcap;
  int64_t window; // 0 = none
};

/// One head's rows of a segment. Rows are strided; keys start at position 0, queries at position `offset`.
struct AttentionHead {
  const float *q, *k, *v;
  int64_t qRow, kRow, vRow;
  int64_t queries, keys, offset, dim;
  float alibi;
};

struct AttentionKernels {
  int64_t (*packedFloats)(int64_t keys, int64_t dim);
  /// [keys, dim] -> blocks of transposed keys, zero padded: what `forward` and `backward` read.
  void (*packTransposed)(const float *in, int64_t row, int64_t keys, int64_t dim, float *packed);
  int64_t (*scratchFloats)(int64_t keys, int64_t dim, bool backward);
  /// Queries [begin, end) of a head: out (rows outRow apart) and lse. packedKeys from packTransposed(k).
  void (*forward)(const AttentionHead &head, const AttentionRules &rules, const float *packedKeys, int64_t begin, int64_t end, float *out,
                  int64_t outRow, float *lse, float *scratch);
  /// Queries [begin, end): writes dq, adds to dk, dv [keys, dim] (contiguous). delta[i] = sum of grad . out of query i.
  void (*backward)(const AttentionHead &head, const AttentionRules &rules, const float *packedKeys, const float *packedValues,
                   const float *grad, int64_t gradRow, const float *lse, const float *delta, int64_t begin, int64_t end, float *dq,
                   int64_t dqRow, float *dk, float *dv, float *scratch);
};

/// From fp32 weights to codes; false for values that are not finite.
struct QuantKernels {
  /// Blocks of 64 from an even place on: scales as they are, codes packed two a byte.
  bool (*nf4Encode)(const float *w, int64_t count, uint8_t *packed, float *scales);
  bool (*int8Encode)(const float *w, int64_t count, int8_t *codes, float *scale);
};

/// An 8-bit map of moments (core/quant/dynamic_map) as the loops read it. A cell is the upper half of a magnitude's bits; it has at
/// most one border between codes and holds, from its upper bits down: the border's lower half, the code of what is greater than
/// that, the code of the rest.
struct MomentMap {
  static constexpr int32_t kFirstCell = 0x3400, kLastCell = 0x3f80, kCells = kLastCell - kFirstCell + 1; // 2^-23 to 1
  uint32_t values[256];                                                                                  // fp32, by code
  uint32_t cells[2 * kCells]; // of values from 0 up, then of those below; what lies outside is taken for the nearest cell's
};

/// Factors of AdamW: moments become keep * moment + to * gradient (or its square); weights are multiplied by shrink, then
/// step * mean / (sqrt(square) / rootCorrection + eps) is added.
struct AdamWTerms {
  float keepMean, toMean, keepSquare, toSquare, rootCorrection, eps, shrink, step;
};

/// Weights are multiplied by shrink, then lose rate * gradient * byColumn * row.
struct FactoredTerms {
  float row, shrink, rate;
};

/// Loops of optimizers over tensors stored as S; fp32 in between.
template <class S> struct StoredUpdateKernels {
  /// out = in * factor.
  void (*read)(const S *in, float factor, float *out, int64_t count);
  /// Elements [first, first + count) of a tensor, rounded up or down by chance (core/train/stochastic_rounding).
  void (*roundByChance)(const float *in, S *out, int64_t count, int64_t first, uint64_t seed, uint64_t stream);
  double (*sumOfSquares)(const S *in, int64_t count);
};

struct UpdateKernels {
  StoredUpdateKernels<float> fp32;
  StoredUpdateKernels<Bf16> bf16;
  StoredUpdateKernels<Half> fp16;
  void (*decodeMoment)(const uint8_t *codes, float scale, const MomentMap &map, float *values, int64_t count);
  /// The nearest codes of a block's values over its scale, their greatest magnitude; as DynamicMap::encode to the bit.
  void (*encodeMoment)(const float *values, int64_t count, const MomentMap &map, uint8_t *codes, float *scale);
  void (*adamW)(float *weights, const float *gradient, float *mean, float *square, int64_t count, const AdamWTerms &by);
  /// Adds gradient^2 + least to columns and returns the sum of it.
  float (*addSquares)(const float *gradient, float least, float *columns, int64_t count);
  /// Of gradient * byColumn.
  double (*sumOfScaledSquares)(const float *gradient, const float *byColumn, int64_t count);
  void (*factored)(float *weights, const float *gradient, const float *byColumn, int64_t count, const FactoredTerms &by);
};

struct KernelSet {
  const char *name; // "avx512", "avx2", "baseline"
  TypedKernels<float> fp32;
  TypedKernels<Bf16> bf16;
  AttentionKernels attention;
  QuantKernels quant;
  UpdateKernels update;
};

/// Null where the compiler could not build that variant.
const KernelSet *avx512Kernels();
const KernelSet *avx2Kernels();
const KernelSet *baselineKernels();

/// The best set that this processor runs.
const KernelSet &kernelSet();

template <class S> const TypedKernels<S> &typedKernels();
template <> inline const TypedKernels<float> &typedKernels<float>() { return kernelSet().fp32; }
template <> inline const TypedKernels<Bf16> &typedKernels<Bf16>() { return kernelSet().bf16; }

} // namespace attune::core::kernels
