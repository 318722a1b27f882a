// A run on a cluster as `watch` and `submit` see it through: attaches by its journal, or reads along where another process
// follows it, and takes over when that one ends. Shows what the run folder gathers: events, or the job's log.
// Main thread only. Ends with why the run cannot be followed: the first connection failed, or a lost one needs a person.
#pragma once

#include "app/cli/command/event_printer.h"
#include "app/cli/remote/cluster_client.h"

#include <chrono>
#include <memory>
#include <string>

namespace attune::app {

/// The lines of a growing local file as they come; also of one that is put in its place.
class GrowingFile {
public:
  explicit GrowingFile(std::string path) : m_path(std::move(path)) {}
  ~GrowingFile();
  GrowingFile(const GrowingFile &) = delete;
  GrowingFile &operator=(const GrowingFile &) = delete;
  /// What is new, at most a megabyte; nothing where there is no file (yet).
  std::string take();

private:
  void reopenIfReplaced();
  const std::string m_path;
  int m_file = -1;
};

/// Keeps a run's one end and the warnings, which arrive on the cluster's thread; everything else is read from the folder.
class LastEvent : public api::EventSink {
public:
  void push(const api::RunEvent &event) override;
  std::optional<api::RunEvent> end() const;
  /// What was warned of first.
  std::vector<std::string> warnings() const;

private:
  mutable std::mutex m_mutex;
  std::vector<std::string> m_warnings;
  std::optional<api::RunEvent> m_end;
};

class RunFollower {
public:
  enum class Show { Nothing, Events, Log };

  RunFollower(CommandContext &context, ClusterClient &client, std::string folder);

  /// Goes on with a run whose events go to `last`.
  void take(std::shared_ptr<api::ClusterRun> run, std::shared_ptr<LastEvent> last);
  /// Takes the run up, unless another process follows it; its errors otherwise.
  Status attach();

  /// Until the job has its number, or is over.
  Result<api::ClusterJob> untilSubmitted();
  /// Until it is over; the exit code, as that of `train`. Interrupted for a Ctrl-C, which leaves the job alone.
  Result<int> untilOver(Show show);
  /// Until it is over or the time has passed, showing nothing.
  Result<api::ClusterJob> untilOver(double seconds);

  /// The handle of a run that this process follows; null while another does.
  const std::shared_ptr<api::ClusterRun> &run() const { return m_run; }

private:
  Result<api::ClusterJob> look(bool withStatus);
  Status checkLink();
  void showNews(Show show);
  api::RunFinished end(const api::ClusterJob &job) const;
  void rest() const;

  CommandContext &m_context;
  ClusterClient &m_client;
  LinkWatch m_link;
  const std::string m_folder;
  std::shared_ptr<api::ClusterRun> m_run;
  std::shared_ptr<api::Cluster> m_cluster;
  std::shared_ptr<LastEvent> m_last;
  EventPrinter m_printer;
  GrowingFile m_events, m_log;
  std::string m_partial;                  // of a line of events, or of a character of the log
  std::optional<api::RunEvent> m_fileEnd; // the last run_finished there: of an attempt, until the run is over
  std::string m_status, m_linkText, m_problem;
  api::JobPhase m_phase = api::JobPhase::Preflight;
  bool m_wasOnline = false;
  std::chrono::steady_clock::time_point m_triedAt;
};

} // namespace attune::app
