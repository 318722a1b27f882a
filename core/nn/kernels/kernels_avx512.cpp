// Compiled with AVX-512 (core/CMakeLists.txt); an empty answer where the compiler or the processor family has none.
#include "core/nn/kernels/kernel_table.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
#define ATTUNE_ISA avx512
#define ATTUNE_ISA_NAME "avx512"
#include "core/nn/kernels/kernel_set.h"
const attune::core::kernels::KernelSet *attune::core::kernels::avx512Kernels() { return &avx512::kSet; }
#else
const attune::core::kernels::KernelSet *attune::core::kernels::avx512Kernels() { return nullptr; }
#endif
