// Parallel tensor work beside a training. OpenMP keeps a team of threads for every thread that ever computed in parallel, and
// while there are more of them than cores no team waits actively any more: a training step then took half again as long.
// So whatever computes outside a run does it on a thread that ends with it.
#pragma once

#include <future>
#include <utility>

namespace attune::core {

/// Runs `work` on a thread of its own, waits, and returns its result or throws what it threw. Where no thread can be made it runs on
/// this one: std::async without a policy prefers a thread, in libstdc++ and libc++.
template <typename Work> auto onOwnThread(Work &&work) { return std::async(std::forward<Work>(work)).get(); }

} // namespace attune::core
