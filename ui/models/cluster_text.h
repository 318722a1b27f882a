// How a cluster's link, jobs, reasons and limits read, in the language of the program. Pure functions.
#pragma once

#include "core/api/cluster_run.h"
#include "ui/widgets/theme.h"

#include <QString>

namespace attune::ui {

/// "connected", "reconnecting", ...
QString linkText(api::LinkState state);
Tone linkTone(api::LinkState state);
/// "user@host", with the jump hosts in front.
QString addressText(const api::ClusterProfile &profile);

/// "running" for Slurm's RUNNING; a word it does not know as it is.
QString slurmStateText(const std::string &state);
Tone slurmStateTone(const api::QueuedJob &job);
/// Why it waits, in plain words: `reason` is Slurm's word, `plain` core's English.
QString reasonText(const std::string &reason, const std::string &plain);
/// "no limit", "2 days", "90 minutes".
QString limitText(qint64 minutes);
/// "6 of 24 dcu", of every kind; a dash without cards.
QString cardsText(const std::map<std::string, int64_t> &free, const std::map<std::string, int64_t> &all);
/// "4 dcu" of every kind.
QString cardsText(const std::map<std::string, int64_t> &cards);

/// "queued", "uploading", ...: where a run on a cluster stands.
QString jobPhaseText(const api::ClusterJob &job);
/// One sentence: what it waits for, where it runs, how it ended.
QString jobSentence(const api::ClusterJob &job);
/// "kshdtest · job 4711 · on e09r2n03".
QString jobPlace(const api::ClusterJob &job);

} // namespace attune::ui
