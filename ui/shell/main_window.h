// The window: rail, pages, status line, menus. Owns the pages and what they share; GUI thread.
#pragma once

#include "ui/models/run_center.h"
#include "ui/settings/appearance.h"
#include "ui/shell/place.h"

#include <QMainWindow>

class QStackedWidget;

namespace attune::ui {

class ChatPage;
class DataPage;
class RunsPage;
class SideRail;
class StartPage;
class StatusStrip;
class TrainPage;

class MainWindow : public QMainWindow {
  Q_OBJECT

public:
  MainWindow(const Services &services, Appearance &appearance, const Preferences &preferences);
  ~MainWindow() override;

  void goTo(Place place);
  Place place() const { return m_place; }
  RunCenter &runs() { return m_runs; }
  DataPage *dataPage() const { return m_data; }
  TrainPage *trainPage() const { return m_train; }
  ChatPage *chatPage() const { return m_chat; }
  RunsPage *runsPage() const { return m_runsPage; }
  /// Starts the sample run and shows its curve.
  void tryIt();
  void showRun(const QString &folder);

protected:
  void closeEvent(QCloseEvent *event) override;
  void showEvent(QShowEvent *event) override;

private:
  void makePages();
  void fillMenus();
  void setPreferences(const Preferences &preferences);

  const Services &m_services;
  Appearance &m_appearance;
  Preferences m_preferences;
  TaskRunner m_tasks;
  EngineGate m_gate;
  RunCenter m_runs;
  Task m_preset;
  Place m_place = Place::Start;
  SideRail *m_rail = nullptr;
  QStackedWidget *m_stack = nullptr;
  StatusStrip *m_status = nullptr;
  StartPage *m_start = nullptr;
  DataPage *m_data = nullptr;
  TrainPage *m_train = nullptr;
  RunsPage *m_runsPage = nullptr;
  ChatPage *m_chat = nullptr;
  bool m_closing = false; // the window goes when the run has ended
};

} // namespace attune::ui
