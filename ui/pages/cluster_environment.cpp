#include "ui/pages/cluster_environment.h"

#include "core/base/atomic_file.h"
#include "ui/models/error_text.h"
#include "ui/models/terminal_command.h"
#include "ui/pages/cluster_worker.h"
#include "ui/pages/command_button.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"
#include "ui/widgets/visible_text.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace attune::ui {

ClusterEnvironment::ClusterEnvironment(ClusterCenter &clusters, WorkerInstalls &installs, TaskRunner &tasks, QWidget *parent)
    : QWidget(parent), m_clusters(clusters), m_tasks(tasks) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(8);
  m_worker = new ClusterWorker(clusters, installs, this);
  layout->addWidget(m_worker);
  layout->addSpacing(4);
  m_about = makeLabel(TextRole::Caption, this);
  m_about->setWordWrap(true);
  layout->addWidget(m_about);
  m_text = new QPlainTextEdit(this);
  m_text->setReadOnly(true);
  m_text->setProperty("kind", QStringLiteral("mono"));
  m_text->setTabChangesFocus(true);
  m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
  layout->addWidget(m_text, 1);
  m_message = makeLabel(TextRole::Problem, this);
  m_message->setWordWrap(true);
  layout->addWidget(m_message);
  auto *foot = new QHBoxLayout;
  foot->setSpacing(8);
  m_check = makeButton(ButtonKind::Normal, QStringLiteral("search"), this);
  m_copy = makeButton(ButtonKind::Small, QStringLiteral("copy"), this);
  m_save = makeButton(ButtonKind::Small, QStringLiteral("save"), this);
  m_command = new CommandButton(this);
  foot->addWidget(m_check);
  foot->addStretch(1);
  for (QPushButton *button : std::initializer_list<QPushButton *>{m_copy, m_save, m_command}) foot->addWidget(button);
  layout->addLayout(foot);
  connect(&m_clusters, &ClusterCenter::changed, this, [this](const QString &name) {
    if (name == m_name) fill();
  });
  connect(m_check, &QPushButton::clicked, this, [this] { m_clusters.checkEnvironment(m_name); });
  connect(m_copy, &QPushButton::clicked, this, [this] {
    QGuiApplication::clipboard()->setText(m_text->toPlainText());
    Toast::show(this, tr("The report is in the clipboard."));
  });
  connect(m_save, &QPushButton::clicked, this, &ClusterEnvironment::save);
  onLanguage(this, [this] {
    m_about->setText(tr("Looks at what training needs, on the login node and by a job of a minute or two on a compute node: the "
                        "environment script, Python and PyTorch, the compiler, the cards, the disk and the internet. Nothing is changed."));
    m_text->setAccessibleName(tr("Environment report"));
    m_text->setPlaceholderText(tr("The report appears here. It takes a few minutes, longer where no node is free."));
    m_copy->setText(tr("Copy report"));
    m_save->setText(tr("Save report…"));
    fill();
  });
}

void ClusterEnvironment::setCluster(const QString &name) {
  m_name = name;
  m_worker->setCluster(name);
  fill();
}

void ClusterEnvironment::fill() {
  const ClusterState *cluster = m_clusters.find(m_name);
  const bool busy = cluster && cluster->environment.busy;
  m_check->setText(busy ? tr("Checking…") : tr("Check the environment"));
  m_check->setEnabled(cluster && cluster->online() && !busy);
  const QString report = cluster && cluster->environment.value
                             ? withVisibleControls(QString::fromStdString(api::environmentText(*cluster->environment.value))).trimmed()
                             : QString();
  if (m_text->toPlainText() != report) m_text->setPlainText(report);
  m_copy->setEnabled(!report.isEmpty());
  m_save->setEnabled(!report.isEmpty());
  const bool problem = cluster && cluster->environment.problem;
  m_message->setText(problem ? errorText(*cluster->environment.problem) : QString());
  m_message->setVisible(problem);
  if (!cluster) return m_command->setCommand({});
  const QString script = QString::fromStdString(cluster->profile.environmentScript);
  const QString doctor = shellWord(QString::fromStdString(cluster->profile.worker)) + QStringLiteral(" doctor");
  m_command->setCommand(
      sshLine(cluster->profile, script.isEmpty() ? doctor : QStringLiteral(". ") + shellWord(script) + QStringLiteral(" && ") + doctor));
}

void ClusterEnvironment::save() {
  pickSaveName(this, tr("Save report"), m_name + QStringLiteral("-environment.txt"), tr("Text (*.txt)"), [this](const QString &path) {
    m_saving = m_tasks.run(
        this,
        [path = path.toStdString(), text = m_text->toPlainText().toStdString()](StopToken) { return writeFileAtomic(path, text + "\n"); },
        [this, path](const Status &saved) { Toast::show(this, saved.ok() ? tr("Saved as %1.").arg(path) : errorText(saved.error())); });
  });
}

} // namespace attune::ui
