// A report for whoever helps: versions, device, settings, the last errors. Nothing private: no names of runs, no data, no
// prompts, the home folder as "~". A person reads it before it is saved. GUI thread.
#pragma once

#include "core/api/engine.h"
#include "ui/settings/preferences.h"

#include <QStringList>

#include <functional>
#include <optional>

class QWidget;

namespace attune::ui {

struct DiagnosticFacts {
  Preferences preferences;
  QString language; // in use
  bool dark = false;
  QString workspace;
  std::optional<api::DeviceFacts> device;
  QString engineFailure; // empty when it is loaded, or not yet asked for
  qsizetype runs = 0;
  QStringList errors; // oldest first
};

/// The report; English, since developers read it.
QString diagnosticsText(const DiagnosticFacts &facts);

/// Shows the report; `save` writes it where the person says.
void showDiagnostics(QWidget *parent, const QString &report, std::function<void(const QString &path, const QString &report)> save);

} // namespace attune::ui
