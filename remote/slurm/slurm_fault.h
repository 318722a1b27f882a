// What Slurm's commands say when they fail, as the faults of the remote facts' table. Pure function, any thread.
#pragma once

#include "remote/ssh/command_runner.h"

#include <optional>
#include <string>

namespace attune::remote::slurm {

/// SLURM-DOWN, SLURM-BUSY, SLURM-AUTH or CMD-MISSING; nothing when the scheduler answered. Its stderr counts also with rc 0.
std::optional<Error> schedulerFault(const CommandResult &result, const std::string &host);

/// REQ-PARTITION, REQ-GRES, REQ-TIME, REQ-ACCOUNT or REQ-REFUSED of a refused submission, with Slurm's own words.
Error refusal(const std::string &errorText, const std::string &host);

} // namespace attune::remote::slurm
