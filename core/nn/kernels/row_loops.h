// Row-wise loops: norms, rotation, gated activation, softmax of the loss, dropout, conversion. Part of the kernel files.
#pragma once

#include "core/nn/kernels/simd.h"

namespace attune::core::kernels::ATTUNE_ISA {

template <class S> void normForward(const S *x, const S *delta, const float *weight, S *sumOut, S *y, float *rstd, const NormShape &shape) {
  const int64_t width = shape.width;
  for (int64_t row = 0; row < shape.rows; ++row) {
    const S *in = x + row * width;
    Vf squares{};
    if (delta) {
      const S *add = delta + row * width;
      S *out = sumOut + row * width;
      for (int64_t k = 0; k < width; k += W) {
        const Vf v = rounded(load(in + k, width - k) + load(add + k, width - k), x);
        store(out + k, v, width - k);
        squares += v * v;
      }
      in = out;
    } else {
      for (int64_t k = 0; k < width; k += W) {
        const Vf v = load(in + k, width - k);
        squares += v * v;
      }
    }
    const float r = 1.0f / ::sqrtf(sum(squares) / static_cast<float>(width) + shape.eps);
    rstd[row] = r;
    S *out = y + row * width;
    for (int64_t k = 0; k < width; k += W) {
      Vf v = load(in + k, width - k) * r;
      if (shape.roundFirst) v = rounded(v, x);
      store(out + k, v * load(weight + k, width - k), width - k);
    }
  }
}

template <class S>
void normBackward(const S *gradY, const S *gradSum, const S *sumIn, const float *weight, const float *rstd, S *dx, float *dWeight,
                  const NormShape &shape) {
  const int64_t width = shape.width;
  for (int64_t row = 0; row < shape.rows; ++row) {
    const S *g = gradY + row * width, *x = sumIn + row * width;
    const float r = rstd[row];
    Vf dot{};
    for (int64_t k = 0; k < width; k += W) dot += load(g + k, width - k) * load(weight + k, width - k) * load(x + k, width - k);
    const float pull = sum(dot) / static_cast<float>(width) * r * r;
    S *out = dx + row * width;
    const S *extra = gradSum ? gradSum + row * width : nullptr;
    for (int64_t k = 0; k < width; k += W) {
      const Vf grad = load(g + k, width - k), value = load(x + k, width - k);
      Vf d = (grad * load(weight + k, width - k) - value * pull) * r;
      if (extra) d += load(extra + k, width - k);
      store(out + k, d, width - k);
      if (dWeight) store(dWeight + k, load(dWeight + k, width - k) + grad * value * r, width - k);
    }
  }
}

template <class S>
void rotate(const S *in, S *out, const int64_t *positions, const float *cos, const float *sin, const RotaryShape &shape) {
  const int64_t pairs = shape.pairs;
  const float sign = shape.inverse ? -1.0f : 1.0f;
  for (int64_t row = 0; row < shape.rows; ++row) {
    const float *c = cos + positions[row] * pairs, *s = sin + positions[row] * pairs;
    for (int64_t head = 0; head < shape.heads; ++head) {
      const S *x = in + row * shape.inRow + head * shape.inHead;
      S *y = out + row * shape.outRow + head * shape.outHead;
      if (shape.interleaved) {
        for (int64_t i = 0; i < pairs; ++i) {
          const float a = toScalar(x[2 * i]), b = toScalar(x[2 * i + 1]), turn = s[i] * sign;
          fromScalar(a * c[i] - b * turn, y + 2 * i);
          fromScalar(b * c[i] + a * turn, y + 2 * i + 1);
        }
      } else {
        for (int64_t i = 0; i < pairs; i += W) {
          const int64_t n = pairs - i;
          const Vf a = load(x + i, n), b = load(x + pairs + i, n), cosine = load(c + i, n), turn = load(s + i, n) * sign;
          store(y + i, a * cosine - b * turn, n);
          store(y + pairs + i, b * cosine + a * turn, n);
        }
      }
      if (in != out && 2 * pairs < shape.dim) {
        memcpy(y + 2 * pairs, x + 2 * pairs, static_cast<size_t>(shape.dim - 2 * pairs) * sizeof(S));
      }
    }
  }
}

struct GateValue {
  Vf value, slope;
};

template <Gate kGate> ATTUNE_INLINE GateValue gateOf(Vf x) {
  if (kGate == Gate::Silu) {
    const Vf s = 1.0f / (1.0f + expOf(-x));
    return {x * s, s * (1.0f + x * (1.0f - s))};
  }
  if (kGate == Gate::GeluTanh) {
    const float inner = 0.7978845608028654f, cubic = 0.044715f;
    const Vf square = x * x, t = tanhOf(x * (1.0f + square * cubic) * inner), half = 0.5f * (1.0f + t);
    return {x * half, half + 0.5f * x * (1.0f - t * t) * (1.0f + square * (3.0f * cubic)) * inner};
  }
  const Vf half = 0.5f * (1.0f + erfOf(x * 0.7071067811865476f));
  return {x * half, half + x * expOf(x * x * -0.5f) * 0.3989422804014327f};
}

template <Gate kGate, class S> void gateForwardOf(const S *gateUp, S *out, int64_t rows, int64_t width) {
  for (int64_t row = 0; row < rows; ++row) {
    const S *gate = gateUp + row * 2 * width, *up = gate + width;
    S *y = out + row * width;
    for (int64_t k = 0; k < width; k += W) {
      store(y + k, gateOf<kGate>(load(gate + k, width - k)).value * load(up + k, width - k), width - k);
    }
  }
}

template <Gate kGate, class S> void gateBackwardOf(const S *grad, const S *gateUp, S *dGateUp, int64_t rows, int64_t width) {
  for (int64_t row = 0; row < rows; ++row) {
    const S *g = grad + row * width, *gate = gateUp + row * 2 * width, *up = gate + width;
    S *dGate = dGateUp + row * 2 * width, *dUp = dGate + width;
    for (int64_t k = 0; k < width; k += W) {
      const int64_t n = width - k;
      const Vf d = load(g + k, n);
      const GateValue v = gateOf<kGate>(load(gate + k, n));
      store(dGate + k, d * load(up + k, n) * v.slope, n);
      store(dUp + k, d * v.value, n);
    }
  }
}

template <class S> void gateForward(const S *gateUp, S *out, int64_t rows, int64_t width, Gate gate) {
  if (gate == Gate::Silu) return gateForwardOf<Gate::Silu>(gateUp, out, rows, width);
  if (gate == Gate::GeluTanh) return gateForwardOf<Gate::GeluTanh>(gateUp, out, rows, width);
  gateForwardOf<Gate::Gelu>(gateUp, out, rows, width);
}

template <class S> void gateBackward(const S *grad, const S *gateUp, S *dGateUp, int64_t rows, int64_t width, Gate gate) {
  if (gate == Gate::Silu) return gateBackwardOf<Gate::Silu>(grad, gateUp, dGateUp, rows, width);
  if (gate == Gate::GeluTanh) return gateBackwardOf<Gate::GeluTanh>(grad, gateUp, dGateUp, rows, width);
  gateBackwardOf<Gate::Gelu>(grad, gateUp, dGateUp, rows, width);
}

/// A row of the vocabulary stays in the second-level cache, so three passes cost one trip to memory.
template <class S> double crossEntropy(S *logits, const int64_t *targets, int64_t rows, int64_t vocab, float softcap, bool gradient) {
  double total = 0.0;
  const float inverse = softcap > 0.0f ? 1.0f / softcap : 0.0f;
  const auto capped = [=](Vf v) __attribute__((always_inline)) { return softcap > 0.0f ? tanhOf(v * inverse) * softcap : v; };
  for (int64_t row = 0; row < rows; ++row) {
    S *z = logits + row * vocab;
    const int64_t full = vocab / W * W, rest = vocab - full;
    Vf best = splat(-INFINITY);
    for (int64_t k = 0; k < full; k += W) best = maxOf(load(z + k), best);
    if (rest) best = maxOf(select(lanesBelow(rest), load(z + full, rest), splat(-INFINITY)), best);
    float peak = maximum(best);
    float target = toScalar(z[targets[row]]);
    if (softcap > 0.0f) { // the cap is monotonic: cap the peak alone
      peak = softcap * ::tanhf(peak * inverse);
      target = softcap * ::tanhf(target * inverse);
    }
    // The exponentials replace the logits at once where no slope needs them again: one exponential an element.
    const bool inPlace = gradient && softcap <= 0.0f;
    double weight = 0.0;
    for (int64_t block = 0; block < vocab; block += 4096) {
      const int64_t end = least(block + 4096, vocab);
      Vf part{};
      for (int64_t k = block; k < end; k += W) {
        const int64_t n = end - k;
        const Vf e = expOf(capped(load(z + k, n)) - peak);
        if (inPlace) store(z + k, e, n);
        part += n < W ? select(lanesBelow(n), e, Vf{}) : e;
      }
      weight += static_cast<double>(sum(part));
    }
    total += static_cast<double>(peak) + ::log(weight) - static_cast<double>(target);
    if (!gradient) continue;
    const float scale = static_cast<float>(1.0 / weight);
    const float slopeAtTarget = softcap > 0.0f ? 1.0f - (target * inverse) * (target * inverse) : 1.0f;
    const float atTarget = (::expf(target - peak) * scale - 1.0f) * slopeAtTarget;
    for (int64_t k = 0; k < vocab; k += W) {
      const int64_t n = vocab - k;
      Vf p = load(z + k, n);
      if (!inPlace) {
        const Vf v = capped(p);
        p = expOf(v - peak) * (1.0f - (v * inverse) * (v * inverse));
      }
      store(z + k, p * scale, n);
    }
    fromScalar(atTarget, z + targets[row]);
  }
  return total;
}

template <class U> ATTUNE_INLINE U mix32(U v) {
  v ^= v >> 16;
  v *= 0x7feb352du;
  v ^= v >> 15;
  v *= 0x846ca68bu;
  v ^= v >> 16;
  return v;
}

template <class S>
void dropout(const S *x, S *y, int64_t rows, int64_t width, int64_t inRow, int64_t firstRow, uint32_t key, uint32_t threshold,
             float factor) {
  Vu lane;
  for (int i = 0; i < W; ++i) lane[i] = static_cast<uint32_t>(i) * 0x9e3779b9u;
  for (int64_t row = 0; row < rows; ++row) {
    const uint32_t rowKey = mix32(static_cast<uint32_t>(firstRow + row) ^ key);
    for (int64_t k = 0; k < width; k += W) {
      const Vu bits = mix32((lane + static_cast<uint32_t>(k) * 0x9e3779b9u) ^ rowKey);
      const Vi kept = bits < threshold;
      store(y + row * width + k, select(kept, load(x + row * inRow + k, width - k) * factor, Vf{}), width - k);
    }
  }
}

template <class S> void toFloat(const S *in, float *out, int64_t count) {
  for (int64_t k = 0; k < count; k += W) store(out + k, load(in + k, count - k), count - k);
}

template <class S> void fromFloat(const float *in, S *out, int64_t count) {
  for (int64_t k = 0; k < count; k += W) store(out + k, load(in + k, count - k), count - k);
}

} // namespace attune::core::kernels::ATTUNE_ISA
