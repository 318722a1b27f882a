// The figures of runs as a CSV file, one row a step, columns named as in events.jsonl. Read from the runs' folders, so that the
// window copies nothing. Blocking, for a service thread; writes the whole file or none of it.
#pragma once

#include "core/api/run_store.h"

#include <QString>

#include <functional>
#include <vector>

namespace attune::ui {

struct ExportedRun {
  QString name;
  std::string folder;
  size_t steps = 0; // to be expected, for the progress
};

/// `progress` hears of the share that is done. FileNotFound for a run without a step, IoFailed, Interrupted.
Status writeRunsCsv(const std::string &path, const std::vector<ExportedRun> &runs, api::RunStore &store, const StopToken &stop,
                    const std::function<void(double)> &progress);

} // namespace attune::ui
