// A TCP connection that can be given up. Any thread; blocks up to `seconds` (besides the system's own name look-up).
// Fails with NET-DNS, NET-REFUSED, NET-TIMEOUT, or Interrupted after a stop.
#pragma once

#include "core/base/result.h"
#include "core/base/stop_token.h"

#include <string>

namespace attune::remote {

/// A connected socket without a child's inheritance; each address of the host is tried.
Result<int> connectTcp(const std::string &host, int port, double seconds, const StopToken &stop);

Error interrupted();

} // namespace attune::remote
