#include "ui/models/run_center.h"

#include "core/api/event_json.h"
#include "core/api/event_queue.h"
#include "ui/bridge/run_bridge.h"

#include <QDateTime>

#include <algorithm>
#include <cmath>

namespace attune::ui {

RunCenter::RunCenter(const Services &services, TaskRunner &tasks, EngineGate &gate, QObject *parent)
    : QObject(parent), m_services(services), m_tasks(tasks), m_gate(gate) {}

api::RunSummary *RunCenter::entry(const QString &folder) {
  const std::string key = folder.toStdString();
  const auto found = std::find_if(m_runs.begin(), m_runs.end(), [&](const api::RunSummary &run) { return run.folder == key; });
  return found == m_runs.end() ? nullptr : &*found;
}

const api::RunSummary *RunCenter::find(const QString &folder) const { return const_cast<RunCenter *>(this)->entry(folder); }

QString RunCenter::active() const {
  for (auto live = m_live.begin(); live != m_live.end(); ++live) {
    const auto *model = m_models.value(live.key());
    if (model && model->state() != api::RunState::Waiting) return live.key();
  }
  return m_live.isEmpty() ? QString() : m_live.begin().key();
}

void RunCenter::refresh() {
  m_listing = m_tasks.run(
      this,
      [store = m_services.runs, opened = m_opened](StopToken stop) {
        std::vector<api::RunSummary> runs = store->list(stop);
        for (const std::string &folder : opened) runs.push_back(store->summary(folder));
        return runs;
      },
      [this](std::vector<api::RunSummary> runs) {
        // A live run's entry here is newer than what the disk had a moment ago, and may not have a folder yet.
        for (auto live = m_live.begin(); live != m_live.end(); ++live) {
          const api::RunSummary *mine = entry(live.key());
          if (!mine) continue;
          const auto same = std::find_if(runs.begin(), runs.end(), [&](const auto &run) { return run.folder == mine->folder; });
          if (same == runs.end())
            runs.insert(runs.begin(), *mine);
          else
            *same = *mine;
        }
        m_runs = std::move(runs);
        m_known = true;
        Q_EMIT listChanged();
      });
}

void RunCenter::open(const QString &folder) {
  const std::string path = folder.toStdString();
  if (!find(folder) && std::find(m_opened.begin(), m_opened.end(), path) == m_opened.end()) m_opened.push_back(path);
  refresh();
}

void RunCenter::forget(const QString &folder) {
  const std::string path = folder.toStdString();
  m_runs.erase(std::remove_if(m_runs.begin(), m_runs.end(), [&](const auto &run) { return run.folder == path; }), m_runs.end());
  m_opened.erase(std::remove(m_opened.begin(), m_opened.end(), path), m_opened.end());
  m_reading.remove(folder);
  if (RunModel *model = m_models.take(folder)) model->deleteLater();
  Q_EMIT listChanged();
}

RunModel *RunCenter::model(const QString &folder) {
  if (RunModel *known = m_models.value(folder)) return known;
  if (!find(folder)) return nullptr;
  auto *model = new RunModel(folder, this);
  m_models.insert(folder, model);
  m_reading.insert(folder, std::make_shared<Task>(m_tasks.run(
                               model,
                               [store = m_services.runs, path = folder.toStdString()](StopToken stop) {
                                 auto queue = std::make_unique<api::EventQueue>();
                                 static_cast<void>(store->replay(path, *queue, stop)); // what could be read is shown
                                 return api::currentEvents(queue->take());
                               },
                               [this, model, folder](std::vector<api::RunEvent> events) {
                                 const int64_t last = events.empty() ? 0 : events.back().seq;
                                 model->apply(events);
                                 m_reading.remove(folder);
                                 // What arrived meanwhile and was not on disk yet.
                                 std::vector<api::RunEvent> newer = m_early.take(folder);
                                 newer.erase(std::remove_if(newer.begin(), newer.end(),
                                                            [last](const auto &event) { return event.seq > 0 && event.seq <= last; }),
                                             newer.end());
                                 if (!newer.empty()) onArrived(folder, newer);
                               })));
  return model;
}

QString RunCenter::requestStart(const api::RunConfig &config) {
  const std::string path = m_services.runs->freshFolder(config.name);
  const QString folder = QString::fromStdString(path);
  api::RunSummary run;
  run.folder = path;
  run.name = config.name;
  run.model = config.model;
  if (!config.dataset.empty()) run.data = config.dataset.front().path;
  run.method = config.method;
  run.startedAt = static_cast<double>(QDateTime::currentMSecsSinceEpoch()) / 1000;
  run.phase = api::RunPhase::Waiting;
  m_runs.insert(m_runs.begin(), run);
  m_models.insert(folder, new RunModel(folder, this));
  api::RunRequest request;
  request.config = config;
  request.folder = path;
  launch(folder, std::move(request));
  return folder;
}

void RunCenter::requestContinue(const QString &folder) {
  api::RunSummary *run = entry(folder);
  RunModel *figures = model(folder);
  if (!run || !figures || m_live.contains(folder)) return;
  run->phase = api::RunPhase::Waiting;
  api::RunRequest request;
  request.folder = folder.toStdString();
  request.resume = true;
  launch(folder, std::move(request));
}

void RunCenter::launch(const QString &folder, api::RunRequest request) {
  auto *bridge = new RunBridge(this);
  m_live.insert(folder, {bridge, nullptr});
  connect(bridge, &RunBridge::arrived, this, [this, folder](const auto &events) { onArrived(folder, events); });
  connect(&m_gate, &EngineGate::failed, bridge, [this, folder] {
    api::RunFinished finished{api::RunOutcome::Failed, 0, api::RunErrorInfo{"engine", m_gate.failure()->text(), m_gate.failure()->hint}};
    onArrived(folder, {{0, static_cast<double>(QDateTime::currentMSecsSinceEpoch()) / 1000, finished}});
  });
  Q_EMIT listChanged();
  m_gate.whenReady(bridge, [this, folder, bridge, request = std::move(request)](api::Engine &engine) {
    auto handle = engine.backend().start(request, bridge->sink());
    if (handle.ok()) {
      m_live[folder].handle = *handle;
      return;
    }
    Q_EMIT failed(QString::fromStdString(handle.error().text()));
    end(folder);
  });
}

void RunCenter::onArrived(const QString &folder, const std::vector<api::RunEvent> &events) {
  RunModel *figures = m_models.value(folder);
  if (!figures) return;
  if (m_reading.contains(folder)) { // the past comes first
    auto &early = m_early[folder];
    early.insert(early.end(), events.begin(), events.end());
    return;
  }
  figures->apply(events);
  updateSummary(folder);
  Q_EMIT runChanged(folder);
  const bool over =
      std::any_of(events.begin(), events.end(), [](const auto &event) { return std::holds_alternative<api::RunFinished>(event.body); });
  if (over) end(folder);
}

void RunCenter::updateSummary(const QString &folder) {
  api::RunSummary *run = entry(folder);
  const RunModel *figures = m_models.value(folder);
  if (!run || !figures) return;
  run->step = figures->step();
  run->totalSteps = figures->totalSteps();
  if (!figures->steps().loss.empty()) run->loss = figures->steps().loss.back();
  if (!figures->evals().loss.empty()) run->validationLoss = figures->evals().loss.back();
  if (!figures->steps().time.empty()) run->seconds = std::max(run->seconds, figures->steps().time.back() - run->startedAt);
  run->phase = figures->state() == api::RunState::Waiting ? api::RunPhase::Waiting : api::RunPhase::Running;
  const auto &loss = figures->steps().loss;
  run->curve.clear();
  for (size_t i = 0; i < 48 && !loss.empty(); ++i) {
    const size_t at = i * loss.size() / 48;
    if (i == 0 || at != (i - 1) * loss.size() / 48) run->curve.push_back(static_cast<float>(loss[at]));
  }
  if (!figures->finished()) return;
  run->phase = figures->finished()->outcome == api::RunOutcome::Completed ? api::RunPhase::Completed
               : figures->finished()->outcome == api::RunOutcome::Stopped ? api::RunPhase::Stopped
                                                                          : api::RunPhase::Failed;
  run->error = figures->finished()->error ? figures->finished()->error->message : std::string();
}

void RunCenter::end(const QString &folder) {
  const Live live = m_live.take(folder);
  if (live.bridge) live.bridge->deleteLater();
  Q_EMIT runEnded(folder);
  Q_EMIT listChanged();
}

void RunCenter::requestPause(const QString &folder) {
  if (const auto handle = m_live.value(folder).handle) handle->requestPause();
}
void RunCenter::requestUnpause(const QString &folder) {
  if (const auto handle = m_live.value(folder).handle) handle->requestResume();
}
void RunCenter::requestStop(const QString &folder) {
  if (const auto handle = m_live.value(folder).handle) handle->requestStop();
}
void RunCenter::requestCheckpoint(const QString &folder) {
  if (const auto handle = m_live.value(folder).handle) handle->requestCheckpoint();
}

void RunCenter::writeNotes(const QString &folder, const api::RunNotes &notes) {
  api::RunSummary *run = entry(folder);
  if (!run) return;
  run->notes = notes;
  if (!notes.title.empty()) run->name = notes.title;
  Q_EMIT listChanged();
  m_writing = m_tasks.run(
      this, [store = m_services.runs, path = folder.toStdString(), notes](StopToken) { return store->writeNotes(path, notes); },
      [this](const Status &status) {
        if (!status.ok()) Q_EMIT failed(QString::fromStdString(status.error().text()));
      });
}

} // namespace attune::ui
