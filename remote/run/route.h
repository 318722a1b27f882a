// From a profile to the hosts that a connection goes through, with what ~/.ssh/config says of each (read, never executed).
// Reads the disk; any thread. Fails as ssh_config.h says; Usage for a jump host that cannot be read.
#pragma once

#include "core/api/cluster_profile.h"
#include "remote/ssh/session.h"

#include <string>
#include <vector>

namespace attune::remote {

/// `home` has .ssh; keys that the user trusts go to `keyStore`. The host itself is last.
Result<std::vector<SshOptions>> routeTo(const api::ClusterProfile &profile, const std::string &home, const std::string &keyStore);

} // namespace attune::remote
