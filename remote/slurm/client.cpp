#include "remote/slurm/client.h"

#include "core/base/shorten.h"
#include "remote/fault.h"
#include "remote/slurm/slurm_command.h"
#include "remote/slurm/slurm_fault.h"
#include "remote/ssh/command_frame.h"

#include <algorithm>
#include <cstdlib>

namespace attune::remote::slurm {
namespace {

constexpr double kSeconds = 100; // a command with a dead munged takes 50

const char *const kProbe = R"sh(
for c in sinfo sbatch squeue scancel scontrol; do command -v $c >/dev/null || exit 127; done
part() { printf '\n%s %s\n' "$mark" "$1"; }
mark=$1
part version; timeout 20 sbatch --version
part nodes; timeout 60 sinfo -h -N -O "$2" || exit
part config; timeout 60 scontrol show config || exit
part whichpartition; command -v whichpartition >/dev/null && timeout 20 whichpartition 2>&1 | head -c 65536
part sacct; timeout 30 sacct -X -n -P -o JobIDRaw >/dev/null 2>&1 && echo yes
part end
exit 0
)sh";

const char *const kSubmit = R"sh(
cd -- "$1" || exit 66
shift
command -v sbatch >/dev/null || exit 127
timeout 120 sbatch "$@"
)sh";

const char *const kFind = R"sh(
part() { printf '\n%s %s\n' "$mark" "$1"; }
mark=$1
part queue; timeout 60 squeue -h -u "$(id -un)" -t all --name="$2" -o "$4" || exit
part account; timeout 60 sacct -X -n -P --delimiter="$(printf '\037')" --name="$2" -o "$5" 2>/dev/null
part log; [ -f "$3/$2/run.log" ] && grep -a -m 1 "^@@attune start $2 " "$3/$2/run.log" 2>/dev/null | head -c 1000
part end
exit 0
)sh";

const char *const kWithdraw = R"sh(
cd -- "$1" || exit 66
[ "$3" = again ] && exec rm -f withdrawn
: >withdrawn || exit
pid=$(head -c 20 salloc.pid 2>/dev/null) # one that still waits for its allocation
if [ -n "$pid" ] && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q " $2 "; then kill -- "-$pid"; fi # a site's own may wrap it
exit 0
)sh";

const char *const kLook = R"sh(
mark=$1 root=$2 format=$3 names=$4 steps=$5; shift 5
part() { printf '\n%s %s\n' "$mark" "$1"; }
part queue; timeout 60 squeue -h -u "$(id -un)" -t all --name="$names" -o "$format" || exit
[ -n "$steps" ] && steps=$(timeout 60 squeue -h -s -u "$(id -un)" -o %i) && { part steps; printf '%s\n' "$steps"; }
for t; do [ -f "$root/$t/exit.json" ] && { part "$t"; head -c 1048577 "$root/$t/exit.json"; }; done
part end
exit 0
)sh";

const char *const kAccount = R"sh(
timeout 60 sacct -X -n -P -S "$(date -d '-30 days' +%Y-%m-%d)" --delimiter="$(printf '\037')" --name="$1" -o "$2"
)sh";

// The five below: $1 token, $2 id. The job must be the token's, or nothing is done (66).
#define ATTUNE_OURS                                                                                                                        \
  "ours() {\n"                                                                                                                             \
  "  found=$(timeout 60 squeue -h -t all -u \"$(id -un)\" --name=\"$1\" -o '%A %T') || return\n"                                           \
  "  state=$(printf '%s\\n' \"$found\" | sed -n \"s/^$2 //p\")\n"                                                                          \
  "}\n"                                                                                                                                    \
  "ours \"$@\" || exit\n"                                                                                                                  \
  "[ -n \"$state\" ] || exit 66\n"

const char *const kCancel = ATTUNE_OURS R"sh(
timeout 60 scancel "$2" || exit
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  ours "$@" || exit
  case $state in PENDING|RUNNING|SUSPENDED|CONFIGURING|REQUEUED) sleep 1 ;; *) break ;; esac
done
printf '%s\n' "$state"
)sh";
// A signal to one that does not run keeps scancel waiting (67).
#define ATTUNE_RUNS ATTUNE_OURS "[ \"$state\" = RUNNING ] || exit 67\n"

const char *const kStop = ATTUNE_RUNS "timeout 60 scancel -f -s INT \"$2\"\n";
const char *const kHold = ATTUNE_OURS "timeout 60 scontrol hold \"$2\"\n";
const char *const kRelease = ATTUNE_OURS "timeout 60 scontrol release \"$2\"\n";
const char *const kCheckpoint = ATTUNE_RUNS "timeout 60 scancel -f -s USR1 \"$2\"\n";

/// The parts of an answer by name: each stands after a line "MARK NAME". False without the closing part.
bool parts(const std::string &text, const std::string &mark, std::map<std::string, std::string> &found) {
  const std::string opening = "\n" + mark + " ";
  for (size_t at = text.find(opening); at != std::string::npos;) {
    const size_t name = at + opening.size();
    const size_t line = text.find('\n', name);
    if (line == std::string::npos) break;
    at = text.find(opening, line);
    found[text.substr(name, line - name)] = text.substr(line + 1, at == std::string::npos ? at : at - line - 1);
  }
  return found.count("end") > 0;
}

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

int leadingNumber(const std::map<std::string, std::string> &config, const char *name, int otherwise) {
  const auto found = config.find(name);
  const long value = found == config.end() ? 0 : std::strtol(found->second.c_str(), nullptr, 10);
  return value > 0 && value < 1'000'000 ? static_cast<int>(value) : otherwise;
}

Error usage(const std::string &field) {
  return {ErrorCode::Usage,
          "The job's name on the cluster is not one of ours.",
          field,
          "Its record was damaged: fetch the job's folder by hand.",
          {}};
}

Status checkKey(const JobKey &job) {
  const auto id = parseJobId(job.id);
  if (!isToken(job.token)) return usage("token");
  if (!id || !id->task.empty()) return usage("id");
  return {};
}

} // namespace

std::vector<std::string> sbatchWords(const Submission &submission) {
  std::vector<std::string> words = {"--parsable", "-J", submission.token, "-D", ".", "-o", "run.log", "--open-mode=append",
                                    submission.request.requeue ? "--requeue" : "--no-requeue",
                                    // Slurm may send it up to a minute early
                                    "--signal=B:USR2@" + std::to_string(warningSeconds(submission.request))};
  for (std::string &word : requestOptions(submission.request)) words.push_back(std::move(word));
  words.emplace_back("run.sh");
  return words;
}

Client::Client(CommandRunner &runner, std::string host, std::string root)
    : m_runner(runner), m_host(std::move(host)), m_root(std::move(root)) {}

Result<CommandResult> Client::run(const char *script, std::vector<std::string> arguments, double seconds, const StopToken &stop) {
  Command command = slurmCommand(script, std::move(arguments));
  command.seconds = seconds;
  ATTUNE_TRY(CommandResult result, m_runner.run(command, stop));
  if (auto fault = schedulerFault(result, m_host)) return *fault;
  return result;
}

Result<Capabilities> Client::probe(const StopToken &stop) {
  const std::string mark = randomMark();
  ATTUNE_TRY(const CommandResult result, run(kProbe, {mark, kNodeColumns}, 200, stop));
  std::map<std::string, std::string> part;
  if (!parts(result.out, mark, part))
    return fault("SLURM-REFUSED", "Slurm does not tell its partitions: " + printable(shortLine(result.err, 400)), m_host,
                 "Run sinfo and scontrol show config there and look.");
  Capabilities found;
  ATTUNE_TRY(found.partitions, parseNodes(part["nodes"]));
  found.version = printable(part["version"].substr(0, part["version"].find('\n')));
  const auto config = parseConfig(part["config"]);
  found.minJobAge = leadingNumber(config, "MinJobAge", found.minJobAge);
  found.messageTimeout = leadingNumber(config, "MessageTimeout", found.messageTimeout);
  std::string &raw = part["whichpartition"];
  for (size_t line = 0; line < raw.size();) {
    const size_t end = std::min(raw.find('\n', line), raw.size());
    found.whichPartition += printable(std::string_view(raw).substr(line, end - line)) + "\n";
    line = end + 1;
  }
  found.accounting = part["sacct"].compare(0, 3, "yes") == 0;
  return found;
}

Result<JobId> Client::submit(const Submission &submission, const StopToken &stop) {
  if (!isToken(submission.token)) return usage("token");
  Command command = slurmCommand(kSubmit, sbatchWords(submission));
  command.arguments.insert(command.arguments.begin(), submission.folder);
  command.seconds = 150;
  const auto result = m_runner.run(command, stop);
  std::optional<Error> unknown;
  if (!result.ok()) {
    unknown = result.error();
  } else {
    if (result->code == 66)
      return fault("RUN-LAUNCH", "The job's folder is not there.", m_host + ":" + submission.folder, "Submit again: it is made anew.");
    unknown = schedulerFault(*result, m_host);
    if (unknown && unknown->fault == "CMD-MISSING") return *unknown;
    if (!unknown && result->code == 0) {
      auto id = parseSubmitted(result->out);
      if (id.ok()) return id;
    }
    if (!unknown && result->code == 1 && result->err.find("error") != std::string::npos) unknown = refusal(result->err, m_host);
    if (!unknown) // whatever ended sbatch, Slurm may have the job
      unknown =
          fault("SLURM-UNCLEAR", "The answer of sbatch holds no job's number: " + printable(shortLine(result->out + result->err, 400)),
                m_host, "The job is looked for by its name.");
  }
  if (!result.ok() && result.error().code == ErrorCode::Interrupted) return *unknown;
  const auto found = find(submission.token, stop);
  if (found.ok() && !found->empty()) return found->front();
  return *unknown;
}

Status Client::withdraw(const Submission &submission, bool again, const StopToken &stop) {
  if (!isToken(submission.token)) return usage("token");
  const Command command = plainCommand(kWithdraw, {submission.folder, submission.token, again ? "again" : ""});
  ATTUNE_TRY(const CommandResult result, m_runner.run(command, stop));
  if (result.code == 0 || result.code == 66) return {}; // without its folder no job runs
  return fault("FILE-FAILED", "A job that is given up cannot be marked so: " + printable(shortLine(result.err, 300)),
               m_host + ":" + submission.folder, "Make room there.");
}

Result<std::vector<JobId>> Client::find(const std::string &token, const StopToken &stop) {
  if (!isToken(token)) return usage("token");
  const std::string mark = randomMark();
  ATTUNE_TRY(const CommandResult result, run(kFind, {mark, token, m_root, queueFormat(mark), kAccountColumns}, 2 * kSeconds, stop));
  std::map<std::string, std::string> part;
  if (!parts(result.out, mark, part)) return refusal(result.err, m_host);
  std::vector<JobId> ids;
  const auto add = [&](const JobId &id) {
    const auto same = [&](const JobId &other) { return other.job == id.job; };
    if (std::none_of(ids.begin(), ids.end(), same)) ids.push_back(id);
  };
  for (const QueueRow &row : parseQueue(part["queue"], mark).rows)
    if (row.name == token && (row.state != "FAILED" || !row.nodes.empty())) add(row.id); // Slurm keeps a record of what it refused
  for (const AccountRow &row : parseAccount(part["account"]))
    if (row.name == token) add(row.id);
  LogMark start;
  if (parseLogMark(part["log"].substr(0, part["log"].find('\n')), token, start))
    if (const auto id = parseJobId(start.values["job"]); id && id->job != "0") add(*id);
  return ids;
}

Result<std::vector<JobLook>> Client::look(const std::vector<JobKey> &jobs, bool accounting, const StopToken &stop) {
  std::vector<JobLook> looks;
  std::vector<std::string> tokens;
  for (const JobKey &job : jobs) {
    if (!isToken(job.token)) return usage("token");
    tokens.push_back(job.token);
  }
  if (jobs.empty()) return looks;
  const std::string mark = randomMark();
  const bool steps = std::any_of(jobs.begin(), jobs.end(), [](const JobKey &job) { return job.hasStep; });
  std::vector<std::string> arguments = {mark, m_root, queueFormat(mark), joined(tokens), steps ? "steps" : ""};
  arguments.insert(arguments.end(), tokens.begin(), tokens.end());
  ATTUNE_TRY(const CommandResult result, run(kLook, std::move(arguments), kSeconds, stop));
  std::map<std::string, std::string> part;
  if (!parts(result.out, mark, part)) return refusal(result.err, m_host);
  const Queue queue = parseQueue(part["queue"], mark);
  for (const JobKey &job : jobs) {
    JobLook look{job.token, {}, {}, {}, ""};
    for (const QueueRow &row : queue.rows)
      if (row.name == job.token && (!look.queue || row.id.job == job.id)) look.queue = row;
    if (const auto text = part.find(job.token); text != part.end()) {
      const auto record = parseExitRecord(text->second, job.token);
      if (record.ok())
        look.exit = *record;
      else
        look.exitProblem = record.error().text();
    }
    if (const auto shown = part.find("steps"); job.hasStep && shown != part.end()) look.idle = !hasStep(shown->second, job.id);
    looks.push_back(std::move(look));
  }
  if (accounting) ATTUNE_CHECK(addAccounts(looks, stop));
  return looks;
}

Status Client::addAccounts(std::vector<JobLook> &looks, const StopToken &stop) {
  std::vector<std::string> missing;
  for (const JobLook &look : looks)
    if (!look.queue) missing.push_back(look.token);
  if (missing.empty()) return {};
  ATTUNE_TRY(const CommandResult result, run(kAccount, {joined(missing), kAccountColumns}, kSeconds, stop));
  for (const AccountRow &row : parseAccount(result.out))
    for (JobLook &look : looks)
      if (!look.queue && look.token == row.name) look.account = row;
  return {};
}

Result<CommandResult> Client::act(const char *script, const JobKey &job, const StopToken &stop) {
  ATTUNE_CHECK(checkKey(job));
  ATTUNE_TRY(CommandResult result, run(script, {job.token, job.id}, 2 * kSeconds, stop));
  if (result.code == 66)
    return fault("JOB-GONE", "Slurm has no job " + job.id + " of ours any more.", m_host, "Look at its state: it may have ended.");
  if (result.code == 67) return fault("JOB-WAITING", "The job does not run now.", m_host, "Ask again when it runs.");
  if (result.code != 0)
    return fault("SLURM-REFUSED", "Slurm refused: " + printable(shortLine(result.err, 400)), m_host,
                 "Look at the job's state and try again.");
  return result;
}

Result<std::string> Client::cancel(const JobKey &job, const StopToken &stop) {
  ATTUNE_TRY(const CommandResult result, act(kCancel, job, stop));
  const std::string state = printable(result.out.substr(0, result.out.find('\n')));
  for (const char *alive : {"PENDING", "RUNNING", "SUSPENDED", "CONFIGURING", "REQUEUED"})
    if (state == alive)
      return fault("CANCEL-SLOW", "The job was asked to end and is still " + state + ".", m_host,
                   "Its state is looked at again by itself.");
  return state;
}

Status Client::stop(const JobKey &job, const StopToken &stop) {
  ATTUNE_CHECK(act(kStop, job, stop));
  return {};
}

Status Client::hold(const JobKey &job, const StopToken &stop) {
  ATTUNE_CHECK(act(kHold, job, stop));
  return {};
}

Status Client::release(const JobKey &job, const StopToken &stop) {
  ATTUNE_CHECK(act(kRelease, job, stop));
  return {};
}

Status Client::checkpoint(const JobKey &job, const StopToken &stop) {
  ATTUNE_CHECK(act(kCheckpoint, job, stop));
  return {};
}

} // namespace attune::remote::slurm
