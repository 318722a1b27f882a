#include "remote/slurm/salloc.h"

#include "core/base/shorten.h"
#include "remote/fault.h"
#include "remote/slurm/slurm_command.h"
#include "remote/slurm/slurm_fault.h"

namespace attune::remote::slurm {
namespace {

// $1 the job, $2 cores: begun once in its allocation, however often it is asked for, and the allocation is ended with it. A scheduler
// that is away is waited for, up to an hour. Without single quotes: it stands in them.
const std::string kInside = R"sh(
mkdir started 2>/dev/null || exit
echo "$(uname -n) $$" >started/by
for i in 1 2 3; do
  [ -e withdrawn ] && break
  srun --jobid="$1" --overlap -N1 -n1 -c "$2" bash -l run.sh </dev/null >/dev/null 2>srun.log && break
  touch . # so that NFS looks again whether there is a log
  [ -s run.log ] && break
  sleep 5
done
: >started/ended
for i in $(seq 360); do
  case $(scancel "$1" 2>&1) in *ontact* | *onnect* | *imed?out* | *uthenti*) sleep 10 ;; *) break ;; esac
done
)sh";

// $1 folder, $2 token, $3 cores, then salloc's words. What is granted is begun by itself, whoever looks: an allocation is paid for.
const std::string kAllocate = R"sh(
cd -- "$1" || exit 66
command -v salloc >/dev/null || exit 127
shift
token=$1
: >salloc.log
setsid nohup sh -c '
token=$1 cores=$2
shift 2
salloc "$@" 2>salloc.log || exit
for i in $(seq 60); do
  id=$(timeout 60 squeue -h -u "$(id -un)" --name="$token" -t RUNNING -o %A) && [ -n "$id" ] && break
  sleep 10
done
[ -n "$id" ] || exit
echo "$id" >granted
set -- "$id" "$cores"
)sh" + kInside + R"sh(' sh "$@" </dev/null >/dev/null 2>&1 &
echo $! >salloc.pid
told() { grep -q "^salloc: $1 job allocation [0-9]" salloc.log; }
# An allocation that waits is granted soon or not in this call.
for i in $(seq 100); do
  told Granted || [ -s granted ] && break
  kill -0 $! 2>/dev/null || break
  sleep 0.2
done
head -c 60000 salloc.log >&2
told '[GP][a-z]*' && exit 0
# A site's salloc may have other words, or none.
[ -s granted ] && { printf '\nsalloc: Granted job allocation %s\n' "$(head -c 20 granted)" >&2; exit 0; }
found=$(timeout 60 squeue -h -u "$(id -un)" --name="$token" -t PENDING,CONFIGURING,RUNNING -o 'salloc: Pending job allocation %A') || exit 75
printf '\n%s\n' "$found" >&2
[ -n "$found" ] && exit 0
kill -0 $! 2>/dev/null && exit 75 # the scheduler has not answered yet
exit 1
)sh";

// $1 folder, $2 the job, $3 cores, $4 "start", or nothing to see only how it began.
const std::string kStart = R"sh(
cd -- "$1" || exit 66
if [ "$4" = start ]; then
  setsid nohup sh -c ')sh" +
                           kInside + R"sh(' sh "$2" "$3" </dev/null >/dev/null 2>&1 &
elif [ ! -e started ]; then
  exit 0
fi
for i in $(seq 150); do
  [ -s run.log ] && exit 0
  [ -e started/ended ] && break
  node='' pid=''
  read -r node pid 2>/dev/null <started/by
  [ "$node" = "$(uname -n)" ] && ! grep -q 'mkdir started' "/proc/$pid/cmdline" && break
  sleep 0.2
done 2>/dev/null
[ -s run.log ] && exit 0
if [ "$i" = 150 ]; then
  [ "$node" = "$(uname -n)" ] && exit 75
  exit 76 # another login node's processes are not to be seen
fi
head -c 60000 srun.log >&2
exit 1
)sh";

Result<CommandResult> run(CommandRunner &runner, const std::string &host, const std::string &script, std::vector<std::string> arguments,
                          const StopToken &stop) {
  const Command command = slurmCommand(script, std::move(arguments));
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
  words.insert(words.begin(), {submission.folder, submission.token, std::to_string(submission.request.cores)});
  ATTUNE_TRY(const CommandResult result, run(runner, host, kAllocate, std::move(words), stop));
  if (result.code == 75)
    return fault("SLURM-BUSY", "The scheduler is slow and did not answer in time.", host, "The allocation is looked for by its name.");
  const auto allocation = parseAllocation(result.err);
  if (result.code != 0 || !allocation) return refusal(result.err, host);
  return *allocation;
}

Status startInside(CommandRunner &runner, const std::string &host, const Submission &submission, const std::string &id, Start start,
                   const StopToken &stop) {
  const auto parsed = parseJobId(id);
  if (!parsed || !parsed->task.empty()) return Error{ErrorCode::Usage, "This is no job id.", "id", "", {}};
  const std::string cores = std::to_string(submission.request.cores), word = start == Start::Now ? "start" : "";
  ATTUNE_TRY(const CommandResult result, run(runner, host, kStart, {submission.folder, id, cores, word}, stop));
  if (result.code == 0) return {};
  if (result.code == 75)
    return fault("SLURM-BUSY", "The job has not begun in its allocation yet.", host, "It is asked for again by itself.");
  if (result.code == 76)
    return fault("SLURM-UNSEEN", "Another login node begins the job in its allocation, or has gone.", host, "It is looked for by itself.");
  return fault("RUN-LAUNCH", "The job could not be started in its allocation: " + printable(shortLine(result.err, 400)), host,
               "Look at srun.log in the job's folder, then try again.");
}

} // namespace attune::remote::slurm
