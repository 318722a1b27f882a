// The second mode, for queues that refuse sbatch: an allocation that outlives its salloc, and run.sh inside it by srun
// as soon as it is granted, on the login node's own. Blocks; one thread, the runner's. Fails as Client does. Its limits: no requeue, an
// idle allocation is paid for, and a salloc that still waits dies with the login node. job.env says `release`, so that the wrapper's
// last act ends the allocation.
#pragma once

#include "remote/slurm/client.h"

namespace attune::remote::slurm {

/// What salloc is called with, in the job's folder.
std::vector<std::string> sallocWords(const Submission &submission);

/// The allocation's id, granted or still waiting after 20 s; look at its state by Client::look().
Result<Allocation> allocate(CommandRunner &runner, const std::string &host, const Submission &submission, const StopToken &stop = {});

enum class Start { Now, Seen }; // Seen: nothing is started; fine where nothing was

/// Starts run.sh inside a granted allocation where that is not done yet, apart from this connection and once however often it is
/// called; `id` in digits. RUN-LAUNCH with what srun said; SLURM-BUSY while it has not begun, SLURM-UNSEEN
/// while that cannot be seen from here.
Status startInside(CommandRunner &runner, const std::string &host, const Submission &submission, const std::string &id,
                   Start start = Start::Now, const StopToken &stop = {});

} // namespace attune::remote::slurm
