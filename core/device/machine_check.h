// The checks of `attune doctor`: what this machine has, proven by trial where that is possible, and what to do about it.
// Main or job thread, blocking; takes up to a second.
#pragma once

#include "core/nn/tensor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace attune::core {

struct MachineCheck {
  std::string id;
  std::string status; // ok | warn | fail
  std::string found;
  std::string advice; // empty when there is nothing to do
};

/// `workspace` is where runs will be written; `threads` 0 = all cores; `device` the one whose number types count.
std::vector<MachineCheck> checkMachine(const std::string &workspace, int64_t threads, const at::Device &device = at::kCPU);

} // namespace attune::core
