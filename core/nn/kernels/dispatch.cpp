#include "core/nn/kernels/kernel_table.h"

#include <cstdlib>
#include <cstring>

namespace attune::core::kernels {

namespace {

const KernelSet *choose() {
  const KernelSet *best = baselineKernels();
#if defined(__x86_64__) || defined(__i386__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  // For tests: ATTUNE_KERNELS=avx2 or baseline keeps a capable processor from its best set.
  const char *limit = std::getenv("ATTUNE_KERNELS");
  if (limit && std::strcmp(limit, "baseline") == 0) return best;
  if (avx2 && avx2Kernels()) best = avx2Kernels();
  if (limit && std::strcmp(limit, "avx2") == 0) return best;
  if (avx512 && avx512Kernels()) best = avx512Kernels();
#endif
  return best;
}

} // namespace

const KernelSet &kernelSet() {
  static const KernelSet *set = choose();
  return *set;
}

} // namespace attune::core::kernels
