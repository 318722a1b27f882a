// Logging in (RFC 4252, RFC 4256): the agent, key files, keyboard-interactive with any number of rounds, password, and servers
// that ask for several of them. On the session's thread. A refused password or code is never tried again by itself, because
// servers lock accounts. Fails with AUTH-DENIED, AUTH-LOCKED, AUTH-NEEDS-CODE, NET-LOST, NET-TIMEOUT; Interrupted when cancelled.
#pragma once

#include "remote/ssh/session.h"

namespace attune::remote {

Status authenticate(SshSession &session, const Questions &questions, const StopToken &stop);

} // namespace attune::remote
