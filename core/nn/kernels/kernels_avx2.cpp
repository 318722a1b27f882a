// Compiled with AVX2 and FMA (core/CMakeLists.txt); an empty answer where the compiler or the processor family has none.
#include "core/nn/kernels/kernel_table.h"

#if defined(__AVX2__) && defined(__FMA__)
#define ATTUNE_ISA avx2
#define ATTUNE_ISA_NAME "avx2"
#include "core/nn/kernels/kernel_set.h"
const attune::core::kernels::KernelSet *attune::core::kernels::avx2Kernels() { return &avx2::kSet; }
#else
const attune::core::kernels::KernelSet *attune::core::kernels::avx2Kernels() { return nullptr; }
#endif
