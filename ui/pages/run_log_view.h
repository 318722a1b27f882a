// A run's log: search, follow the end, copy. Lines are made from the run's records as they come into sight; a search looks
// through them a few milliseconds at a time. GUI thread.
#pragma once

#include "ui/models/run_model.h"

#include <QPointer>
#include <QTimer>
#include <QWidget>

#include <vector>

class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace attune::ui {

class LineView;

class RunLogView : public QWidget {
  Q_OBJECT

public:
  explicit RunLogView(QWidget *parent = nullptr);
  void setRun(RunModel *run);
  LineView *lines() const { return m_view; }
  QLineEdit *searchField() const { return m_search; }
  bool searchedAll() const { return m_run && m_searched >= m_run->logSize(); }

protected:
  void showEvent(QShowEvent *event) override;

private:
  void restart();
  void onChanged();
  void searchOn();
  QString line(qsizetype row) const;
  void copy();

  QPointer<RunModel> m_run;
  QString m_wanted; // what is searched for; empty = every line
  std::vector<uint32_t> m_found;
  size_t m_searched = 0; // lines looked through
  QTimer m_slice, m_show;
  QLineEdit *m_search;
  QLabel *m_state;
  QCheckBox *m_follow;
  QPushButton *m_copy;
  LineView *m_view;
};

} // namespace attune::ui
