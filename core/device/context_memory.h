// What a device's memory holds of a run beside its tensors: the driver's context and kernels, on the CPU libtorch itself and what
// its libraries keep a thread. It cannot be computed: runs measure it, and trial_memory keeps what the last few saw. Any thread.
#pragma once

#include <cstdint>

namespace c10 {
struct Device; // at::Device, without libtorch's headers
}

namespace attune::core {

constexpr int64_t kUsualCardContext = int64_t(840) << 20; // where nothing was measured: CUDA 13 on an H200
/// A card's context by what is known of it, 0 = nothing.
constexpr int64_t contextOfCard(int64_t known) { return known > 0 ? known : kUsualCardContext; }
constexpr int64_t kProgramBytes = int64_t(100) << 20; // of the program with libtorch before it computes, on the CPU

/// The most of what the last five runs on this device measured; 0 = none did yet.
int64_t knownContextBytes(const c10::Device &device, int64_t threads);

/// Remembers what a run measured. Figures that no context has (other programs on the card, a window around the run) are passed over.
void rememberContextBytes(const c10::Device &device, int64_t threads, int64_t bytes);

} // namespace attune::core
