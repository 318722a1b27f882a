// What one would type in a terminal to do what a button of the Cluster page does. Pure functions; every value is quoted.
#pragma once

#include "core/api/cluster.h"

#include <QString>

namespace attune::ui {

/// "ssh -p 2222 -J jump user@host"; with `command` it is run there.
QString sshLine(const api::ClusterProfile &profile, const QString &command = {});
/// What cancelling, holding, ... a job is on the cluster.
QString slurmLine(const QString &job, api::JobAction action);
/// Fetches one file into this folder.
QString fetchLine(const api::ClusterProfile &profile, const QString &path);
/// Installs the training program with the command line.
QString installLine(const QString &cluster, const api::WorkerRequest &request);
/// As one word of a shell.
QString shellWord(const QString &text);

} // namespace attune::ui
