// One run on a cluster, from the wish to the files at home: a row of restartable steps whose state is the run's journal. Its work is
// done on the host's worker; the handle's calls come from any thread. The journal and events.jsonl stay locked until it is over.
// Every run ends in exactly one run_finished at its sink, whatever happens; nothing is submitted twice.
#pragma once

#include "core/api/cluster_run.h"
#include "core/base/clock.h"
#include "remote/run/event_spool.h"
#include "remote/run/host_worker.h"
#include "remote/run/job_journal.h"
#include "remote/run/log_spool.h"
#include "remote/run/stage.h"

#include <memory>
#include <mutex>
#include <random>

namespace attune::remote {

class RemoteRun : public api::ClusterRun, public Follower, public std::enable_shared_from_this<RemoteRun> {
public:
  struct Setup {
    std::string folder; // local; run.json stands in it
    api::RunConfig config;
    api::ClusterProfile profile;
    int64_t stopAfter = 0;
    std::shared_ptr<api::EventSink> sink;
    std::shared_ptr<HostWorker> worker;
    std::function<void(const api::ClusterJob &)> changed; // on the worker's thread
  };
  /// A new job, in the journal before anything else happens.
  static Result<std::shared_ptr<RemoteRun>> begin(Setup setup, const api::ClusterTarget &target);
  /// A job of an earlier time; one that is over ends at once.
  static Result<std::shared_ptr<RemoteRun>> takeUp(Setup setup);
  /// Another job that goes on where the last one of this run ended. Usage while that is not over.
  static Result<std::shared_ptr<RemoteRun>> goOn(Setup setup, const api::ClusterTarget *target);

  std::string folder() const override { return m_setup.folder; }
  bool canPause() const override { return false; }
  void requestPause() override {}
  void requestResume() override {}
  void requestStop() override;
  void requestCheckpoint() override;
  bool finished() const override { return job().phase == api::JobPhase::Over; }
  api::ClusterJob job() const override;
  void cancel(api::Cluster::Answer<std::string> answer) override;
  void fetch(api::FetchWhat what, api::TransferProgress progress, StopToken stop, api::Cluster::Answer<void> answer) override;
  void removeRemote(api::Cluster::Answer<void> answer) override;

  void onConnected(Host &host) override;
  bool follow(Host &host) override;
  bool hasWork() override;
  void work(Host &host) override;
  bool wantsLook(slurm::JobKey &key, double &when) override;
  void onLook(const slurm::JobLook &look) override;
  void onFailedLook(const Error &error) override;
  bool over() override { return m_over; }

private:
  enum class Step { Stage, Submit, Find, StartInside, GiveBack, Finish, Leave, None };

  explicit RemoteRun(Setup setup) : m_setup(std::move(setup)) {}
  Status open(std::unique_ptr<JobJournal> journal);
  Step nextStep() const;
  Status stageAll(Host &host);
  Status submit(Host &host);
  Status find(Host &host);
  Result<std::vector<slurm::JobId>> giveUp(Host &host);
  Status startInside(Host &host);
  Status giveBack(Host &host);
  void doubtDone(Host &host);
  Status seeLaunch(Host &host);
  Status bringHome(Host &host);
  void fail(const Error &error);
  void finish();
  void leave();
  void letGo();
  api::RunFinished ending() const;
  bool drained();
  void stopNow(Result<Host *> host);
  bool beforeSubmission() const { return !m_record.submitting; }
  slurm::JobKey key() const { return {m_record.token, m_record.progress.id, m_record.inside || m_unseenStarts > 1}; }
  slurm::Submission submission() const { return {m_record.token, m_record.folder, requestOf(m_record.target)}; }
  StageJob stageJob();
  Status save();
  void onState(const slurm::JobProgress &before);
  void warn(const std::string &code, const std::string &message);
  void publish(const std::string &text = "");
  api::JobPhase phase() const;
  std::string sentence() const;
  template <typename Do> void onHost(Do work, bool isLong);

  const Setup m_setup;
  const Clock m_clock = Clock::system();

  mutable std::mutex m_mutex; // guards the next ones
  api::ClusterJob m_job;
  int m_stopsAsked = 0;

  // The worker's thread alone, from the first follow() on.
  std::unique_ptr<JobJournal> m_journal;
  JobRecord m_record; // as the journal has it, or is about to
  std::unique_ptr<EventSpool> m_events;
  std::unique_ptr<LogSpool> m_log;
  std::unique_ptr<FileTail> m_eventTail, m_logTail;
  StopSource m_abandon; // of what goes on before the submission
  std::optional<Error> m_problem;
  std::string m_reasonText, m_nodes, m_expectedStart;
  std::optional<slurm::ExitRecord> m_exit;
  bool m_working = false; // inside work(), which lets other requests in
  bool m_queueRuns = false, m_fetching = false, m_logSeen = false, m_logFull = false, m_endSeen = false, m_wasMissing = false,
       m_eventsGivenUp = false, m_exitDoubted = false, m_gone = false; // m_gone: the folder here
  int m_idleLooks = 0, m_broken = 0;                                   // in a row
  int m_unseenStarts = 0;
  bool m_gaveBack = false;
  double m_followAt = 0, m_pause = 0.2, m_lookAt = 0, m_workAt = 0, m_retry = 5, m_drainBegun = 0, m_wholeSince = 0, m_drainSince = 0,
         m_writtenAt = 0;
  uint64_t m_drainSize = 0;
  std::string m_written; // cluster.json
  std::mt19937 m_random{std::random_device{}()};
  std::atomic<bool> m_over{false};
};

} // namespace attune::remote
