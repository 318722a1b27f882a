#include "ui/models/terminal_command.h"

#include "core/base/shell_word.h"

#include <QStringList>

namespace attune::ui {

namespace {

QString reach(const api::ClusterProfile &profile) {
  const QString host = QString::fromStdString(profile.host);
  return shellWord(profile.user.empty() ? host : QString::fromStdString(profile.user) + QLatin1Char('@') + host);
}

QStringList options(const api::ClusterProfile &profile, const char *port) {
  QStringList words;
  if (profile.port > 0) words << QLatin1String(port) << QString::number(profile.port);
  QStringList jumps;
  for (const std::string &jump : profile.jumpHosts) jumps.append(QString::fromStdString(jump));
  if (!jumps.isEmpty()) words << QStringLiteral("-J") << shellWord(jumps.join(QLatin1Char(',')));
  for (const std::string &key : profile.identityFiles) words << QStringLiteral("-i") << shellWord(QString::fromStdString(key));
  return words;
}

} // namespace

QString shellWord(const QString &text) { return QString::fromStdString(attune::shellWord(text.toStdString())); }

QString sshLine(const api::ClusterProfile &profile, const QString &command) {
  QStringList words = {QStringLiteral("ssh")};
  words << options(profile, "-p") << reach(profile);
  if (!command.isEmpty()) words << shellWord(command);
  return words.join(QLatin1Char(' '));
}

QString slurmLine(const QString &job, api::JobAction action) {
  switch (action) {
  case api::JobAction::Cancel: return QStringLiteral("scancel ") + shellWord(job);
  case api::JobAction::Hold: return QStringLiteral("scontrol hold ") + shellWord(job);
  case api::JobAction::Release: return QStringLiteral("scontrol release ") + shellWord(job);
  case api::JobAction::Checkpoint: return QStringLiteral("scancel -f -s USR1 ") + shellWord(job);
  }
  return {};
}

QString fetchLine(const api::ClusterProfile &profile, const QString &path) {
  QStringList words = {QStringLiteral("scp")};
  words << options(profile, "-P") << reach(profile) + QLatin1Char(':') + shellWord(path) << QStringLiteral(".");
  return words.join(QLatin1Char(' '));
}

QString installLine(const QString &cluster, const api::WorkerRequest &request) {
  const api::WorkerRequest usual;
  QStringList words = {QStringLiteral("attune cluster install"), shellWord(cluster)};
  const auto option = [&](const char *name, const std::string &value) {
    if (!value.empty()) words << QLatin1String(name) << shellWord(QString::fromStdString(value));
  };
  option("--torch", request.torch);
  option("--compiler", request.compiler);
  option("--cmake", request.cmake);
  if (request.jobs != usual.jobs) option("--jobs", std::to_string(request.jobs));
  if (request.memory != usual.memory) option("--memory", std::to_string(request.memory));
  return words.join(QLatin1Char(' '));
}

} // namespace attune::ui
