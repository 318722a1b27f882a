// Under which model, template and length the Data page counts tokens, and how long its rows then are. GUI thread.
// Edits the same draft as the Train page, so that what is shown here is what will be trained.
#pragma once

#include "ui/models/config_draft.h"
#include "ui/models/dataset_session.h"
#include "ui/models/run_center.h"

#include <QFrame>

class QLabel;
class QMenu;
class QPushButton;

namespace attune::ui {

class LengthHistogram;

class LensCard : public QFrame {
  Q_OBJECT

public:
  LensCard(DatasetSession &session, ConfigDraft &draft, const Services &services, const RunCenter &runs, QWidget *parent = nullptr);

protected:
  void showEvent(QShowEvent *event) override;
  void resizeEvent(QResizeEvent *event) override;

private:
  void fillMenu(QMenu &menu);
  void set(const char *key, const QString &value);
  void showSurvey();
  void showLens(int taken);

  DatasetSession &m_session;
  ConfigDraft &m_draft;
  const Services &m_services;
  const RunCenter &m_runs;
  QTimer m_pause; // while a setting is being typed
  QPushButton *m_lens, *m_cancel;
  QLabel *m_about;
  LengthHistogram *m_histogram;
};

} // namespace attune::ui
