// The figures of runs as a CSV file, one row a step. Blocking, for a service thread; works on copies of the columns.
#pragma once

#include "ui/models/run_history.h"

#include <QString>

#include <vector>

namespace attune::ui {

struct NamedSteps {
  QString name;
  StepColumns steps;
};

/// Writes the whole file or none of it; false when it cannot be written.
bool writeRunsCsv(const QString &path, const std::vector<NamedSteps> &runs);

} // namespace attune::ui
