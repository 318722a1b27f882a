// What lies in a job's folder on the cluster: run.sh (constant text), job.env (its values) and exit.json (its last word).
// Pure functions, any thread. A value with a NUL byte is Usage with its name; an exit.json that is not of this token is
// MalformedFile. Nothing here is built by substitution into shell text, and nothing in job.env is evaluated there.
#pragma once

#include "core/base/result.h"

#include <map>
#include <string>
#include <vector>

namespace attune::remote::slurm {

/// The text of run.sh.
std::string runScript();

struct JobValues {
  std::string token;                    // "attune-" and 12 hex digits
  std::string environment = {};         // a script to source first; empty = none
  std::vector<std::string> command;     // the trainer's words
  std::vector<std::string> resume = {}; // from the second attempt on, if resumeNeeds is there
  std::string resumeNeeds = {};         // a path in the job's folder
  std::string manifest = {};            // the folder whose files exit.json lists with their hashes
  std::map<std::string, std::string> variables = {};
  int64_t threads = 0;  // --threads of the first command: at most these, what Slurm gave and what the node has; 0 = not said
  bool requeue = true;  // at the time limit
  bool release = false; // salloc: cancel the allocation at the end
  int graceSeconds = 120;
  int lockWaitSeconds = 90; // for an earlier attempt to end
};
/// The text of job.env.
Result<std::string> jobEnvironment(const JobValues &values);

bool isToken(const std::string &text);
/// A relative path without control bytes, "." and "..": one that leaves no folder it is put into.
bool staysInside(const std::string &path);

struct ManifestFile {
  uint64_t size = 0;
  std::string sha256;
};
struct ExitRecord {
  int code = 0;
  int signal = 0;   // a code of 128 + n counts as signal n
  std::string stop; // "limit", "term" or empty: who asked the trainer to stop
  bool environmentFailed = false;
  bool environmentEnded = false; // the shell, while it was sourced
  int environmentCode = 0;
  int attempt = 0;
  std::string nonce;
  uint64_t logSize = 0;
  std::map<std::string, ManifestFile> manifest; // by path; none leaves the folder
};
Result<ExitRecord> parseExitRecord(const std::string &text, const std::string &token);

/// "@@attune start TOKEN attempt=1 host=H time=T nonce=N@@" and its like.
struct LogMark {
  std::string kind; // "start", "environment", "requeue", "refused", "end"
  std::map<std::string, std::string> values;
};
/// False for every other line. A trainer can print such a line: only exit.json and the scheduler end a job.
bool parseLogMark(const std::string &line, const std::string &token, LogMark &mark);

} // namespace attune::remote::slurm
