// "What the model sees": one row as tokens, stepping through the rows, and the lengths of all of them with the cutoff.
// GUI thread; tokenising happens on service threads, the newest question wins.
#pragma once

#include "ui/bridge/task_runner.h"
#include "ui/services.h"

#include <QFrame>
#include <QTimer>

#include <optional>

class QLabel;
class QScrollArea;
class QSpinBox;

namespace attune::ui {

class LengthHistogram;
class TokenView;

class RowPreviewPanel : public QFrame {
  Q_OBJECT

public:
  /// `slow` takes jobs of minutes.
  RowPreviewPanel(const Services &services, TaskRunner &tasks, TaskRunner &slow, QWidget *parent = nullptr);
  /// Looks again when something that matters for tokens differs from before.
  void setConfig(const api::RunConfig &config);
  /// Rows and tokens of the data, when they have been counted for the present settings.
  const std::optional<api::LengthSurvey> &survey() const { return m_survey; }

Q_SIGNALS:
  void surveyed();

protected:
  void resizeEvent(QResizeEvent *event) override;

private:
  void look();
  void lookAtRow();
  void showTexts();
  void showMessage(const QString &text);
  void showRow();

  const Services &m_services;
  TaskRunner &m_tasks;
  TaskRunner &m_slow;
  Task m_row, m_count, m_lengths;
  QTimer m_pause;
  api::RunConfig m_config;
  std::string m_asked; // the settings that were looked at
  std::optional<api::LengthSurvey> m_survey;
  std::optional<api::RowTokens> m_shown;
  std::optional<Error> m_dataError, m_rowError;
  qint64 m_rows = 0;
  QLabel *m_title, *m_of, *m_message, *m_trained, *m_lengthTitle, *m_fit;
  QSpinBox *m_number;
  QScrollArea *m_scroll;
  TokenView *m_tokens;
  LengthHistogram *m_histogram;
};

} // namespace attune::ui
