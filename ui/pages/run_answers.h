// The answers to the sample prompts as they were at one step: the newest, or those of the step under the pointer in the
// chart beside. GUI thread.
#pragma once

#include "ui/models/run_model.h"

#include <QPointer>
#include <QTextBrowser>

namespace attune::ui {

class RunAnswers : public QTextBrowser {
  Q_OBJECT

public:
  explicit RunAnswers(QWidget *parent = nullptr);
  void setRun(RunModel *run);
  /// Negative: the newest.
  void setStep(double step);

private:
  void fill();

  QPointer<RunModel> m_run;
  double m_step = -1;
  QString m_shown;
};

} // namespace attune::ui
