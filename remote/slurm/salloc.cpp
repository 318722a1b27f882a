#include "remote/slurm/salloc.h"

#include "core/base/shorten.h"
#include "remote/fault.h"
#include "remote/slurm/slurm_fault.h"

#include <algorithm>

namespace attune::remote::slurm {
namespace {

const char *const kAllocate = R"sh(
export LC_ALL=C
cd -- "$1" || exit 66
command -v salloc >/dev/null || exit 127
shift
: >salloc.log
setsid nohup salloc "$@" </dev/null >/dev/null 2>salloc.log &
echo $! >salloc.pid
told() { grep -q "$1 job allocation [0-9]" salloc.log; }
# An allocation that waits is granted soon or not in this call.
for i in $(seq 100); do
  told Granted && break
  kill -0 $! 2>/dev/null || break
  sleep 0.2
done
head -c 60000 salloc.log >&2
grep -q 'job allocation [0-9]' salloc.log && exit 0
kill -0 $! 2>/dev/null && exit 75 # the scheduler has not answered yet
exit 1
)sh";

const char *const kStart = R"sh(
export LC_ALL=C
cd -- "$1" || exit 66
pid=
if mkdir started; then # once, however often it is asked for; an allocation whose srun has ended is paid for in vain
  setsid nohup sh -c 'srun --jobid="$1" --overlap -N1 -n1 -c "$2" bash -l run.sh </dev/null >/dev/null 2>srun.log; scancel "$1"' \
    sh "$2" "$3" </dev/null >/dev/null 2>&1 &
  pid=$!
fi 2>/dev/null
for i in $(seq 150); do
  [ -s run.log ] && exit 0
  [ -z "$pid" ] || kill -0 "$pid" 2>/dev/null || break
  sleep 0.2
done
[ -s run.log ] && exit 0
head -c 60000 srun.log >&2
exit 1
)sh";

Result<CommandResult> run(CommandRunner &runner, const std::string &host, const char *script, std::vector<std::string> arguments,
                          const StopToken &stop) {
  Command command;
  command.script = script;
  command.arguments = std::move(arguments);
  ATTUNE_TRY(CommandResult result, runner.run(command, stop));
  if (result.code == 66)
    return fault("RUN-LAUNCH", "The job's folder is not there.", host + ":" + command.arguments[0], "Submit again: it is made anew.");
  if (auto found = schedulerFault(result, host)) return *found;
  return result;
}

} // namespace

std::vector<std::string> sallocWords(const Submission &submission) {
  // There is no batch shell: the signal goes to every process of the step, and run.sh alone heeds it.
  std::vector<std::string> words = {"--no-shell", "-J", submission.token,
                                    "--signal=USR2@" + std::to_string(warningSeconds(submission.request))};
  for (std::string &word : requestOptions(submission.request)) words.push_back(std::move(word));
  return words;
}

Result<Allocation> allocate(CommandRunner &runner, const std::string &host, const Submission &submission, const StopToken &stop) {
  std::vector<std::string> words = sallocWords(submission);
  words.insert(words.begin(), submission.folder);
  ATTUNE_TRY(const CommandResult result, run(runner, host, kAllocate, std::move(words), stop));
  if (result.code == 75)
    return fault("SLURM-BUSY", "The scheduler is slow and did not answer in time.", host, "The allocation is looked for by its name.");
  const auto allocation = parseAllocation(result.err);
  if (result.code != 0 || !allocation) return refusal(result.err, host);
  return *allocation;
}

Status startInside(CommandRunner &runner, const std::string &host, const Submission &submission, const std::string &id,
                   const StopToken &stop) {
  const auto parsed = parseJobId(id);
  if (!parsed || !parsed->task.empty()) return Error{ErrorCode::Usage, "This is no job id.", "id", "", {}};
  ATTUNE_TRY(const CommandResult result,
             run(runner, host, kStart, {submission.folder, id, std::to_string(submission.request.cores)}, stop));
  if (result.code == 0) return {};
  return fault("RUN-LAUNCH", "The job could not be started in its allocation: " + shortened(printable(result.err), 400), host,
               "Look at srun.log in the job's folder, then try again.");
}

} // namespace attune::remote::slurm
