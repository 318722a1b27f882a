#include "ui/models/run_center.h"

#include "ui/bridge/run_bridge.h"
#include "ui/models/error_text.h"

#include <QDateTime>

#include <algorithm>
#include <cmath>

namespace attune::ui {

namespace {

double now() { return static_cast<double>(QDateTime::currentMSecsSinceEpoch()) / 1000; }

} // namespace

RunCenter::RunCenter(const Services &services, TaskRunner &tasks, EngineGate &gate, QObject *parent)
    : QObject(parent), m_services(services), m_tasks(tasks), m_gate(gate), m_disk(std::make_unique<TaskRunner>(nullptr, 1)) {
  m_changes.setSingleShot(true);
  m_changes.setInterval(500); // a training step on the CPU slows where another thread wants a core
  connect(&m_changes, &QTimer::timeout, this, [this] {
    for (const QString &folder : std::exchange(m_changeWaits, {}))
      if (isLive(folder)) Q_EMIT runChanged(folder);
  });
  if (m_services.clusters) connectRemote();
  connect(&m_gate, &EngineGate::failed, this, [this] {
    if (!m_active.isEmpty() && !m_handle)
      finishEarly(api::RunOutcome::Failed, api::RunErrorInfo{"engine", m_gate.failure()->text(), m_gate.failure()->hint});
  });
}

RunCenter::~RunCenter() { flush(); }

void RunCenter::flush() {
  m_disk.reset(); // what ran has ended, what waited is gone; nobody is left to be told of a failure
  if (std::exchange(m_queueUnwritten, false)) static_cast<void>(m_services.runs->writeQueue(queueToKeep()));
  for (const auto &[folder, notes] : std::exchange(m_notesUnwritten, {})) static_cast<void>(m_services.runs->writeNotes(folder, notes));
  m_disk = std::make_unique<TaskRunner>(nullptr, 1);
}

api::RunSummary *RunCenter::entry(const QString &folder) {
  const std::string key = folder.toStdString();
  const auto found = std::find_if(m_runs.begin(), m_runs.end(), [&](const api::RunSummary &run) { return run.folder == key; });
  return found == m_runs.end() ? nullptr : &*found;
}

const api::RunSummary *RunCenter::find(const QString &folder) const { return const_cast<RunCenter *>(this)->entry(folder); }

void RunCenter::refresh() {
  struct Found {
    std::vector<api::RunSummary> runs;
    api::KeptQueue queue;
  };
  m_endedMeanwhile.clear();
  m_listing = m_tasks.run(
      this,
      [store = m_services.runs, opened = m_opened, first = !m_known](StopToken stop) {
        Found found;
        found.runs = store->list(stop);
        for (const std::string &folder : opened)
          if (std::none_of(found.runs.begin(), found.runs.end(), [&](const auto &run) { return run.folder == folder; }))
            found.runs.push_back(store->summary(folder));
        if (first) found.queue = store->queue();
        return found;
      },
      [this](Found found) {
        // A live run's entry here is newer than what the disk had a moment ago, and may not have a folder yet; one that ended
        // meanwhile, too.
        for (const api::RunSummary &mine : m_runs) {
          const QString folder = QString::fromStdString(mine.folder);
          if (!isLive(folder) && !hasNoFolder(folder) && !m_endedMeanwhile.contains(folder)) continue;
          const auto same = std::find_if(found.runs.begin(), found.runs.end(), [&](const auto &run) { return run.folder == mine.folder; });
          if (same == found.runs.end())
            found.runs.insert(found.runs.begin(), mine);
          else
            *same = mine;
        }
        m_runs = std::move(found.runs);
        m_endedMeanwhile.clear();
        for (const api::RunRequest &request : found.queue.runs) {
          const QString folder = QString::fromStdString(request.folder);
          if (request.resume != (find(folder) != nullptr) || isLive(folder)) continue; // it is gone, or has begun
          addSummary(request);
          m_queue.add(request);
        }
        if (!std::exchange(m_known, true)) {
          keepQueue();
          if (m_remote) m_remote->attachAll();
        }
        if (found.queue.problem) Q_EMIT failed(errorText(*found.queue.problem));
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
  m_unbegun.remove(folder);
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
                                 RunHistory history;
                                 static_cast<void>(store->replay(path, history, stop)); // what could be read is shown
                                 return history;
                               },
                               [this, model, folder](RunHistory history) {
                                 const int64_t last = history.lastSeq;
                                 model->replace(std::move(history));
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

void RunCenter::connectRemote() {
  m_remote = std::make_unique<ClusterRuns>(*m_services.clusters, m_tasks);
  connect(m_remote.get(), &ClusterRuns::attached, this, [this](const QString &folder) {
    model(folder); // what came before is read while the news wait
    Q_EMIT listChanged();
  });
  connect(m_remote.get(), &ClusterRuns::arrived, this, &RunCenter::onArrived);
  connect(m_remote.get(), &ClusterRuns::jobChanged, this, [this](const QString &folder) {
    if (find(folder)) Q_EMIT runChanged(folder);
  });
  connect(m_remote.get(), &ClusterRuns::refused, this, [this](const api::RunRequest &request, const Error &error) {
    const QString folder = QString::fromStdString(request.folder);
    if (!request.resume) m_unbegun.insert(folder, request);
    onArrived(
        folder,
        {{0, now(), api::RunFinished{api::RunOutcome::Failed, 0, api::RunErrorInfo{errorCodeName(error.code), error.text(), error.hint}}}});
  });
}

/// A cluster has a queue of its own: nothing waits here.
void RunCenter::startRemote(const api::RunRequest &request) {
  const QString folder = QString::fromStdString(request.folder);
  addSummary(request);
  m_remote->start(request);
  onArrived(folder, {{0, now(), api::StateChanged{api::RunState::Loading}}, {0, now(), api::StateChanged{api::RunState::Waiting}}});
  Q_EMIT listChanged();
}

QString RunCenter::requestStart(const api::RunConfig &config, const std::optional<api::ClusterTarget> &cluster) {
  api::RunRequest request;
  request.config = config;
  request.cluster = cluster;
  const std::string fresh = m_services.runs->freshFolder(config.name);
  request.folder = fresh;
  for (int i = 2; find(QString::fromStdString(request.folder)); ++i) request.folder = fresh + "-" + std::to_string(i); // of one that waits
  const QString folder = QString::fromStdString(request.folder);
  if (cluster && m_remote)
    startRemote(request);
  else
    enqueue(std::move(request), 0);
  return folder;
}

void RunCenter::requestContinue(const QString &folder) {
  if (!find(folder) || !model(folder) || isLive(folder)) return;
  if (hasNoFolder(folder)) { // it begins anew
    const api::RunRequest request = m_unbegun.take(folder);
    return request.cluster ? startRemote(request) : enqueue(request, 0);
  }
  api::RunRequest request;
  request.folder = folder.toStdString();
  request.resume = true;
  if (m_remote && !find(folder)->cluster.empty()) return startRemote(request);
  enqueue(std::move(request), 0);
}

/// Shows the run as waiting, whether it is in the list already or new.
void RunCenter::addSummary(const api::RunRequest &request) {
  const QString folder = QString::fromStdString(request.folder);
  if (!entry(folder)) {
    api::RunSummary run;
    run.folder = request.folder;
    run.name = request.config.name;
    run.model = request.config.model;
    if (!request.config.dataset.empty()) run.data = request.config.dataset.front().path;
    run.method = request.config.method;
    run.startedAt = now();
    if (request.cluster) run.cluster = request.cluster->cluster;
    m_runs.insert(m_runs.begin(), run);
    m_models.insert(folder, new RunModel(folder, this));
  }
  entry(folder)->phase = api::RunPhase::Waiting;
  entry(folder)->error.clear();
  entry(folder)->errorCode.clear();
}

/// `place` 0 = where a person expects it: at the end, or before runs that wait since the last time.
void RunCenter::enqueue(api::RunRequest request, int place) {
  addSummary(request);
  if (place > 0)
    m_queue.insert(std::move(request), place);
  else if (!m_ending && std::exchange(m_held, false))
    m_queue.insert(std::move(request), 1);
  else
    m_queue.add(std::move(request));
  startNext();
}

void RunCenter::releaseQueue() {
  m_held = m_ending;
  startNext();
}

void RunCenter::startNext() {
  if (m_active.isEmpty() && !m_held && !m_queue.empty()) launch(m_queue.takeNext());
  keepQueue();
  Q_EMIT listChanged();
}

/// A run that loads has no folder yet, minutes long: it is kept with those that wait until it begins.
std::vector<api::RunRequest> RunCenter::queueToKeep() const {
  std::vector<api::RunRequest> queue = m_queue.waiting();
  if (m_loading) queue.insert(queue.begin(), *m_loading);
  return queue;
}

/// Not before the queue of the last time has been read.
void RunCenter::keepQueue() {
  if (!m_known) return;
  m_queueUnwritten = true;
  m_keeping = m_disk->run(
      this, [store = m_services.runs, queue = queueToKeep()](StopToken) { return store->writeQueue(queue); },
      [this](const Status &status) {
        m_queueUnwritten = false;
        if (!status.ok()) Q_EMIT failed(errorText(status.error()));
      });
}

std::optional<api::RunConfig> RunCenter::unwrittenConfig(const QString &folder) const {
  const std::string path = folder.toStdString();
  const api::RunRequest *request = m_loading && m_loading->folder == path ? &*m_loading : nullptr;
  if (const auto failed = m_unbegun.find(folder); failed != m_unbegun.end()) request = &*failed;
  for (const api::RunRequest &waiting : m_queue.waiting())
    if (waiting.folder == path) request = &waiting;
  if (!request || request->resume) return std::nullopt;
  return request->config;
}

void RunCenter::moveInQueue(const QString &folder, int by) {
  if (!m_queue.move(folder, by)) return;
  keepQueue();
  Q_EMIT listChanged();
}

std::optional<api::RunRequest> RunCenter::takeOut(const QString &folder) {
  auto request = m_queue.takeOut(folder);
  if (!request) return request;
  keepQueue();
  if (request->resume)
    refresh(); // it is again what it was
  else
    forget(folder);
  return request;
}

void RunCenter::putBack(const api::RunRequest &request, int place) {
  if (!isLive(QString::fromStdString(request.folder))) enqueue(request, std::max(1, place));
}

void RunCenter::launch(api::RunRequest request) {
  m_active = QString::fromStdString(request.folder);
  m_loading = request;
  m_bridge = new RunBridge(this);
  connect(m_bridge, &RunBridge::arrived, this, [this, folder = m_active](const auto &events) { onArrived(folder, events); });
  m_gate.whenReady(m_bridge, [this, bridge = m_bridge, request = std::move(request)](api::Engine &engine) {
    if (bridge != m_bridge) return; // stopped before the engine was there
    auto handle = engine.backend().start(request, bridge->sink());
    if (handle.ok())
      m_handle = *handle;
    else
      finishEarly(api::RunOutcome::Failed, api::RunErrorInfo{"engine", handle.error().text(), handle.error().hint});
  });
  if (m_bridge) onArrived(m_active, {{0, now(), api::StateChanged{api::RunState::Loading}}});
}

/// The end of the active run when the engine cannot or shall not say it itself.
void RunCenter::finishEarly(api::RunOutcome outcome, std::optional<api::RunErrorInfo> error) {
  const RunModel *figures = m_models.value(m_active);
  const api::RunFinished finished{outcome, figures ? figures->step() : 0, std::move(error)};
  onArrived(QString(m_active), {{0, now(), finished}});
}

void RunCenter::onArrived(const QString &folder, const std::vector<api::RunEvent> &events) {
  RunModel *figures = m_models.value(folder);
  if (!figures) return;
  const auto is = [&](auto kind) {
    return std::any_of(events.begin(), events.end(), [](const auto &event) { return std::holds_alternative<decltype(kind)>(event.body); });
  };
  if (folder == m_active && m_loading && is(api::RunStarted{})) { // run.json is there
    m_loading.reset();
    keepQueue();
    measure(folder);
  }
  if (m_reading.contains(folder)) { // the past comes first
    auto &early = m_early[folder];
    early.insert(early.end(), events.begin(), events.end());
    return;
  }
  const api::RunState before = figures->state();
  figures->apply(events);
  if (m_wish == RunWish::Pause && figures->state() == api::RunState::Paused) m_wish = RunWish::None;
  updateSummary(folder);
  const bool over = is(api::RunFinished{});
  tellChange(folder, over || figures->state() != before);
  if (over) end(folder);
}

void RunCenter::tellChange(const QString &folder, bool atOnce) {
  if (m_changes.isActive() && !atOnce) {
    m_changeWaits.insert(folder);
    return;
  }
  m_changeWaits.remove(folder);
  m_changes.start();
  Q_EMIT runChanged(folder);
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
  const api::RunErrorInfo error = figures->finished()->error.value_or(api::RunErrorInfo{});
  run->error = error.message;
  run->errorCode = error.code;
}

/// Its connection and its job stay: the result may still be fetched.
void RunCenter::endRemote(const QString &folder) {
  m_remote->release(folder);
  if (!hasNoFolder(folder)) {
    m_endedMeanwhile.insert(folder);
    measure(folder);
  }
  Q_EMIT runEnded(folder);
  Q_EMIT listChanged();
}

void RunCenter::end(QString folder) { // a copy: it may be m_active
  if (isRemote(folder)) return endRemote(folder);
  if (folder != m_active) return;
  m_active.clear();
  m_wish = RunWish::None;
  m_handle.reset();
  if (m_bridge) m_bridge->deleteLater();
  m_bridge = nullptr;
  const RunModel *figures = m_models.value(folder);
  const bool stopped = figures && figures->finished() && figures->finished()->outcome == api::RunOutcome::Stopped;
  std::optional<api::RunRequest> unbegun = std::exchange(m_loading, std::nullopt);
  if (unbegun && unbegun->resume) unbegun.reset(); // it has a folder
  if (unbegun && stopped && m_ending) {            // it can go on later, as was promised
    entry(folder)->phase = api::RunPhase::Waiting;
    m_queue.insert(*unbegun, 1);
  } else if (unbegun && !stopped) {
    m_unbegun.insert(folder, *unbegun);
  } else if (!unbegun) {
    m_endedMeanwhile.insert(folder);
  }
  Q_EMIT runEnded(folder);
  if (unbegun && stopped && !m_ending) {
    const api::RunSummary *run = find(folder);
    const QString name = run ? QString::fromStdString(run->name) : QString();
    forget(folder);
    Q_EMIT stoppedBeforeItBegan(name, *unbegun);
  } else if (!unbegun)
    measure(folder);
  startNext();
}

/// What only the folder tells of a run of this process.
void RunCenter::measure(const QString &folder) {
  m_measuring[folder] = m_tasks.run(
      this, [store = m_services.runs, path = folder.toStdString()](StopToken) { return store->summary(path); },
      [this, folder](const api::RunSummary &found) {
        m_measuring.erase(folder);
        api::RunSummary *run = entry(folder);
        if (!run) return;
        run->diskBytes = found.diskBytes;
        if (!found.cluster.empty()) run->cluster = found.cluster;
        run->forecastBytes = found.forecastBytes;
        run->peakBytes = found.peakBytes;
        Q_EMIT listChanged();
      });
}

void RunCenter::setWish(RunWish wish) {
  if (m_wish == RunWish::Stop) return;
  m_wish = wish;
  tellChange(m_active, true);
}

void RunCenter::requestPause(const QString &folder) {
  if (folder != m_active || !m_handle) return;
  m_handle->requestPause();
  setWish(RunWish::Pause);
}
void RunCenter::requestUnpause(const QString &folder) {
  if (folder != m_active || !m_handle) return;
  m_handle->requestResume();
  setWish(RunWish::None);
}
void RunCenter::requestCheckpoint(const QString &folder) {
  if (isRemote(folder)) return m_remote->requestCheckpoint(folder);
  if (folder == m_active && m_handle) m_handle->requestCheckpoint();
}
void RunCenter::requestStop(const QString &folder) {
  if (isRemote(folder)) return m_remote->requestStop(folder);
  if (folder.isEmpty() || folder != m_active)
    takeOut(folder);
  else if (m_handle) {
    m_handle->requestStop();
    setWish(RunWish::Stop);
  } else
    finishEarly(api::RunOutcome::Stopped, std::nullopt);
}

void RunCenter::writeNotes(const QString &folder, const api::RunNotes &notes) {
  api::RunSummary *run = entry(folder);
  if (!run) return;
  run->notes = notes;
  if (!notes.title.empty()) run->name = notes.title;
  Q_EMIT listChanged();
  const std::string path = folder.toStdString();
  m_notesUnwritten[path] = notes;
  m_noting[path] = m_disk->run(
      this, [store = m_services.runs, path, notes](StopToken) { return store->writeNotes(path, notes); },
      [this, path](const Status &status) {
        m_notesUnwritten.erase(path);
        if (!status.ok()) Q_EMIT failed(errorText(status.error()));
      });
}

} // namespace attune::ui
