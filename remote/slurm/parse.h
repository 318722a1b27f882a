// What Slurm's commands print, read as hostile text: bounded rows, checked numbers, names never believed.
// Pure functions, any thread. A row that is not as we asked for it is left out and counted; what cannot be an answer at all
// is MalformedFile, with the command as `where`. The formats asked for are constants here, beside their readers.
#pragma once

#include "core/api/cluster.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::remote::slurm {

constexpr size_t kMaxRow = 65536; // bytes; a longer row is left out

/// "123", "123_4" or "123_[4-6%2]", whole.
struct JobId {
  std::string job;  // the digits before "_"
  std::string task; // "4" or "[4-6%2]"; empty without an array
  std::string text() const { return task.empty() ? job : job + "_" + task; }
};
std::optional<JobId> parseJobId(std::string_view text);

/// Minutes of "5:00", "2-00:00:00" or "30", rounded up; -1 for "infinite" and "UNLIMITED".
std::optional<int64_t> parseMinutes(std::string_view text);

/// {"dcu": 2} of "dcu:2(S:0)", "dcu:z100:2" and lists of these; a type is added to its name's count.
std::map<std::string, int64_t> parseGres(std::string_view text);

/// The text with control bytes and invalid UTF-8 as U+FFFD, for showing.
std::string printable(std::string_view text);

struct QueueRow {
  JobId id;
  std::string state;  // "RUNNING"; unknown ones are kept
  std::string reason; // "Resources", "None"
  std::string submitted, started, ends, nodes;
  std::string user, partition;
  std::string name; // as it is, all bytes: anyone may have chosen it
};
struct Queue {
  std::vector<QueueRow> rows;
  size_t ignored = 0;
};
/// For `squeue -h -o`: `mark`, which is random, opens each row, so a name with newlines cannot forge one.
std::string queueFormat(const std::string &mark);
Queue parseQueue(std::string_view text, const std::string &mark);

using Partition = api::ClusterPartition;
/// For `sinfo -h -N -O`: one row a node and partition in fixed columns.
extern const char *const kNodeColumns;
/// Partitions in the order of the answer.
Result<std::vector<Partition>> parseNodes(std::string_view text);

/// The id that `sbatch --parsable` printed ("4" or "4;cluster"), on the last line.
Result<JobId> parseSubmitted(std::string_view text);

struct Allocation {
  JobId id;
  bool granted = false;
};
/// From the stderr of `salloc`: "salloc: Pending|Granted job allocation N". Nothing when no line says so.
std::optional<Allocation> parseAllocation(std::string_view text);
/// Whether a step that srun began stands in `squeue -h -s -o %i`: "12.0", not "12.extern".
bool hasStep(const std::string &list, const std::string &job);

/// `scontrol show config`: names and values.
std::map<std::string, std::string> parseConfig(std::string_view text);

/// `scontrol -o show job` of one job that is named `token`; MalformedFile when the record is of another name. The first of
/// equal keys counts, so that no later free text can replace a value.
Result<std::map<std::string, std::string>> parseJobRecord(std::string_view text, const std::string &token);

struct AccountRow {
  JobId id;
  std::string state; // "CANCELLED by 1001" is "CANCELLED", with who in `by`
  std::string by;
  int exitCode = 0, exitSignal = 0;
  std::string submitted, ended;
  std::string name;
};
/// For `sacct -X -n -P --delimiter=$'\x1f' --name=TOKENS -o`: rows of tokens alone, so no other name is among them.
extern const char *const kAccountColumns;
std::vector<AccountRow> parseAccount(std::string_view text);

} // namespace attune::remote::slurm
