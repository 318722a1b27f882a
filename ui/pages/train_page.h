// Train: model, data, method and every setting, what the model sees, what the run takes. GUI thread.
#pragma once

#include "ui/models/config_draft.h"
#include "ui/models/device_watch.h"
#include "ui/models/run_center.h"
#include "ui/models/target_draft.h"

#include <QWidget>

#include <functional>

class QAction;
class QLineEdit;
class QMenu;
class QPushButton;

namespace attune::ui {

class Banner;
class ForecastCard;
class PageHeader;
class RowPreviewPanel;
class SegmentedSwitch;
class SettingsForm;
class SourceCard;
class TargetForm;

class TrainPage : public QWidget {
  Q_OBJECT

public:
  /// `slow` takes jobs of minutes.
  TrainPage(RunCenter &runs, EngineGate &gate, DeviceWatch &devices, ClusterCenter &clusters, TaskRunner &tasks, TaskRunner &slow,
            const Services &services, QWidget *parent = nullptr);
  ConfigDraft &draft() { return m_draft; }
  SettingsForm *form() const { return m_form; }
  QPushButton *startButton() const { return m_start; }
  TargetDraft &target() { return m_target; }
  TargetForm *targetForm() const { return m_targetForm; }
  void useCluster(const QString &name, const QString &partition);
  void useModel(const QString &path);
  void useAdapter(const QString &folder);
  void addDataset(const QString &path);
  /// The settings of the sample run, for the model that is chosen.
  void useTryOut();
  /// Fills the form with the settings of a run.
  void useRun(const QString &folder);
  /// Takes a settings file into the form, or says everything that is wrong with it and leaves the form alone.
  void readSettings(const QString &path);

Q_SIGNALS:
  void started(const QString &folder);
  void clusterRequested(); // another one is to be added

protected:
  void resizeEvent(QResizeEvent *event) override;
  void showEvent(QShowEvent *event) override;

private:
  void showPlace();
  void showDevice();
  void makeActions();
  void fillPresets();
  void fillDatasets(QMenu &menu);
  void fillPlaces(QMenu &menu);
  QStringList problems() const;
  void changeDataset(size_t index, const std::function<void(api::DatasetRef &)> &change);
  void askWeight(size_t index);
  void usePreset(const QString &path);
  void openSettings();
  void saveSettings();
  void writeSettings(const QString &path);
  void onChanged();
  void refuse(const QString &path, QStringList problems);
  void showHiddenProblem();
  api::RunConfig configToStart() const;
  void start();
  void showScript();

  RunCenter &m_runs;
  DeviceWatch &m_devices;
  ClusterCenter &m_clusters;
  TaskRunner &m_tasks;
  const Services &m_services;
  ConfigDraft m_draft;
  TargetDraft m_target;
  Task m_loading, m_scripting;
  QString m_free; // of the disk, in words
  PageHeader *m_header;
  QPushButton *m_presets, *m_start;
  SourceCard *m_model, *m_data, *m_place;
  SegmentedSwitch *m_method, *m_level;
  Banner *m_refusal, *m_hidden;
  QLineEdit *m_search;
  TargetForm *m_targetForm;
  SettingsForm *m_form;
  QAction *m_find, *m_all, *m_openSettings, *m_saveSettings;
  RowPreviewPanel *m_preview;
  ForecastCard *m_forecast;
};

} // namespace attune::ui
