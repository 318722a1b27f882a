// Updates of an optimizer whose memory fails once on the way, each tried again until it is done.
#pragma once

#include "core/train/optimizer.h"
#include "tests/support/failing_memory.h"

namespace attune::test {

/// Three steps at rate 0.1, each with the gradients of `give(step)`; in step `failAt` % 3 the allocation behind `failAt` / 3 others
/// fails (`memory` null = none). How often memory ran out.
template <typename Give> int64_t failingUpdates(core::Optimizer &optimizer, FailingMemory *memory, int64_t failAt, Give give) {
  int64_t failures = 0;
  for (int64_t step = 0; step < 3; ++step) {
    give(step);
    if (memory && step == failAt % 3) memory->failAfter(failAt / 3);
    for (bool done = false; !done;) {
      try {
        optimizer.step(0.1);
        done = true;
      } catch (const c10::OutOfMemoryError &) {
        ++failures;
      }
    }
    if (memory) memory->failAfter(-1, 0);
  }
  return failures;
}

} // namespace attune::test
