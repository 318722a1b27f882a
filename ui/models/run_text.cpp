#include "ui/models/run_text.h"

#include "ui/models/cluster_text.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/visible_text.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <cstring>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Runs)
};

QString phaseText(api::RunPhase phase) {
  switch (phase) {
  case api::RunPhase::Waiting: return Words::tr("waiting");
  case api::RunPhase::Running: return Words::tr("training");
  case api::RunPhase::Interrupted: return Words::tr("interrupted");
  case api::RunPhase::Completed: return Words::tr("done");
  case api::RunPhase::Stopped: return Words::tr("stopped");
  case api::RunPhase::Failed: return Words::tr("failed");
  case api::RunPhase::Unreadable: return Words::tr("cannot be read");
  }
  return {};
}

} // namespace

Tone phaseTone(api::RunPhase phase) {
  switch (phase) {
  case api::RunPhase::Waiting: return Tone::Muted;
  case api::RunPhase::Running: return Tone::Accent;
  case api::RunPhase::Completed: return Tone::Success;
  case api::RunPhase::Interrupted:
  case api::RunPhase::Stopped: return Tone::Warning;
  case api::RunPhase::Failed:
  case api::RunPhase::Unreadable: return Tone::Danger;
  }
  return Tone::Muted;
}

QString stateText(const api::RunSummary &run, RunCenter &runs) {
  const QString folder = QString::fromStdString(run.folder);
  if (const int place = runs.queue().place(folder); place > 0) return Words::tr("waiting, place %1").arg(place);
  const bool remote = runs.isRemote(folder);
  const api::ClusterJob *job = remote ? runs.remote()->job(folder) : nullptr;
  if (job && job->phase != api::JobPhase::Over && (job->phase != api::JobPhase::Running || job->unknown)) return jobPhaseText(*job);
  const RunModel *figures = remote || folder == runs.active() ? runs.model(folder) : nullptr;
  if (!figures) return phaseText(run.phase);
  if (remote && figures->state() == api::RunState::Waiting) return Words::tr("starting");
  if (!remote && runs.wish() == RunWish::Stop) return Words::tr("stopping");
  switch (figures->state()) {
  case api::RunState::Loading: return Words::tr("loading");
  case api::RunState::Paused: return Words::tr("paused");
  case api::RunState::Evaluating: return Words::tr("validating");
  case api::RunState::Saving: return Words::tr("saving");
  case api::RunState::Waiting:
  case api::RunState::Training: break;
  }
  return phaseText(run.phase);
}

QStringList stateTexts() {
  QStringList texts = {Words::tr("waiting, place %1").arg(99),
                       Words::tr("stopping"),
                       Words::tr("loading"),
                       Words::tr("paused"),
                       Words::tr("validating"),
                       Words::tr("saving")};
  for (const auto phase : {api::RunPhase::Waiting, api::RunPhase::Running, api::RunPhase::Interrupted, api::RunPhase::Completed,
                           api::RunPhase::Stopped, api::RunPhase::Failed, api::RunPhase::Unreadable})
    texts.append(phaseText(phase));
  api::ClusterJob job;
  for (const auto phase : {api::JobPhase::Preflight, api::JobPhase::Staging, api::JobPhase::Submitting, api::JobPhase::Queued}) {
    job.phase = phase;
    texts.append(jobPhaseText(job));
  }
  return texts;
}

QString progressText(const api::RunSummary &run, const RunModel &figures, RunWish wish) {
  const QString at = run.totalSteps > 0 ? Words::tr("step %1 of %2").arg(countText(run.step), countText(run.totalSteps)) : QString();
  const bool loading = figures.state() == api::RunState::Loading;
  if (wish != RunWish::None && figures.state() != api::RunState::Saving) {
    if (wish == RunWish::Stop) return loading ? Words::tr("stopping once the model is loaded") : Words::tr("stopping after this step");
    return loading ? Words::tr("pausing once the model is loaded") : Words::tr("pausing after this step");
  }
  switch (figures.state()) {
  case api::RunState::Loading: return Words::tr("loading the model");
  case api::RunState::Waiting: return Words::tr("waiting for its turn");
  case api::RunState::Evaluating: return at + QStringLiteral(" · ") + Words::tr("validating");
  case api::RunState::Saving: return at + QStringLiteral(" · ") + Words::tr("saving");
  case api::RunState::Paused: return Words::tr("paused at step %1 of %2").arg(countText(run.step), countText(run.totalSteps));
  case api::RunState::Training: break;
  }
  const double left = figures.secondsLeft();
  if (at.isEmpty()) return Words::tr("starting");
  return left >= 0 ? at + QStringLiteral(" · ") + Words::tr("%1 left").arg(durationText(left)) : at;
}

QString methodText(api::Method method) {
  switch (method) {
  case api::Method::Full: return Words::tr("Full");
  case api::Method::Freeze: return Words::tr("Last layers");
  case api::Method::Lora: return QStringLiteral("LoRA");
  }
  return {};
}

QString shortName(const std::string &path) {
  const QString name = onOneLine(QFileInfo(QString::fromStdString(path)).fileName()); // the disk is not asked
  for (const char *ending : {".gguf", ".safetensors", ".jsonl", ".json", ".csv", ".tsv", ".txt", ".md"})
    if (name.endsWith(QLatin1String(ending), Qt::CaseInsensitive)) return name.chopped(static_cast<qsizetype>(strlen(ending)));
  return name;
}

} // namespace attune::ui
