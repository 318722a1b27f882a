#include "ui/pages/train_page.h"

#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "ui/dialogs/job_preview_dialog.h"
#include "ui/models/cluster_text.h"
#include "ui/models/error_text.h"
#include "ui/models/field_text.h"
#include "ui/models/run_text.h"
#include "ui/pages/forecast_card.h"
#include "ui/pages/model_menu.h"
#include "ui/pages/row_preview_panel.h"
#include "ui/pages/setting_row.h"
#include "ui/pages/settings_form.h"
#include "ui/pages/source_card.h"
#include "ui/pages/target_form.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/button_action.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/page_header.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/segmented_switch.h"
#include "ui/widgets/toast.h"
#include "ui/widgets/visible_text.h"

#include <QAction>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QShortcut>
#include <QStorageInfo>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

TrainPage::TrainPage(RunCenter &runs, EngineGate &gate, DeviceWatch &devices, ClusterCenter &clusters, TaskRunner &tasks, TaskRunner &slow,
                     const Services &services, QWidget *parent)
    : QWidget(parent), m_runs(runs), m_devices(devices), m_clusters(clusters), m_tasks(tasks), m_services(services), m_target(clusters) {
  setObjectName(QStringLiteral("page"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(14);
  m_header = new PageHeader(this);
  m_presets = makeButton(ButtonKind::Normal, this);
  m_start = makeButton(ButtonKind::Primary, QStringLiteral("train"), this);
  m_header->addAction(m_presets);
  m_header->addAction(m_start);
  layout->addWidget(m_header);
  m_refusal = new Banner(this);
  layout->addWidget(m_refusal);

  auto *cards = new QHBoxLayout;
  cards->setSpacing(14);
  m_model = new SourceCard(this);
  m_data = new SourceCard(this);
  m_place = new SourceCard(this);
  m_model->setMenu([this](QMenu &menu) { fillModelMenu(menu, m_services, m_runs, [this](const QString &path) { useModel(path); }); });
  m_data->setMenu([this](QMenu &menu) { fillDatasets(menu); });
  m_place->setMenu([this](QMenu &menu) { fillPlaces(menu); });
  for (SourceCard *card : {m_model, m_data, m_place}) cards->addWidget(card, 1);
  layout->addLayout(cards);
  m_targetForm = new TargetForm(m_target, this);
  layout->addWidget(m_targetForm);
  connect(m_targetForm, &TargetForm::scriptWanted, this, &TrainPage::showScript);

  auto *tools = new QHBoxLayout;
  tools->setSpacing(12);
  m_method = new SegmentedSwitch(this);
  m_search = new QLineEdit(this);
  m_search->setClearButtonEnabled(true);
  m_search->setMaximumWidth(240);
  m_level = new SegmentedSwitch(this);
  tools->addWidget(m_method);
  tools->addStretch(1);
  tools->addWidget(m_search, 1);
  tools->addWidget(m_level);
  layout->addLayout(tools);

  m_hidden = new Banner(this);
  layout->addWidget(m_hidden);

  auto *middle = new QHBoxLayout;
  middle->setSpacing(14);
  QFrame *card = makeCard(this);
  cardLayout(card)->setContentsMargins(16, 4, 4, 4);
  m_form = new SettingsForm(m_draft, devices, card);
  cardLayout(card)->addWidget(m_form);
  m_preview = new RowPreviewPanel(services, tasks, slow, this);
  middle->addWidget(card, 55);
  middle->addWidget(m_preview, 45);
  layout->addLayout(middle, 1);

  m_forecast = new ForecastCard(m_draft, m_target, gate, devices, tasks, this);
  layout->addWidget(m_forecast);

  connect(&m_draft, &ConfigDraft::changed, this, &TrainPage::onChanged);
  connect(&m_target, &TargetDraft::changed, this, [this] {
    onChanged();
    resizeEvent(nullptr);
  });
  connect(&m_clusters, &ClusterCenter::linkChanged, this, &TrainPage::showDevice);
  connect(&m_devices, &DeviceWatch::looked, this, &TrainPage::showPlace);
  connect(m_forecast, &ForecastCard::forecastChanged, this, &TrainPage::onChanged);
  connect(m_preview, &RowPreviewPanel::surveyed, this, [this] {
    const auto &survey = m_preview->survey();
    m_forecast->setSequences(survey ? survey->usableRows : -1, survey ? survey->tokens : -1);
    onChanged();
  });
  connect(m_method, &SegmentedSwitch::changed, this, [this](const QString &key) { m_draft.setText(*api::findConfigField("method"), key); });
  connect(m_level, &SegmentedSwitch::changed, this, [this](const QString &key) { m_form->setAdvanced(key == QLatin1String("all")); });
  connect(m_search, &QLineEdit::textChanged, this, [this](const QString &text) {
    m_form->setSearch(text);
    showHiddenProblem();
  });
  connect(m_start, &QPushButton::clicked, this, &TrainPage::start);
  makeActions();
  onLanguage(this, [this] {
    m_header->setTitle(tr("Train"));
    m_header->setSubtitle(tr("Choose a model, data and settings."));
    m_presets->setText(tr("Presets ▾"));
    m_start->setText(tr("Start training"));
    m_model->setTitle(tr("Model"));
    m_data->setTitle(tr("Data"));
    m_place->setTitle(tr("Where it runs"));
    m_find->setText(tr("Search settings"));
    m_all->setText(tr("Basic or all settings"));
    m_openSettings->setText(tr("Open settings…"));
    m_saveSettings->setText(tr("Save settings…"));
    m_search->setPlaceholderText(tr("Search settings… Ctrl+F"));
    m_search->setAccessibleName(tr("Search settings"));
    QStringList keys, texts;
    for (const std::string &choice : api::findConfigField("method")->choices) {
      keys.prepend(QString::fromStdString(choice)); // LoRA first, full training last
      texts.prepend(choiceLabel("method", choice));
    }
    m_method->setChoices(keys, texts);
    m_method->setAccessibleName(tr("Method"));
    m_level->setChoices({QStringLiteral("basic"), QStringLiteral("all")}, {tr("Basic"), tr("All")});
    m_level->setAccessibleName(tr("Which settings are shown"));
    fillPresets();
    showPlace();
    onChanged();
  });
  api::RunConfig first;
  first.model = services.starterModel;
  api::RunConfig preset; // lora.json names the defaults
  preset.name = "lora";
  m_draft.replace(first, QString::fromStdString(services.resources) + QStringLiteral("/presets/lora.json"), preset);
}

void TrainPage::useModel(const QString &path) { m_draft.setText(*api::findConfigField("model"), path); }

void TrainPage::useCluster(const QString &name, const QString &partition) { m_target.useCluster(name, partition); }

void TrainPage::useAdapter(const QString &folder) { m_draft.setText(*api::findConfigField("init_adapter"), folder); }

void TrainPage::addDataset(const QString &path) {
  auto datasets = m_draft.config().dataset;
  for (const api::DatasetRef &ref : datasets)
    if (ref.path == path.toStdString()) return;
  datasets.push_back({path.toStdString(), api::DatasetFormat::Auto, 1.0});
  m_draft.setDatasets(datasets);
}

void TrainPage::makeActions() {
  const auto add = [this](const QKeySequence &keys, auto act) {
    auto *action = new QAction(this);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, this, act);
    addAction(action);
    return action;
  };
  new ButtonAction(m_start, {QKeySequence(Qt::CTRL | Qt::Key_Return)}, this);
  new ButtonAction(m_model->button(), {QKeySequence(Qt::CTRL | Qt::Key_M)}, this);
  new ButtonAction(m_data->button(), {QKeySequence(Qt::CTRL | Qt::Key_D)}, this);
  new ButtonAction(m_place->button(), {QKeySequence(Qt::CTRL | Qt::Key_L)}, this);
  new ButtonAction(m_presets, {QKeySequence(Qt::CTRL | Qt::Key_P)}, this);
  m_openSettings = add(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_J), [this] { openSettings(); });
  m_saveSettings = add(QKeySequence::Save, [this] { saveSettings(); });
  m_find = add(QKeySequence::Find, [this] { m_search->setFocus(Qt::ShortcutFocusReason); });
  m_all = add(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_A), [this] {
    const bool all = m_level->current() == QLatin1String("all");
    m_level->setCurrent(all ? QStringLiteral("basic") : QStringLiteral("all"));
    m_form->setAdvanced(!all);
  });
  new ButtonAction(m_forecast->fitButton(), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_F)}, this);
  new ButtonAction(m_forecast->copyButton(), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C)}, this);
  auto *clear = new QShortcut(QKeySequence(Qt::Key_Escape), m_search, nullptr, nullptr, Qt::WidgetShortcut);
  connect(clear, &QShortcut::activated, m_search, &QLineEdit::clear);
}

void TrainPage::useRun(const QString &folder) {
  m_loading = m_tasks.run(
      this,
      [store = m_services.runs, path = folder.toStdString(), known = m_runs.unwrittenConfig(folder)](StopToken) {
        return known ? Result<api::RunConfig>(*known) : store->config(path);
      },
      [this, folder](Result<api::RunConfig> config) {
        if (config.ok())
          m_draft.replace(*config, folder + QStringLiteral("/run.json"), *config);
        else
          Toast::show(this, errorText(config.error()));
      });
}

void TrainPage::fillPresets() {
  delete m_presets->menu();
  auto *menu = new QMenu(m_presets);
  const QString folder = QString::fromStdString(m_services.resources) + QStringLiteral("/presets/");
  const auto add = [&](const QString &name, const QString &file) {
    menu->addAction(name, this, [this, path = folder + file] { usePreset(path); });
  };
  add(tr("LoRA, standard"), QStringLiteral("lora.json"));
  add(tr("Full fine-tuning"), QStringLiteral("full.json"));
  add(tr("Try-out: the sample rows"), QStringLiteral("tryout.json"));
  add(tr("Recipe A: all weights, constant rate"), QStringLiteral("recipe-a.json"));
  add(tr("Recipe B: LoRA, small batches"), QStringLiteral("recipe-b.json"));
  menu->addSeparator();
  menu->addAction(m_openSettings);
  menu->addAction(m_saveSettings);
  m_presets->setMenu(menu);
}

void TrainPage::useTryOut() { usePreset(QString::fromStdString(m_services.resources) + QStringLiteral("/presets/tryout.json")); }

void TrainPage::usePreset(const QString &path) {
  m_loading = m_tasks.run(
      this, [path = path.toStdString()](StopToken) { return api::loadRunConfig(path, {"model=x"}, api::ConfigPurpose::Plan); },
      [this, path](Result<api::RunConfig> config) {
        if (!config.ok()) return Toast::show(this, errorText(config.error()));
        const api::RunConfig before = m_draft.config();
        api::RunConfig file = *config;
        file.model.clear();
        config->model = before.model.empty() ? m_services.starterModel : before.model; // a preset is about how, not what
        if (config->dataset.empty()) config->dataset = before.dataset;
        m_draft.replace(*config, path, file);
        Toast::show(this, tr("Settings of the preset."), tr("Undo"), [this, before] { m_draft.edit(before); });
      });
}

void TrainPage::openSettings() {
  pickFile(this, tr("Open settings"), tr("Run settings (*.json)"), [this](const QString &path) { readSettings(path); });
}

void TrainPage::readSettings(const QString &path) {
  m_loading = m_tasks.run(
      this,
      [path = path.toStdString()](StopToken) -> Result<api::ParsedRunConfig> {
        ATTUNE_TRY(const std::string text, readFile(path, size_t(16) << 20));
        return api::parseRunConfig(text, path, path.substr(0, path.rfind('/')));
      },
      [this, path](Result<api::ParsedRunConfig> parsed) {
        if (!parsed.ok()) return refuse(path, {errorText(parsed.error())});
        if (!parsed->problems.empty()) return refuse(path, problemLines(parsed->problems, parsed->config));
        m_refusal->hide();
        m_draft.replace(parsed->config, path, parsed->config);
      });
}

/// Half a file is not taken: what is in the form would be gone for it.
void TrainPage::refuse(const QString &path, QStringList problems) {
  constexpr qsizetype kShown = 12;
  const auto more = static_cast<int>(problems.size() - kShown);
  if (more > 0) problems = problems.first(kShown) << tr("and %n more", "", more);
  m_refusal->showMessage(Tone::Danger,
                         tr("%1 was not opened, and the form is as it was.").arg(QFileInfo(path).fileName()) + QLatin1Char('\n') +
                             problems.join(QLatin1Char('\n')),
                         {{tr("Close"), [] {}}});
}

/// A search may hide the setting for which the run cannot start.
void TrainPage::showHiddenProblem() {
  const SettingRow *row = m_form->hiddenProblem();
  if (!row) return m_hidden->hide();
  m_hidden->showMessage(Tone::Warning,
                        tr("The run cannot start: %1. The search hides this setting.")
                            .arg(fieldLabel(row->field()) + QStringLiteral(": ") + m_draft.problem(row->field().key)),
                        {{tr("Show it"), [this, row] {
                            m_search->clear();
                            m_form->show(*row);
                          }}});
}

void TrainPage::saveSettings() {
  pickSaveName(this, tr("Save settings"), QString::fromStdString(m_draft.config().name) + QStringLiteral(".json"),
               tr("Run settings (*.json)"), [this](const QString &path) { writeSettings(path); });
}

void TrainPage::writeSettings(const QString &path) {
  m_loading = m_tasks.run(
      this,
      [path = path.toStdString(), config = m_draft.config()](StopToken) {
        return writeFileAtomic(path, api::runConfigJson(config) + "\n");
      },
      [this, path](const Status &status) { Toast::show(this, status.ok() ? tr("Saved as %1.").arg(path) : errorText(status.error())); });
}

void TrainPage::changeDataset(size_t index, const std::function<void(api::DatasetRef &)> &change) {
  auto datasets = m_draft.config().dataset;
  if (index >= datasets.size()) return;
  change(datasets[index]);
  m_draft.setDatasets(datasets);
}

void TrainPage::askWeight(size_t index) {
  auto *ask = new QInputDialog(this);
  ask->setAttribute(Qt::WA_DeleteOnClose);
  ask->setInputMode(QInputDialog::DoubleInput);
  ask->setWindowTitle(tr("Weight"));
  ask->setLabelText(tr("Times an epoch; 2.5 takes every row twice and half of them once more."));
  ask->setDoubleRange(0.01, 1000);
  ask->setDoubleDecimals(2);
  ask->setDoubleValue(m_draft.config().dataset.at(index).weight);
  connect(ask, &QInputDialog::doubleValueSelected, this,
          [this, index](double weight) { changeDataset(index, [weight](api::DatasetRef &ref) { ref.weight = weight; }); });
  ask->open();
}

void TrainPage::fillDatasets(QMenu &menu) {
  const auto datasets = m_draft.config().dataset;
  for (size_t i = 0; i < datasets.size(); ++i) {
    QMenu *one = menu.addMenu(shortName(datasets[i].path) +
                              (datasets[i].weight == 1.0 ? QString() : QStringLiteral(" × %1").arg(numberText(datasets[i].weight))));
    one->addAction(tr("How often its rows are taken…"), this, [this, i] { askWeight(i); });
    QMenu *formats = one->addMenu(tr("Format"));
    for (const api::DatasetFormat format : {api::DatasetFormat::Auto, api::DatasetFormat::Messages, api::DatasetFormat::Sharegpt,
                                            api::DatasetFormat::Alpaca, api::DatasetFormat::Text}) {
      const QString name = format == api::DatasetFormat::Auto ? tr("as recognised") : QString::fromStdString(api::nameOf(format));
      QAction *choice =
          formats->addAction(name, this, [this, i, format] { changeDataset(i, [format](api::DatasetRef &ref) { ref.format = format; }); });
      choice->setCheckable(true);
      choice->setChecked(datasets[i].format == format);
    }
    one->addAction(tr("Take it out"), this, [this, i] {
      auto changed = m_draft.config().dataset;
      if (i < changed.size()) changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
      m_draft.setDatasets(changed);
    });
  }
  menu.addSeparator();
  menu.addAction(tr("Add a file…"), this, [this] {
    pickFiles(this, tr("Data to train on"), tr("Datasets (*.json *.jsonl *.csv *.tsv *.txt *.md);;All files (*)"),
              [this](const QString &path) { addDataset(path); });
  });
  menu.addAction(tr("Add the sample rows"), this, [this] {
    for (const char *name : {"fine-tuning-en.jsonl", "fine-tuning-zh.jsonl"})
      addDataset(QString::fromStdString(m_services.resources + "/samples/" + name));
  });
}

/// The devices of this machine, then the clusters.
void TrainPage::fillPlaces(QMenu &menu) {
  const std::string set = m_draft.config().device;
  const bool here = !m_target.target().has_value();
  for (const DeviceChoice &choice : deviceChoices(m_devices, set)) {
    QAction *action = menu.addAction(choice.text, this, [this, setting = choice.setting] {
      m_target.useHere();
      m_draft.setText(*api::findConfigField("device"), setting);
    });
    action->setCheckable(true);
    action->setChecked(here && choice.setting.toStdString() == set);
  }
  if (!m_clusters.available()) return;
  menu.addSeparator();
  for (const ClusterState &cluster : m_clusters.clusters()) {
    QAction *action = menu.addAction(tr("%1 (%2)", "a cluster, its link").arg(onOneLine(cluster.name()), linkText(cluster.link.state)),
                                     this, [this, name = cluster.name(), away = cluster.link.state == api::LinkState::Offline] {
                                       m_target.useCluster(name);
                                       if (away) m_clusters.requestConnect(name); // what is free there is worth knowing now
                                     });
    action->setCheckable(true);
    action->setChecked(!here && m_target.target()->cluster == cluster.profile.name);
  }
  menu.addAction(tr("Add a cluster…"), this, [this] { Q_EMIT clusterRequested(); });
}

/// Asks the disk, so when somebody looked at the devices and not at every key.
void TrainPage::showPlace() {
  if (!isVisible()) return;
  const QStorageInfo disk(QString::fromStdString(m_services.workspace));
  m_free = tr("%1 free on disk").arg(bytesText(disk.bytesAvailable()));
  showDevice();
}

void TrainPage::showDevice() {
  if (m_target.target()) {
    const ClusterState *cluster = m_target.cluster();
    const api::ClusterTarget &target = *m_target.target();
    const QString what =
        target.cards > 0 ? QStringLiteral("%1 × %2").arg(target.cards).arg(onOneLine(QString::fromStdString(target.gres))) : tr("no card");
    m_place->setProblem({});
    m_place->setValue(onOneLine(QString::fromStdString(target.cluster)), onOneLine(QString::fromStdString(target.partition)) +
                                                                             QStringLiteral(" · ") + what + QStringLiteral(" · ") +
                                                                             (cluster ? linkText(cluster->link.state) : QString()));
    return;
  }
  const std::string set = m_draft.config().device;
  const api::DeviceMemory *device = m_devices.find(set);
  const bool gone = !device && !m_devices.devices().empty();
  m_place->setProblem(gone ? tr("The device %1 is not here.").arg(QString::fromStdString(set)) : QString());
  m_place->setValue(tr("This machine"), device ? QString::fromStdString(device->name) + QStringLiteral(" · ") + m_free : m_free);
}

/// A low window has its settings rather than air.
void TrainPage::resizeEvent(QResizeEvent *) {
  const bool low = height() < 640;
  layout()->setContentsMargins(24, low ? 12 : 20, 24, low ? 12 : 20);
  layout()->setSpacing(low ? 8 : 14);
  m_forecast->setLow(low);
  m_preview->setVisible(!low || !m_target.target()); // with what a cluster is asked there is no room for both
}

void TrainPage::showEvent(QShowEvent *) { showPlace(); }

void TrainPage::onChanged() {
  const api::RunConfig &config = m_draft.config();
  m_model->setProblem(config.model.empty() ? QString() : m_draft.problem("model"));
  m_model->setValue(config.model.empty() ? tr("Choose a model") : shortName(config.model), QString::fromStdString(config.model));
  const auto &survey = m_preview->survey();
  QStringList about;
  if (survey)
    about = {tr("%Ln row(s)", "", static_cast<int>(std::min<int64_t>(survey->rows, 1 << 30))),
             tr("%1 trained tokens").arg(countText(survey->trainedTokens))};
  if (config.dataset.size() > 1) about.prepend(tr("%n file(s)", "", static_cast<int>(config.dataset.size())));
  m_data->setProblem(config.dataset.empty() ? QString() : m_draft.problem("dataset"));
  m_data->setValue(config.dataset.empty() ? tr("Choose data") : shortName(config.dataset.front().path), about.join(QStringLiteral(" · ")));
  m_method->setCurrent(QString::fromStdString(api::nameOf(config.method)));
  showDevice();
  m_preview->setConfig(config);
  const QStringList problems = this->problems();
  showHiddenProblem();
  const bool refused = survey && !survey->refusal.empty();
  m_start->setEnabled(problems.isEmpty() && m_forecast->fits() && !refused);
  m_start->setToolTip(toolTipText(!problems.isEmpty()   ? problems.join(QLatin1Char('\n'))
                                  : !m_forecast->fits() ? tr("The run does not fit into memory.")
                                  : refused             ? QString::fromStdString(survey->refusal)
                                                        : QString()));
}

/// Of the settings and of the place. A model on the cluster need not be here.
QStringList TrainPage::problems() const {
  QStringList all = m_draft.problems();
  const auto &target = m_target.target();
  if (!target) return all;
  const QString model = fieldLabel(*api::findConfigField("model"));
  if (!target->model.empty())
    all.erase(std::remove_if(all.begin(), all.end(), [&](const QString &line) { return line.startsWith(model); }), all.end());
  return all + m_target.problems().values();
}

api::RunConfig TrainPage::configToStart() const {
  api::RunConfig config = m_draft.config();
  if (m_target.target()) config.device = "auto"; // the device chosen here is none of the cluster's
  return config;
}

void TrainPage::start() {
  if (m_start->isEnabled()) Q_EMIT started(m_runs.requestStart(configToStart(), m_target.target()));
}

void TrainPage::showScript() {
  if (!m_target.target()) return;
  api::RunRequest request;
  request.config = configToStart();
  request.cluster = m_target.target();
  m_scripting = m_tasks.run(
      this, [backend = &m_services.clusters->backend(), request](StopToken) { return backend->preview(request); },
      [this, cluster = QString::fromStdString(request.cluster->cluster)](const Result<api::JobPreview> &preview) {
        if (!preview.ok()) return Toast::show(this, errorText(preview.error()));
        auto *dialog = new JobPreviewDialog(*preview, cluster, window());
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
      });
}

} // namespace attune::ui
