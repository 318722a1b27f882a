// Installing the training program on one cluster: options, the build's progress and output, stop, what came of it. Shows a
// WorkerInstalls, which goes on when the dialog closes. GUI thread.
#pragma once

#include "ui/models/worker_installs.h"

#include <QDialog>

class QGridLayout;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QSpinBox;

namespace attune::ui {

class CommandButton;
class LineView;

/// "Building: compiling adam.cpp", in the language of the program.
QString installText(const api::InstallProgress &progress);

class InstallDialog : public QDialog {
  Q_OBJECT

public:
  InstallDialog(WorkerInstalls &installs, const api::ClusterProfile &profile, QWidget *parent = nullptr);
  LineView *output() const { return m_output; }
  QLineEdit *torchField() const { return m_torch; }
  QPushButton *installButton() const { return m_install; }

private:
  void addRow(QGridLayout *grid, QLabel *&label, QWidget *field);
  void retranslate();
  void fill();
  void copy();
  api::WorkerRequest request() const;

  WorkerInstalls &m_installs;
  const QString m_cluster, m_script;
  QLabel *m_about, *m_scriptLabel, *m_torchLabel, *m_compilerLabel, *m_cmakeLabel, *m_jobsLabel, *m_memoryLabel;
  QLabel *m_scriptName, *m_state, *m_finding;
  QLineEdit *m_torch, *m_compiler, *m_cmake;
  QSpinBox *m_jobs, *m_memory;
  QProgressBar *m_bar;
  LineView *m_output;
  QPushButton *m_copy, *m_stop, *m_close, *m_install;
  CommandButton *m_command;
};

} // namespace attune::ui
