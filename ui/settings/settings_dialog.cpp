#include "ui/settings/settings_dialog.h"

#include "ui/net/hub_address.h"
#include "ui/net/hub_request.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/segmented_switch.h"

#include <QDir>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QThread>
#include <QVBoxLayout>
#include <QtNetwork/QNetworkAccessManager>

namespace attune::ui {

namespace {

const QStringList kThemeKeys = {QStringLiteral("system"), QStringLiteral("light"), QStringLiteral("dark")};
const QStringList kMotionKeys = {QStringLiteral("system"), QStringLiteral("full"), QStringLiteral("reduced")};
const QStringList kLanguageKeys = {QString(), QStringLiteral("en"), QStringLiteral("zh_CN")};

} // namespace

SettingsDialog::SettingsDialog(const Preferences &preferences, const Preferences &atStart, const QString &workspace, QWidget *parent)
    : QDialog(parent), m_preferences(preferences), m_atStart(atStart), m_workspace(workspace) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(12);
  m_language = new SegmentedSwitch(this);
  m_theme = new SegmentedSwitch(this);
  m_motion = new SegmentedSwitch(this);
  m_threads = new QSpinBox(this);
  m_threads->setRange(0, QThread::idealThreadCount());
  m_threads->setValue(preferences.threads);
  auto *folder = new QWidget(this);
  auto *folderRow = new QHBoxLayout(folder);
  folderRow->setContentsMargins(0, 0, 0, 0);
  folderRow->setSpacing(8);
  m_folder = new ElidedLabel(folder, Qt::ElideMiddle);
  m_choose = makeButton(ButtonKind::Small, folder);
  folderRow->addWidget(m_folder, 1);
  folderRow->addWidget(m_choose);
  QLabel *language = addRow(layout, m_language);
  QLabel *theme = addRow(layout, m_theme);
  QLabel *motion = addRow(layout, m_motion);
  QLabel *workspaceName = addRow(layout, folder);
  m_outside = makeLabel(TextRole::Caption, this);
  m_outside->setWordWrap(true);
  layout->addWidget(m_outside);
  QLabel *threads = addRow(layout, m_threads);
  m_hub = new QLineEdit(preferences.hub, this);
  m_proxy = new QLineEdit(preferences.proxy, this);
  for (QLineEdit *edit : {m_hub, m_proxy}) edit->setMinimumWidth(320);
  QLabel *hub = addRow(layout, m_hub);
  QLabel *proxy = addRow(layout, m_proxy);
  m_later = makeLabel(TextRole::Caption, this);
  m_later->setWordWrap(true);
  layout->addWidget(m_later);
  QPushButton *close = makeButton(ButtonKind::Normal, this);
  layout->addSpacing(4);
  layout->addWidget(close, 0, Qt::AlignRight);

  connect(m_language, &SegmentedSwitch::changed, this, [this](const QString &key) {
    Preferences chosen = m_preferences;
    chosen.language = key;
    change(chosen);
  });
  connect(m_theme, &SegmentedSwitch::changed, this, [this](const QString &key) {
    Preferences chosen = m_preferences;
    chosen.theme = static_cast<ThemeChoice>(kThemeKeys.indexOf(key));
    change(chosen);
  });
  connect(m_motion, &SegmentedSwitch::changed, this, [this](const QString &key) {
    Preferences chosen = m_preferences;
    chosen.motion = static_cast<MotionChoice>(kMotionKeys.indexOf(key));
    change(chosen);
  });
  connect(m_threads, &QSpinBox::valueChanged, this, [this](int count) {
    Preferences chosen = m_preferences;
    chosen.threads = count;
    change(chosen);
  });
  for (QLineEdit *edit : {m_hub, m_proxy}) connect(edit, &QLineEdit::textChanged, this, &SettingsDialog::takeAddresses);
  connect(m_choose, &QPushButton::clicked, this, [this] {
    pickFolder(this, tr("The folder that holds runs, models and datasets"), [this](const QString &path) {
      Preferences chosen = m_preferences;
      chosen.workspace = path;
      change(chosen);
    });
  });
  connect(close, &QPushButton::clicked, this, &QDialog::accept);
  onLanguage(this, [=, this] {
    setWindowTitle(tr("Settings"));
    language->setText(tr("Language"));
    theme->setText(tr("Theme"));
    motion->setText(tr("Motion"));
    workspaceName->setText(tr("Workspace"));
    threads->setText(tr("Training threads"));
    hub->setText(tr("Model hub"));
    proxy->setText(tr("Proxy"));
    m_hub->setAccessibleName(tr("Model hub"));
    m_hub->setPlaceholderText(QStringLiteral("https://huggingface.co"));
    m_hub->setToolTip(tr("Where models are downloaded from: Hugging Face, a mirror laid out like it, or ModelScope."));
    m_proxy->setAccessibleName(tr("Proxy"));
    m_proxy->setPlaceholderText(tr("as the system"));
    m_proxy->setToolTip(tr("For downloads: http://host:port or socks5://host:port; \"none\" goes without the system's."));
    m_language->setChoices(kLanguageKeys, {tr("As the system"), QStringLiteral("English"), QStringLiteral("简体中文")});
    m_language->setCurrent(m_preferences.language);
    m_theme->setChoices(kThemeKeys, {tr("As the system"), tr("Light"), tr("Dark")});
    m_theme->setCurrent(kThemeKeys[static_cast<int>(m_preferences.theme)]);
    m_motion->setChoices(kMotionKeys, {tr("As the system"), tr("On"), tr("Reduced")});
    m_motion->setCurrent(kMotionKeys[static_cast<int>(m_preferences.motion)]);
    m_language->setAccessibleName(tr("Language"));
    m_theme->setAccessibleName(tr("Theme"));
    m_motion->setAccessibleName(tr("Motion"));
    m_threads->setAccessibleName(tr("Training threads"));
    m_threads->setSpecialValueText(tr("every core"));
    m_threads->updateGeometry(); // a spin box measures the text once
    m_choose->setText(tr("Choose…"));
    m_choose->setAccessibleName(tr("Choose the workspace folder"));
    close->setText(tr("Close"));
    m_outside->setText(tr("The environment variable ATTUNE_WORKSPACE sets the workspace. Without it, the folder is chosen here."));
    showWorkspace();
  });
  setMinimumWidth(560);
}

QLabel *SettingsDialog::addRow(QVBoxLayout *rows, QWidget *control) {
  auto *row = new QHBoxLayout;
  row->setSpacing(12);
  QLabel *label = makeLabel(TextRole::Body, this);
  label->setFixedWidth(132);
  row->addWidget(label);
  row->addWidget(control, control->sizePolicy().horizontalPolicy() == QSizePolicy::Preferred ? 1 : 0);
  if (control->sizePolicy().horizontalPolicy() != QSizePolicy::Preferred) row->addStretch(1);
  rows->addLayout(row);
  return label;
}

void SettingsDialog::change(Preferences preferences) {
  m_preferences = std::move(preferences);
  showWorkspace();
  Q_EMIT changed(m_preferences);
}

/// What cannot be understood is marked and not taken.
void SettingsDialog::takeAddresses() {
  const QString hub = m_hub->text().trimmed(), proxy = m_proxy->text().trimmed();
  QNetworkAccessManager probe;
  const bool hubGood = hub.isEmpty() || parseHubBase(hub), proxyGood = setProxy(probe, proxy);
  setProblem(m_hub, !hubGood);
  setProblem(m_proxy, !proxyGood);
  Preferences chosen = m_preferences;
  if (hubGood) chosen.hub = hub;
  if (proxyGood) chosen.proxy = proxy;
  if (chosen.hub != m_preferences.hub || chosen.proxy != m_preferences.proxy) change(chosen);
}

void SettingsDialog::showWorkspace() {
  const bool outside = Preferences::workspaceIsSetOutside();
  m_folder->setText(QDir::toNativeSeparators(outside || m_preferences.workspace.isEmpty() ? m_workspace : m_preferences.workspace));
  for (QWidget *part : std::initializer_list<QWidget *>{m_folder, m_choose}) part->setEnabled(!outside);
  m_outside->setVisible(outside);
  const bool waits = m_preferences.workspace != m_atStart.workspace || m_preferences.threads != m_atStart.threads;
  m_later->setText(waits ? tr("Workspace and threads change when Attune is started again. What lies in the old folder stays there.")
                         : tr("Workspace and threads take effect at the next start; everything else at once."));
  setRole(m_later, waits ? TextRole::Strong : TextRole::Caption);
}

} // namespace attune::ui
