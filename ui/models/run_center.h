// Every run the window knows: those on disk and those going in this process. Starts, resumes and steers them, and keeps
// the list fresh. GUI thread; disk and engine work happen elsewhere.
#pragma once

#include "core/api/run_store.h"
#include "ui/models/engine_gate.h"
#include "ui/models/run_model.h"

#include <QHash>
#include <QObject>

#include <memory>
#include <vector>

namespace attune::ui {

class RunBridge;

class RunCenter : public QObject {
  Q_OBJECT

public:
  RunCenter(const Services &services, TaskRunner &tasks, EngineGate &gate, QObject *parent = nullptr);

  /// Newest first; runs of this process carry their live figures.
  const std::vector<api::RunSummary> &runs() const { return m_runs; }
  const api::RunSummary *find(const QString &folder) const;
  /// Whether the list has been read once.
  bool known() const { return m_known; }
  /// The run's figures; begins to read them when they are not here yet. Null only for an unknown folder.
  RunModel *model(const QString &folder);
  /// The run that goes in this process, or an empty text.
  QString active() const;
  bool isLive(const QString &folder) const { return m_live.contains(folder); }

  /// Starts a run in a fresh folder and returns that folder; failures arrive as the run's end.
  QString requestStart(const api::RunConfig &config);
  void requestContinue(const QString &folder);
  void requestPause(const QString &folder);
  void requestUnpause(const QString &folder);
  void requestStop(const QString &folder);
  void requestCheckpoint(const QString &folder);
  void writeNotes(const QString &folder, const api::RunNotes &notes);
  void refresh();
  /// Takes a run out of the list after its folder is gone.
  void forget(const QString &folder);
  /// A run folder that lies outside the workspace joins the list for this session.
  void open(const QString &folder);

Q_SIGNALS:
  void listChanged();
  void runChanged(const QString &folder); // figures or state of a live run
  void runEnded(const QString &folder);
  void failed(const QString &message);

private:
  struct Live {
    RunBridge *bridge = nullptr;
    std::shared_ptr<api::RunHandle> handle;
  };
  void launch(const QString &folder, api::RunRequest request);
  void onArrived(const QString &folder, const std::vector<api::RunEvent> &events);
  void updateSummary(const QString &folder);
  void end(const QString &folder);
  api::RunSummary *entry(const QString &folder);

  const Services &m_services;
  TaskRunner &m_tasks;
  EngineGate &m_gate;
  std::vector<api::RunSummary> m_runs;
  std::vector<std::string> m_opened; // outside the workspace
  QHash<QString, RunModel *> m_models;
  QHash<QString, Live> m_live;
  QHash<QString, std::shared_ptr<Task>> m_reading;
  QHash<QString, std::vector<api::RunEvent>> m_early; // of a live run whose past is being read
  Task m_listing, m_writing;
  bool m_known = false;
};

} // namespace attune::ui
