// Start: what one can do first, and the latest runs. GUI thread.
#pragma once

#include "ui/models/run_center.h"

#include <QFrame>
#include <QHash>
#include <QWidget>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace attune::ui {

class Banner;
class EmptyState;
class PageHeader;

/// A card with an icon, a title, what it does, and its button.
class StartCard : public QFrame {
  Q_OBJECT

public:
  StartCard(const QString &iconName, bool primary, QWidget *parent = nullptr);
  void setTexts(const QString &title, const QString &text, const QString &button);
  QPushButton *button() const { return m_button; }

private:
  QLabel *m_title, *m_text;
  QPushButton *m_button;
};

class StartPage : public QWidget {
  Q_OBJECT

public:
  StartPage(RunCenter &runs, EngineGate &gate, TaskRunner &tasks, const Services &services, QWidget *parent = nullptr);

  QPushButton *tryButton() const { return m_try->button(); }
  QPushButton *dataButton() const { return m_own->button(); }
  QPushButton *clusterButton() const { return m_cluster->button(); }

Q_SIGNALS:
  void tryRequested();
  void dataRequested();
  void clusterRequested();
  void datasetRequested(const QString &path);
  void modelRequested(); // for the sample rows, where the starter model is missing
  void runChosen(const QString &folder);

protected:
  void showEvent(QShowEvent *event) override;

private:
  void showUnsaved();
  void showRuns();
  void showEngine();

  RunCenter &m_runs;
  EngineGate &m_gate;
  TaskRunner &m_tasks;
  const Services &m_services;
  bool m_looked = false; // for datasets with unsaved changes
  Task m_looking;
  QString m_unsaved;
  PageHeader *m_header;
  Banner *m_engine, *m_data;
  StartCard *m_try, *m_own, *m_cluster;
  QLabel *m_recent;
  EmptyState *m_none;
  QVBoxLayout *m_list;
  QHash<QString, QWidget *> m_rowOf; // by the run's folder
};

} // namespace attune::ui
