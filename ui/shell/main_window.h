// The window: rail, pages, status line, menus. Owns the pages and what they share; GUI thread.
#pragma once

#include "ui/models/cluster_center.h"
#include "ui/models/device_watch.h"
#include "ui/models/dropped.h"
#include "ui/models/model_shelf.h"
#include "ui/models/run_center.h"
#include "ui/net/download_center.h"
#include "ui/net/keyring.h"
#include "ui/settings/appearance.h"
#include "ui/shell/place.h"

#include <QMainWindow>

class QStackedWidget;

namespace attune::ui {

class ChatPage;
class ClusterPage;
class ClusterQuestions;
class DataPage;
class Menus;
class ModelsPage;
class QuitGuard;
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
  /// Before the program goes without destructors: writes what is still to be written.
  void flush();

  void goTo(Place place);
  Place place() const { return m_place; }
  RunCenter &runs() { return m_runs; }
  DownloadCenter &downloads() { return m_downloads; }
  StartPage *startPage() const { return m_start; }
  DataPage *dataPage() const { return m_data; }
  ModelsPage *modelsPage() const { return m_models; }
  TrainPage *trainPage() const { return m_train; }
  ChatPage *chatPage() const { return m_chat; }
  RunsPage *runsPage() const { return m_runsPage; }
  ClusterPage *clusterPage() const { return m_clusterPage; } // null without the supercomputer client
  ClusterQuestions *questions() const { return m_questions; }
  ClusterCenter &clusters() { return m_clusters; }
  /// Null for a place that this program lacks.
  QWidget *page(Place place) const;
  Menus &menus() const { return *m_menus; }
  /// Starts the sample run and shows its curve.
  void tryIt();
  bool canTry() const { return !m_services.starterModel.empty(); }
  void showRun(const QString &folder);
  /// Where a dataset that was opened, dropped or chosen goes.
  void openDataset(const QString &path);
  void openModel(const QString &path);
  void openRun(const QString &folder);
  /// Files or folders of any kind, each to where it belongs.
  void openDropped(const QStringList &paths);
  void requestData();
  void openSettings();
  void openDiagnostics();
  void openAbout();
  void showWorkspace();
  void switchTheme();
  /// Shows the window above others, as far as the desktop lets it.
  void comeForward();
  /// What the diagnostics report says at the moment.
  QString diagnostics() const;

protected:
  void closeEvent(QCloseEvent *event) override;
  void showEvent(QShowEvent *event) override;
  void changeEvent(QEvent *event) override;

private:
  void makePages();
  void makeClusterPage();
  void takeDropped(const std::vector<Dropped> &all);
  void restoreState();
  void saveState() const;
  void setPreferences(const Preferences &preferences);

  const Services &m_services;
  Appearance &m_appearance;
  const Preferences m_atStart;
  Preferences m_preferences;
  QStringList m_errors; // the last ones, for the diagnostics
  TaskRunner m_tasks;
  TaskRunner m_long; // jobs of minutes: surveys, searches, saves, length counts
  EngineGate m_gate;
  DeviceWatch m_devices;
  ClusterCenter m_clusters;
  RunCenter m_runs;
  ModelShelf m_shelf;
  DownloadCenter m_downloads;
  Keyring m_keyring;
  Task m_preset, m_looking, m_saving;
  Place m_place = Place::Start;
  SideRail *m_rail = nullptr;
  QStackedWidget *m_stack = nullptr;
  Menus *m_menus = nullptr;
  StatusStrip *m_status = nullptr;
  StartPage *m_start = nullptr;
  DataPage *m_data = nullptr;
  ModelsPage *m_models = nullptr;
  TrainPage *m_train = nullptr;
  RunsPage *m_runsPage = nullptr;
  ChatPage *m_chat = nullptr;
  ClusterPage *m_clusterPage = nullptr;
  ClusterQuestions *m_questions = nullptr;
  QuitGuard *m_quit = nullptr;
};

} // namespace attune::ui
