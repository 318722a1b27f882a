#include "ui/pages/cluster_worker.h"

#include "ui/dialogs/install_dialog.h"
#include "ui/models/error_text.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"
#include "ui/widgets/visible_text.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>

namespace attune::ui {

namespace {

QString shown(const std::string &text) { return onOneLine(QString::fromStdString(text)); }

QString day(const std::string &time) {
  const QDateTime at = QDateTime::fromString(QString::fromStdString(time), Qt::ISODate);
  return at.isValid() ? QLocale().toString(at.toLocalTime().date(), QLocale::ShortFormat) : shown(time);
}

/// By the profile as it is now, which may be newer than the look.
bool isUsed(const ClusterState &cluster, const api::InstalledWorker &worker) {
  const std::string &named = cluster.profile.worker;
  return named.find('/') != std::string::npos && (named[0] == '/' ? named == worker.binary : worker.inUse);
}

} // namespace

ClusterWorker::ClusterWorker(ClusterCenter &clusters, WorkerInstalls &installs, QWidget *parent)
    : QWidget(parent), m_clusters(clusters), m_installs(installs) {
  auto *layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(8);
  auto *texts = new QVBoxLayout;
  texts->setSpacing(2);
  m_title = makeLabel(TextRole::Strong, this);
  m_state = makeLabel(TextRole::Muted, this);
  m_state->setWordWrap(true);
  m_bar = new QProgressBar(this);
  m_bar->setTextVisible(false);
  texts->addWidget(m_title);
  texts->addWidget(m_state);
  texts->addWidget(m_bar);
  layout->addLayout(texts, 1);
  m_use = makeButton(ButtonKind::Normal, this);
  m_install = makeButton(ButtonKind::Normal, this);
  layout->addWidget(m_use, 0, Qt::AlignTop);
  layout->addWidget(m_install, 0, Qt::AlignTop);
  connect(m_install, &QPushButton::clicked, this, &ClusterWorker::install);
  connect(m_use, &QPushButton::clicked, this, [this] {
    const ClusterState *cluster = m_clusters.find(m_name);
    const api::InstalledWorker *worker = cluster && cluster->workers.value ? cluster->workers.value->forProfile() : nullptr;
    if (worker) m_installs.use(m_name, *worker);
  });
  const auto refresh = [this](const QString &name) {
    if (name == m_name) fill();
  };
  connect(&m_clusters, &ClusterCenter::changed, this, refresh);
  connect(&m_clusters, &ClusterCenter::linkChanged, this, refresh);
  connect(&m_clusters, &ClusterCenter::listChanged, this, &ClusterWorker::fill);
  connect(&m_installs, &WorkerInstalls::changed, this, refresh);
  connect(&m_installs, &WorkerInstalls::adopted, this, [this](const QString &name, const QString &before) {
    Toast::show(this, tr("Runs on %1 now use the program that was built there.").arg(onOneLine(name)), tr("Undo"), [this, name, before] {
      const ClusterState *cluster = m_clusters.find(name);
      if (!cluster) return;
      api::ClusterProfile profile = cluster->profile;
      profile.worker = before.toStdString();
      m_clusters.save(profile);
    });
  });
  onLanguage(this, [this] {
    m_title->setText(tr("Training program"));
    m_bar->setAccessibleName(tr("Progress of the installation"));
    m_use->setText(tr("Use it"));
    fill();
  });
}

void ClusterWorker::setCluster(const QString &name) {
  m_name = name;
  fill();
}

void ClusterWorker::install() {
  const ClusterState *cluster = m_clusters.find(m_name);
  if (!cluster) return;
  auto *dialog = new InstallDialog(m_installs, cluster->profile, window());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->open();
}

QString ClusterWorker::stateText(const ClusterState &cluster) const {
  const WorkerInstall *install = m_installs.find(m_name);
  if (install && install->running) {
    const QString text = installText(install->progress);
    return install->progress.percent < 0 ? text : countText(install->progress.percent) + QStringLiteral(" % · ") + text;
  }
  QStringList parts;
  if (install && install->problem) parts.append(errorText(*install->problem));
  if (cluster.workers.problem) return errorText(*cluster.workers.problem);
  if (!cluster.workers.value) return cluster.online() ? tr("Looking at what is there…") : tr("Connect to see what is installed.");
  const api::InstalledWorker *worker = cluster.workers.value->forProfile();
  if (!worker) {
    parts.append(cluster.workers.value->workers.empty()
                     ? tr("None was installed from here. Runs use: %1").arg(shown(cluster.profile.worker))
                     : tr("None was installed for this environment script. Runs use: %1").arg(shown(cluster.profile.worker)));
    return parts.join(QLatin1Char('\n'));
  }
  QString text = tr("Version %1 for libtorch %2 (%3), built on %4 on %5.", "version, version, kind of card, day, login node")
                     .arg(shown(worker->version), shown(worker->torch), shown(worker->torchKind), day(worker->built), shown(worker->host));
  if (worker->node.empty())
    text += QLatin1Char(' ') + tr("Not yet tried on a compute node.");
  else
    text += QLatin1Char(' ') +
            (worker->works ? tr("It works on %1.", "a node") : tr("It does not work on %1.", "a node")).arg(shown(worker->node));
  parts.append(text);
  if (worker->environmentChanged) parts.append(tr("The environment script was edited since: install again if its libtorch changed."));
  if (!worker->ofThisProgram) parts.append(tr("This program carries other sources: install again to have the same version there."));
  if (!isUsed(cluster, *worker)) parts.append(tr("Runs use another one: %1").arg(shown(cluster.profile.worker)));
  return parts.join(QLatin1Char('\n'));
}

void ClusterWorker::fill() {
  const ClusterState *cluster = m_clusters.find(m_name);
  const WorkerInstall *install = m_installs.find(m_name);
  const bool running = install && install->running;
  m_state->setText(cluster ? stateText(*cluster) : QString());
  m_bar->setVisible(running);
  if (running) {
    m_bar->setRange(0, install->progress.percent < 0 ? 0 : 100);
    m_bar->setValue(install->progress.percent);
  }
  m_install->setText(running ? tr("Show…") : tr("Install…"));
  m_install->setEnabled(cluster && (running || cluster->online()));
  const api::InstalledWorker *worker = cluster && cluster->workers.value ? cluster->workers.value->forProfile() : nullptr;
  m_use->setVisible(worker && !isUsed(*cluster, *worker) && !running);
}

} // namespace attune::ui
