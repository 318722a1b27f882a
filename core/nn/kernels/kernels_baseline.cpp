// What every processor of the target family runs.
#define ATTUNE_ISA baseline
#define ATTUNE_ISA_NAME "baseline"
#include "core/nn/kernels/kernel_set.h"

const attune::core::kernels::KernelSet *attune::core::kernels::baselineKernels() { return &baseline::kSet; }
