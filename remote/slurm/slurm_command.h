// Slurm's own programs as the login finds them. Pure function, any thread.
#pragma once

#include "remote/ssh/command_runner.h"

#include <string>
#include <utility>
#include <vector>

namespace attune::remote::slurm {

/// A script that calls them. What start-up files export to change what they show, or touch, or wait for, would hide jobs from us.
inline Command slurmCommand(const std::string &script, std::vector<std::string> arguments) {
  Command command;
  command.script = "export LC_ALL=C\n"
                   "unset ${!SQUEUE_@} ${!SCANCEL_@} ${!SINFO_@} ${!SACCT_@} SBATCH_WAIT SBATCH_ARRAY_INX\n" +
                   script;
  command.arguments = std::move(arguments);
  return command;
}

} // namespace attune::remote::slurm
