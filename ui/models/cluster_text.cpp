#include "ui/models/cluster_text.h"

#include "ui/models/error_text.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/visible_text.h"

#include <QCoreApplication>
#include <QStringList>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Clusters)
};

/// Slurm's words for waiting and ending; English has core's sentence for each.
[[maybe_unused]] constexpr const char *kReasons[] = {
    QT_TRANSLATE_NOOP("SlurmReason", "Resources"),
    QT_TRANSLATE_NOOP("SlurmReason", "Priority"),
    QT_TRANSLATE_NOOP("SlurmReason", "BeginTime"),
    QT_TRANSLATE_NOOP("SlurmReason", "Dependency"),
    QT_TRANSLATE_NOOP("SlurmReason", "JobArrayTaskLimit"),
    QT_TRANSLATE_NOOP("SlurmReason", "Licenses"),
    QT_TRANSLATE_NOOP("SlurmReason", "ReqNodeNotAvail"),
    QT_TRANSLATE_NOOP("SlurmReason", "Reservation"),
    QT_TRANSLATE_NOOP("SlurmReason", "QOSMaxJobsPerUserLimit"),
    QT_TRANSLATE_NOOP("SlurmReason", "AssocMaxJobsLimit"),
    QT_TRANSLATE_NOOP("SlurmReason", "AssocGrpGRES"),
    QT_TRANSLATE_NOOP("SlurmReason", "NonZeroExitCode"),
    QT_TRANSLATE_NOOP("SlurmReason", "TimeLimit"),
    QT_TRANSLATE_NOOP("SlurmReason", "NodeDown"),
    QT_TRANSLATE_NOOP("SlurmReason", "JobLaunchFailure"),
    QT_TRANSLATE_NOOP("SlurmReason", "DependencyNeverSatisfied"),
    QT_TRANSLATE_NOOP("SlurmReason", "PartitionConfig"),
    QT_TRANSLATE_NOOP("SlurmReason", "PartitionDown"),
    QT_TRANSLATE_NOOP("SlurmReason", "PartitionInactive"),
    QT_TRANSLATE_NOOP("SlurmReason", "PartitionNodeLimit"),
    QT_TRANSLATE_NOOP("SlurmReason", "PartitionTimeLimit"),
    QT_TRANSLATE_NOOP("SlurmReason", "BadConstraints"),
    QT_TRANSLATE_NOOP("SlurmReason", "JobHeldUser"),
    QT_TRANSLATE_NOOP("SlurmReason", "JobHeldAdmin"),
    QT_TRANSLATE_NOOP("SlurmReason", "QOSTimeLimit"),
    QT_TRANSLATE_NOOP("SlurmReason", "AssocGrpCpuLimit"),
    QT_TRANSLATE_NOOP("SlurmReason", "InvalidAccount"),
    QT_TRANSLATE_NOOP("SlurmReason", "InvalidQOS"),
};

QString shown(const std::string &text) { return onOneLine(QString::fromStdString(text)); }

} // namespace

QString linkText(api::LinkState state) {
  switch (state) {
  case api::LinkState::Offline: return Words::tr("not connected");
  case api::LinkState::Connecting: return Words::tr("connecting");
  case api::LinkState::NeedsUser: return Words::tr("needs you");
  case api::LinkState::Online: return Words::tr("connected");
  case api::LinkState::Degraded: return Words::tr("slow to answer");
  case api::LinkState::Reconnecting: return Words::tr("reconnecting");
  }
  return {};
}

Tone linkTone(api::LinkState state) {
  switch (state) {
  case api::LinkState::Online: return Tone::Success;
  case api::LinkState::Connecting: return Tone::Accent;
  case api::LinkState::NeedsUser:
  case api::LinkState::Degraded:
  case api::LinkState::Reconnecting: return Tone::Warning;
  case api::LinkState::Offline: break;
  }
  return Tone::Muted;
}

QString addressText(const api::ClusterProfile &profile) {
  QStringList stations;
  for (const std::string &jump : profile.jumpHosts) stations.append(shown(jump));
  QString host = profile.user.empty() ? shown(profile.host) : shown(profile.user) + QLatin1Char('@') + shown(profile.host);
  if (profile.port > 0) host += QLatin1Char(':') + QString::number(profile.port);
  stations.append(host);
  return stations.join(QStringLiteral(" → "));
}

QString slurmStateText(const std::string &state) {
  const QString word = shown(state);
  const std::pair<const char *, QString> known[] = {
      {"PENDING", Words::tr("waiting")},     {"RUNNING", Words::tr("running")},      {"COMPLETING", Words::tr("ending")},
      {"SUSPENDED", Words::tr("suspended")}, {"CONFIGURING", Words::tr("starting")}, {"COMPLETED", Words::tr("done")},
      {"CANCELLED", Words::tr("cancelled")}, {"FAILED", Words::tr("failed")},        {"TIMEOUT", Words::tr("out of time")},
      {"REQUEUED", Words::tr("requeued")},   {"STOPPED", Words::tr("stopped")},
  };
  for (const auto &[slurm, text] : known)
    if (word == QLatin1String(slurm)) return text;
  return word;
}

Tone slurmStateTone(const api::QueuedJob &job) {
  if (job.neverClears) return Tone::Warning;
  return job.state == "RUNNING" ? Tone::Accent : job.state == "PENDING" ? Tone::Muted : Tone::Text;
}

QString reasonText(const std::string &reason, const std::string &plain) {
  const QString sentence = QCoreApplication::translate("SlurmReason", reason.c_str());
  if (!reason.empty() && sentence != QString::fromStdString(reason)) return sentence;
  return shown(plain.empty() && reason != "None" ? reason : plain);
}

QString limitText(qint64 minutes) {
  if (minutes < 0) return Words::tr("no limit");
  if (minutes >= 1440 && minutes % 1440 == 0) return Words::tr("%n day(s)", nullptr, static_cast<int>(minutes / 1440));
  if (minutes >= 120 && minutes % 60 == 0) return Words::tr("%n hour(s)", nullptr, static_cast<int>(minutes / 60));
  return Words::tr("%n minute(s)", nullptr, static_cast<int>(minutes));
}

QString cardsText(const std::map<std::string, int64_t> &free, const std::map<std::string, int64_t> &all) {
  QStringList kinds;
  for (const auto &[kind, count] : all) {
    const auto idle = free.find(kind);
    kinds.append(Words::tr("%1 of %2 %3", "free of all, kind of card")
                     .arg(countText(idle == free.end() ? 0 : idle->second), countText(count), shown(kind)));
  }
  return kinds.isEmpty() ? QStringLiteral("–") : kinds.join(QStringLiteral(", "));
}

QString cardsText(const std::map<std::string, int64_t> &cards) {
  QStringList kinds;
  for (const auto &[kind, count] : cards) kinds.append(countText(count) + QLatin1Char(' ') + shown(kind));
  return kinds.isEmpty() ? QStringLiteral("–") : kinds.join(QStringLiteral(", "));
}

QString jobPhaseText(const api::ClusterJob &job) {
  if (job.unknown) return Words::tr("out of sight");
  switch (job.phase) {
  case api::JobPhase::Preflight: return Words::tr("checking");
  case api::JobPhase::Staging: return Words::tr("uploading");
  case api::JobPhase::Submitting:
  case api::JobPhase::SubmitUnknown: return Words::tr("submitting");
  case api::JobPhase::Queued: return Words::tr("queued");
  case api::JobPhase::Running: return Words::tr("running");
  case api::JobPhase::Cancelling: return Words::tr("stopping");
  case api::JobPhase::Finishing: return Words::tr("ending");
  case api::JobPhase::Fetching: return Words::tr("fetching");
  case api::JobPhase::Over: break;
  }
  const std::pair<const char *, QString> results[] = {
      {"done", Words::tr("done")},
      {"failed", Words::tr("failed")},
      {"out_of_memory", Words::tr("out of memory")},
      {"timed_out", Words::tr("out of time")},
      {"preempted", Words::tr("preempted")},
      {"node_lost", Words::tr("node lost")},
      {"cancelled", Words::tr("cancelled")},
      {"launch_failed", Words::tr("not started")},
      {"lost", Words::tr("lost")},
      {"submit_failed", Words::tr("not accepted")},
  };
  for (const auto &[result, text] : results)
    if (job.result == result) return text;
  return Words::tr("over");
}

QString jobSentence(const api::ClusterJob &job) {
  if (job.problem) return errorText(*job.problem);
  switch (job.phase) {
  case api::JobPhase::Preflight: return Words::tr("Waiting for the connection, then the request is checked.");
  case api::JobPhase::Staging: return Words::tr("Copying the run to the cluster.");
  case api::JobPhase::Submitting: return Words::tr("Handing the job to the scheduler.");
  case api::JobPhase::SubmitUnknown: return Words::tr("The scheduler is slow. Checking whether the job was accepted before trying again.");
  case api::JobPhase::Queued: {
    const QString reason = reasonText(job.reason, job.text);
    const QString waiting = reason.isEmpty() ? Words::tr("Waiting in the queue.") : reason;
    return job.expectedStart.empty() ? waiting
                                     : Words::tr("%1 Expected start: %2.", "a sentence, a time").arg(waiting, shown(job.expectedStart));
  }
  case api::JobPhase::Running:
    return job.nodes.empty() ? Words::tr("Running.") : Words::tr("Running on %1.", "a node").arg(shown(job.nodes));
  case api::JobPhase::Cancelling: return Words::tr("Asked to end.");
  case api::JobPhase::Finishing: return Words::tr("Ending.");
  case api::JobPhase::Fetching: return Words::tr("Fetching the result.");
  case api::JobPhase::Over: break;
  }
  if (job.removed) return Words::tr("Over. Its folder on the cluster was removed.");
  return job.fetched ? Words::tr("Over; the result is on this machine.") : Words::tr("Over; the result is still on the cluster.");
}

QString jobPlace(const api::ClusterJob &job) {
  QStringList parts = {shown(job.cluster)};
  if (!job.partition.empty()) parts.append(Words::tr("partition %1").arg(shown(job.partition)));
  if (!job.id.empty()) parts.append(Words::tr("job %1").arg(shown(job.id)));
  if (!job.nodes.empty()) parts.append(Words::tr("on %1", "a node").arg(shown(job.nodes)));
  if (job.attempt > 1) parts.append(Words::tr("attempt %1").arg(job.attempt));
  return parts.join(QStringLiteral(" · "));
}

} // namespace attune::ui
