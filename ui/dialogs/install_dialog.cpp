#include "ui/dialogs/install_dialog.h"

#include "ui/models/error_text.h"
#include "ui/models/terminal_command.h"
#include "ui/pages/command_button.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/line_view.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"
#include "ui/widgets/visible_text.h"

#include <QClipboard>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(WorkerInstall)
};

} // namespace

QString installText(const api::InstallProgress &progress) {
  switch (progress.phase) {
  case api::InstallPhase::Looking: return Words::tr("Looking at what is there…");
  case api::InstallPhase::Uploading: return Words::tr("Sending the sources…");
  case api::InstallPhase::Unpacking: return Words::tr("Unpacking…");
  case api::InstallPhase::Building:
    return progress.text.empty() ? Words::tr("Building…")
                                 : Words::tr("Building: %1", "what is compiled").arg(onOneLine(QString::fromStdString(progress.text)));
  case api::InstallPhase::Checking: break;
  }
  return Words::tr("Trying it on a compute node…");
}

InstallDialog::InstallDialog(WorkerInstalls &installs, const api::ClusterProfile &profile, QWidget *parent)
    : QDialog(parent), m_installs(installs), m_cluster(QString::fromStdString(profile.name)),
      m_script(QString::fromStdString(profile.environmentScript)) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(12);
  m_about = makeLabel(TextRole::Muted, this);
  m_about->setWordWrap(true);
  layout->addWidget(m_about);
  auto *grid = new QGridLayout;
  grid->setHorizontalSpacing(12);
  grid->setVerticalSpacing(6);
  grid->setColumnMinimumWidth(0, 148);
  grid->setColumnStretch(1, 1);
  m_scriptName = makeLabel(TextRole::Mono, this);
  m_torch = new QLineEdit(this);
  m_compiler = new QLineEdit(this);
  m_cmake = new QLineEdit(this);
  m_jobs = new QSpinBox(this);
  m_jobs->setRange(1, 256);
  m_memory = new QSpinBox(this);
  m_memory->setRange(500, 1000000);
  m_memory->setSingleStep(1000);
  m_memory->setSuffix(QStringLiteral(" MB"));
  addRow(grid, m_scriptLabel, m_scriptName);
  addRow(grid, m_torchLabel, m_torch);
  addRow(grid, m_compilerLabel, m_compiler);
  addRow(grid, m_cmakeLabel, m_cmake);
  addRow(grid, m_jobsLabel, m_jobs);
  addRow(grid, m_memoryLabel, m_memory);
  const WorkerInstall *before = m_installs.find(m_cluster);
  const api::WorkerRequest asked = before && !before->request.attach ? before->request : api::WorkerRequest();
  m_torch->setText(QString::fromStdString(asked.torch));
  m_compiler->setText(QString::fromStdString(asked.compiler));
  m_cmake->setText(QString::fromStdString(asked.cmake));
  m_jobs->setValue(static_cast<int>(asked.jobs));
  m_memory->setValue(static_cast<int>(asked.memory));
  layout->addLayout(grid);
  m_state = makeLabel(TextRole::Body, this);
  layout->addWidget(m_state);
  m_bar = new QProgressBar(this);
  m_bar->setTextVisible(false);
  layout->addWidget(m_bar);
  m_output = new LineView(this);
  m_output->setMinimumHeight(160);
  m_output->setSource([this](qsizetype row) {
    const WorkerInstall *install = m_installs.find(m_cluster);
    const bool there = install && row < static_cast<qsizetype>(install->lines.size());
    return there ? withVisibleControls(install->lines[static_cast<size_t>(row)]) : QString();
  });
  layout->addWidget(m_output, 1);
  m_finding = makeLabel(TextRole::Body, this);
  m_finding->setWordWrap(true);
  m_finding->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  layout->addWidget(m_finding);
  auto *buttons = new QHBoxLayout;
  buttons->setSpacing(8);
  m_copy = makeButton(ButtonKind::Small, QStringLiteral("copy"), this);
  m_command = new CommandButton(this);
  m_stop = makeButton(ButtonKind::Danger, this);
  m_close = makeButton(ButtonKind::Normal, this);
  m_install = makeButton(ButtonKind::Primary, this);
  for (QPushButton *button : std::initializer_list<QPushButton *>{m_copy, m_command, m_stop, m_close}) button->setAutoDefault(false);
  m_install->setDefault(true);
  buttons->addWidget(m_copy);
  buttons->addWidget(m_command);
  buttons->addStretch(1);
  for (QPushButton *button : {m_stop, m_close, m_install}) buttons->addWidget(button);
  layout->addLayout(buttons);
  m_output->hide(); // until there is something to show
  setMinimumWidth(760);

  connect(m_install, &QPushButton::clicked, this, [this] { m_installs.start(m_cluster, request()); });
  connect(m_stop, &QPushButton::clicked, this, [this] { m_installs.stop(m_cluster); });
  connect(m_close, &QPushButton::clicked, this, &QDialog::accept);
  connect(m_copy, &QPushButton::clicked, this, &InstallDialog::copy);
  connect(m_output, &LineView::copyRequested, this, &InstallDialog::copy);
  connect(&m_installs, &WorkerInstalls::changed, this, [this](const QString &cluster) {
    if (cluster == m_cluster) fill();
  });
  for (QLineEdit *field : {m_torch, m_compiler, m_cmake}) connect(field, &QLineEdit::textChanged, this, &InstallDialog::fill);
  for (QSpinBox *field : {m_jobs, m_memory}) connect(field, &QSpinBox::valueChanged, this, &InstallDialog::fill);
  onLanguage(this, [this] { retranslate(); });
  m_torch->setFocus();
}

void InstallDialog::addRow(QGridLayout *grid, QLabel *&label, QWidget *field) {
  label = makeLabel(TextRole::Body, this);
  label->setBuddy(field);
  const int row = grid->rowCount();
  grid->addWidget(label, row, 0);
  grid->addWidget(field, row, 1, qobject_cast<QSpinBox *>(field) ? Qt::AlignLeft : Qt::Alignment());
}

void InstallDialog::retranslate() {
  setWindowTitle(tr("Install the training program on %1").arg(m_cluster));
  m_about->setText(tr("Sends the sources (2 MB) and builds them on the login node against the site's own libtorch, without root and "
                      "without the internet: 25 to 60 minutes of one core. The build goes on when the connection is lost or this window "
                      "closes. Then a short job tries the program on a compute node."));
  const auto name = [](QLabel *label, QWidget *field, const QString &text) {
    label->setText(text);
    field->setAccessibleName(text);
  };
  name(m_scriptLabel, m_scriptName, tr("Environment script"));
  m_scriptName->setText(m_script.isEmpty() ? tr("none; the profile names it") : onOneLine(m_script));
  name(m_torchLabel, m_torch, tr("Folder of libtorch"));
  m_torch->setPlaceholderText(tr("that of the torch which python3 imports there"));
  name(m_compilerLabel, m_compiler, tr("C++ compiler"));
  m_compiler->setPlaceholderText(tr("the first that will do: GCC 9 or newer, 11 for libtorch 2.13"));
  name(m_cmakeLabel, m_cmake, tr("CMake"));
  m_cmake->setPlaceholderText(tr("the first that is 3.16 or newer"));
  name(m_jobsLabel, m_jobs, tr("Compiles at a time"));
  name(m_memoryLabel, m_memory, tr("Memory for them"));
  m_bar->setAccessibleName(tr("Progress of the installation"));
  m_output->setAccessibleName(tr("Output of the build"));
  m_copy->setText(tr("Copy output"));
  m_close->setText(tr("Close"));
  fill();
}

api::WorkerRequest InstallDialog::request() const {
  api::WorkerRequest asked;
  asked.torch = m_torch->text().trimmed().toStdString();
  asked.compiler = m_compiler->text().trimmed().toStdString();
  asked.cmake = m_cmake->text().trimmed().toStdString();
  asked.jobs = m_jobs->value();
  asked.memory = m_memory->value();
  return asked;
}

void InstallDialog::fill() {
  const WorkerInstall *install = m_installs.find(m_cluster);
  const bool running = install && install->running, building = running && install->progress.phase == api::InstallPhase::Building;
  const std::initializer_list<QWidget *> inputs = {m_torch, m_compiler, m_cmake, m_jobs, m_memory, m_install};
  const bool hadFocus = std::any_of(inputs.begin(), inputs.end(), [](const QWidget *input) { return input->hasFocus(); });
  if (install && m_output->isHidden()) {
    m_output->show();
    resize(width(), std::max(height(), 620));
  }
  if (running && hadFocus) m_output->setFocus(); // before they rest
  for (QWidget *input : inputs) input->setEnabled(!running);
  m_install->setText(install && !running ? tr("Install again") : tr("Install"));
  m_stop->setVisible(running);
  m_stop->setText(install && install->stopping ? tr("Stopping…") : tr("Stop the build"));
  m_stop->setEnabled(building && !install->stopping);
  m_state->setVisible(running);
  m_bar->setVisible(running);
  if (running) {
    m_state->setText(installText(install->progress));
    m_bar->setRange(0, install->progress.percent < 0 ? 0 : 100);
    m_bar->setValue(install->progress.percent);
  }
  const qsizetype lines = install ? static_cast<qsizetype>(install->lines.size()) : 0;
  m_output->setCount(lines);
  m_output->viewport()->update(); // the oldest may have gone
  m_copy->setEnabled(lines > 0);
  m_command->setCommand(installLine(m_cluster, request()));
  QString finding;
  bool bad = false;
  if (install && install->problem && !(running && install->stopping)) {
    finding = errorText(*install->problem);
    bad = true;
  } else if (install && install->report) {
    const api::InstalledWorker &worker = install->report->worker;
    const QString node = onOneLine(QString::fromStdString(worker.node));
    bad = worker.broken();
    QString tried = tr("No compute node was free to try it; check the environment later.");
    if (!worker.node.empty())
      tried = worker.works ? tr("It works on %1.", "a node").arg(node) : tr("It does not work on %1.", "a node").arg(node);
    finding = tr("Installed in %1.").arg(onOneLine(QString::fromStdString(worker.folder))) + QLatin1Char(' ') + tried;
    for (const api::EnvironmentFinding &one : install->report->findings)
      if (one.status != "ok" && (bad ? one.id.rfind("worker", 0) == 0 : true))
        finding += QLatin1Char('\n') + withVisibleControls(QString::fromStdString(one.id + ": " + one.found + " " + one.advice));
  }
  m_finding->setVisible(!finding.isEmpty());
  m_finding->setText(finding);
  setRole(m_finding, bad ? TextRole::Problem : TextRole::Body);
}

void InstallDialog::copy() {
  const WorkerInstall *install = m_installs.find(m_cluster);
  if (!install) return;
  QStringList lines(install->lines.begin(), install->lines.end());
  if (!m_finding->text().isEmpty()) lines.append(m_finding->text());
  QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
  Toast::show(this, tr("The output is in the clipboard."));
}

} // namespace attune::ui
