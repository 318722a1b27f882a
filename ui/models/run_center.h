// Every run the window knows: those on disk, the one going in this process, those that wait for it to end, and those on clusters.
// Starts, resumes and steers them, and keeps the list fresh. GUI thread; disk, engine and network work happen elsewhere.
#pragma once

#include "core/api/run_store.h"
#include "ui/models/cluster_runs.h"
#include "ui/models/engine_gate.h"
#include "ui/models/run_model.h"
#include "ui/models/run_queue.h"

#include <QHash>
#include <QObject>
#include <QSet>
#include <QTimer>

#include <map>
#include <memory>
#include <vector>

namespace attune::ui {

class RunBridge;

/// What the active run was asked for and has not done yet: it looks between two steps.
enum class RunWish { None, Pause, Stop };

class RunCenter : public QObject {
  Q_OBJECT

public:
  RunCenter(const Services &services, TaskRunner &tasks, EngineGate &gate, QObject *parent = nullptr);
  ~RunCenter() override;
  /// Writes at once, on this thread, what is still to be written.
  void flush();

  /// Newest first; runs of this process carry their live figures.
  const std::vector<api::RunSummary> &runs() const { return m_runs; }
  const api::RunSummary *find(const QString &folder) const;
  /// Whether the list has been read once.
  bool known() const { return m_known; }
  /// The run's figures; begins to read them when they are not here yet. Null only for an unknown folder.
  RunModel *model(const QString &folder);
  /// The run that goes in this process, or an empty text.
  QString active() const { return m_active; }
  RunWish wish() const { return m_wish; }
  const RunQueue &queue() const { return m_queue; }
  /// Whether the run goes in this process or waits to, or goes on a cluster and is followed from here.
  bool isLive(const QString &folder) const {
    return !folder.isEmpty() && (folder == m_active || m_queue.place(folder) > 0 || isRemote(folder));
  }
  bool isRemote(const QString &folder) const { return m_remote && m_remote->isLive(folder); }
  /// The runs on clusters; null without the supercomputer client.
  ClusterRuns *remote() const { return m_remote.get(); }
  /// Runs that waited when the studio was last closed wait on until somebody starts one or calls releaseQueue().
  bool isQueueHeld() const { return m_held && !m_queue.empty(); }
  void releaseQueue();
  /// Nothing starts any more: the window goes when the active run has ended. What is asked for waits for the next time.
  void beginEnding() { m_held = m_ending = true; }
  /// The settings of a run that has no folder yet; nothing for one on disk.
  std::optional<api::RunConfig> unwrittenConfig(const QString &folder) const;
  /// Whether the run ended, here, before it had a folder.
  bool hasNoFolder(const QString &folder) const { return m_unbegun.contains(folder); }

  /// Starts a run in a fresh folder and returns that folder; failures arrive as the run's end.
  QString requestStart(const api::RunConfig &config, const std::optional<api::ClusterTarget> &cluster = {});
  void requestContinue(const QString &folder);
  void requestPause(const QString &folder);
  void requestUnpause(const QString &folder);
  void requestStop(const QString &folder); // takes a waiting run out of the queue
  void moveInQueue(const QString &folder, int by);
  std::optional<api::RunRequest> takeOut(const QString &folder);
  void putBack(const api::RunRequest &request, int place);
  void requestCheckpoint(const QString &folder);
  void writeNotes(const QString &folder, const api::RunNotes &notes);
  void refresh();
  /// Takes a run out of the list after its folder is gone.
  void forget(const QString &folder);
  /// A run folder that lies outside the workspace joins the list for this session.
  void open(const QString &folder);

Q_SIGNALS:
  void listChanged();
  void runChanged(const QString &folder); // figures or state of the active run; twice a second at most, but a new state at once
  void runEnded(const QString &folder);
  void stoppedBeforeItBegan(const QString &name, const attune::api::RunRequest &request); // it is no longer in the list
  void failed(const QString &message);

private:
  void addSummary(const api::RunRequest &request);
  void enqueue(api::RunRequest request, int place);
  void connectRemote();
  void startRemote(const api::RunRequest &request);
  void startNext();
  void launch(api::RunRequest request);
  void keepQueue();
  std::vector<api::RunRequest> queueToKeep() const;
  void finishEarly(api::RunOutcome outcome, std::optional<api::RunErrorInfo> error);
  void onArrived(const QString &folder, const std::vector<api::RunEvent> &events);
  void updateSummary(const QString &folder);
  void tellChange(const QString &folder, bool atOnce);
  void setWish(RunWish wish);
  void measure(const QString &folder);
  void end(QString folder);
  void endRemote(const QString &folder);
  api::RunSummary *entry(const QString &folder);

  const Services &m_services;
  TaskRunner &m_tasks;
  EngineGate &m_gate;
  std::vector<api::RunSummary> m_runs;
  std::vector<std::string> m_opened; // outside the workspace
  QHash<QString, RunModel *> m_models;
  QSet<QString> m_endedMeanwhile; // since the listing under way began: newer here than there
  QString m_active;
  RunWish m_wish = RunWish::None;
  std::optional<api::RunRequest> m_loading;  // the active run's, until it begins: so long it counts as waiting on disk
  QHash<QString, api::RunRequest> m_unbegun; // failed before they began: in the list for this session
  RunBridge *m_bridge = nullptr;             // of the active run
  std::shared_ptr<api::RunHandle> m_handle;
  RunQueue m_queue;
  bool m_held = true, m_ending = false;
  QTimer m_changes;
  QSet<QString> m_changeWaits;
  QHash<QString, std::shared_ptr<Task>> m_reading;
  QHash<QString, std::vector<api::RunEvent>> m_early; // of a live run whose past is being read
  Task m_listing, m_keeping;
  std::map<QString, Task> m_measuring;
  bool m_known = false;
  bool m_queueUnwritten = false;
  std::map<std::string, api::RunNotes> m_notesUnwritten; // by folder
  std::map<std::string, Task> m_noting;
  std::unique_ptr<ClusterRuns> m_remote;
  std::unique_ptr<TaskRunner> m_disk; // one thread: the last write is the newest
};

} // namespace attune::ui
