// RUN/cluster/journal.jsonl: all that must outlive this program of one run's job, a line a change, flushed to disk before the
// change counts. One process at a time: the file is locked as long as the object lives. One thread.
// Fails with IoFailed (disk), Usage (another process follows this run), FileNotFound, MalformedFile, NewerSchema.
#pragma once

#include "core/api/cluster_profile.h"
#include "core/api/cluster_target.h"
#include "core/base/result.h"
#include "remote/slurm/job_state.h"

#include <memory>
#include <string>

namespace attune::remote {

struct JobRecord {
  std::string token;
  api::ClusterTarget target;
  std::string host; // of the profile, as it was when submitted; likewise:
  int port = -1;    // -1 in a journal of an earlier version
  std::string user;
  std::string resultDir; // "adapter" or "model"
  std::string folder;    // of the job, on the cluster; absolute once it is made
  std::string from;      // the folder of the job that this one goes on from; empty = a new run
  bool staged = false;
  bool submitting = false; // sbatch may have been run
  bool inside = false;     // salloc: run.sh is known to be started in the allocation
  bool fetched = false;
  bool removed = false;
  bool over = false; // run_finished stands in events.jsonl
  double submittedAt = 0, startedAt = 0;
  slurm::JobProgress progress;

  void goesTo(const api::ClusterProfile &profile);
  /// Usage when the profile names another host than the job went to: there nobody knows it, which would be taken for its end.
  Status checkGoesTo(const api::ClusterProfile &profile, const std::string &runFolder) const;
};

class JobJournal {
public:
  static Result<std::unique_ptr<JobJournal>> create(const std::string &runFolder, const JobRecord &record);
  static Result<std::unique_ptr<JobJournal>> open(const std::string &runFolder);
  ~JobJournal();
  JobJournal(const JobJournal &) = delete;
  JobJournal &operator=(const JobJournal &) = delete;

  const JobRecord &record() const { return m_record; }
  /// Writes what differs from what stands there. On failure record() stays what it was.
  Status update(const JobRecord &record);
  /// False once it was removed or moved away with its folder.
  bool isThere() const;

private:
  explicit JobJournal(int file, std::string path) : m_file(file), m_path(std::move(path)) {}
  static Result<std::unique_ptr<JobJournal>> lock(const std::string &path, bool fresh);
  Status append(const std::string &line);

  int m_file;
  std::string m_path;
  std::string m_written; // the record as JSON, as it stands in the file
  JobRecord m_record;
};

} // namespace attune::remote
