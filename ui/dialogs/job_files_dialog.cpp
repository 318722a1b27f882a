#include "ui/dialogs/job_files_dialog.h"

#include "ui/widgets/line_view.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/visible_text.h"

#include <QFile>

namespace attune::ui {

namespace {

constexpr qint64 kMost = qint64(1) << 20; // bytes shown of a file: its end
constexpr int kLookMs = 500;

const QStringList kFiles = {QStringLiteral("run.log"), QStringLiteral("run.sh"), QStringLiteral("job.env"), QStringLiteral("run.json")};

QString localPath(const QString &folder, const QString &file) {
  return folder + (file == kFiles[0] ? QStringLiteral("/log.txt") : QStringLiteral("/cluster/job/") + file);
}

} // namespace

JobFilesDialog::JobFilesDialog(const api::ClusterJob &job, TaskRunner &tasks, QWidget *parent)
    : TextFilesDialog(parent), m_folder(QString::fromStdString(job.folder)), m_remote(QString::fromStdString(job.remoteFolder)),
      m_tasks(tasks) {
  m_timer.setInterval(kLookMs);
  connect(&m_timer, &QTimer::timeout, this, &JobFilesDialog::read);
  m_timer.start();
  onLanguage(this, [this, id = QString::fromStdString(job.id)] {
    setWindowTitle(id.isEmpty() ? tr("Job") : tr("Job %1").arg(onOneLine(id)));
    offer(kFiles, {tr("Log"), tr("Script"), tr("Values"), tr("Run config")});
  });
}

void JobFilesDialog::onChosen(const QString &name) {
  lines()->setFollow(name == kFiles[0]);
  m_size = -1;
  m_busy = false; // what is under way is of another file
  read();
}

JobFilesDialog::Read JobFilesDialog::readEnd(const QString &path, qint64 before) {
  Read read;
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return read;
  read.there = true;
  read.size = file.size();
  read.same = read.size == before;
  if (read.same) return read;
  read.cut = read.size > kMost;
  if (read.cut) file.seek(read.size - kMost);
  read.lines = linesOf(QString::fromUtf8(file.read(kMost)));
  if (read.cut && !read.lines.isEmpty()) read.lines.removeFirst(); // the end of a line
  return read;
}

void JobFilesDialog::read() {
  if (m_busy) return;
  m_busy = true;
  m_reading = m_tasks.run(
      this, [path = localPath(m_folder, file()), before = m_size](StopToken) { return readEnd(path, before); },
      [this](const Read &read) {
        m_busy = false;
        if (!read.same) take(read);
      });
}

void JobFilesDialog::take(const Read &read) {
  m_size = read.size;
  const QString place = m_remote.isEmpty() ? localPath(m_folder, file()) : m_remote + QLatin1Char('/') + file();
  display(!read.there ? tr("%1 is not there yet.").arg(onOneLine(file()))
          : read.cut  ? tr("The end of %1", "a file").arg(onOneLine(place))
                      : onOneLine(place),
          read.lines);
}

} // namespace attune::ui
