#include "ui/dialogs/job_files_dialog.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/line_view.h"
#include "ui/widgets/markdown_blocks.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/segmented_switch.h"
#include "ui/widgets/toast.h"

#include <QClipboard>
#include <QFile>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr qint64 kMost = qint64(1) << 20; // bytes shown of a file: its end
constexpr int kLookMs = 500;

const QStringList kFiles = {QStringLiteral("run.log"), QStringLiteral("run.sh"), QStringLiteral("job.env"), QStringLiteral("run.json")};

QString localPath(const QString &folder, const QString &file) {
  return folder + (file == kFiles[0] ? QStringLiteral("/log.txt") : QStringLiteral("/cluster/job/") + file);
}

QString safe(const QString &line) {
  QString text = withVisibleControls(line);
  std::replace_if(
      text.begin(), text.end(), [](QChar c) { return c.unicode() < 0x20 || c.unicode() == 0x7f; }, QChar(0xFFFD));
  return text;
}

} // namespace

JobFilesDialog::JobFilesDialog(const api::ClusterJob &job, TaskRunner &tasks, QWidget *parent)
    : QDialog(parent), m_folder(QString::fromStdString(job.folder)), m_remote(QString::fromStdString(job.remoteFolder)), m_tasks(tasks) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(10);
  m_choice = new SegmentedSwitch(this);
  layout->addWidget(m_choice, 0, Qt::AlignLeft);
  m_place = makeLabel(TextRole::Caption, this);
  m_place->setWordWrap(true);
  m_place->setTextInteractionFlags(Qt::TextSelectableByMouse);
  layout->addWidget(m_place);
  m_view = new LineView(this);
  m_view->setSource([this](qsizetype row) { return row < m_lines.size() ? m_lines[row] : QString(); });
  layout->addWidget(m_view, 1);
  auto *buttons = new QHBoxLayout;
  m_copy = makeButton(ButtonKind::Small, QStringLiteral("copy"), this);
  m_close = makeButton(ButtonKind::Normal, this);
  buttons->addWidget(m_copy);
  buttons->addStretch(1);
  buttons->addWidget(m_close);
  layout->addLayout(buttons);
  resize(820, 600);
  const auto copy = [this] {
    auto [first, last] = m_view->chosen();
    if (first > last) first = 0, last = m_lines.size() - 1;
    QGuiApplication::clipboard()->setText(m_lines.mid(first, last - first + 1).join(QLatin1Char('\n')));
    Toast::show(this, tr("Copied."));
  };
  connect(m_copy, &QPushButton::clicked, this, copy);
  connect(m_view, &LineView::copyRequested, this, copy);
  connect(m_close, &QPushButton::clicked, this, &QDialog::accept);
  connect(m_choice, &SegmentedSwitch::changed, this, &JobFilesDialog::showFile);
  m_timer.setInterval(kLookMs);
  connect(&m_timer, &QTimer::timeout, this, &JobFilesDialog::read);
  m_timer.start();
  onLanguage(this, [this, id = QString::fromStdString(job.id)] {
    setWindowTitle(id.isEmpty() ? tr("Job") : tr("Job %1").arg(onOneLine(id)));
    m_choice->setAccessibleName(tr("File of the job"));
    m_choice->setChoices(kFiles, {tr("Log"), tr("Script"), tr("Values"), tr("Run config")});
    m_view->setAccessibleName(tr("The file's lines"));
    m_copy->setText(tr("Copy"));
    m_close->setText(tr("Close"));
    showFile(m_file.isEmpty() ? kFiles[0] : m_file);
  });
}

void JobFilesDialog::showFile(const QString &name) {
  m_file = name;
  m_choice->setCurrent(name);
  m_view->setFollow(name == kFiles[0]);
  m_view->clearChoice();
  m_size = -1;
  m_busy = false; // what is under way is of another file
  display({});
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
  for (const QString &line : QString::fromUtf8(file.read(kMost)).split(QLatin1Char('\n'))) read.lines.append(safe(line));
  if (read.cut) read.lines.removeFirst(); // the end of a line
  if (!read.lines.isEmpty() && read.lines.last().isEmpty()) read.lines.removeLast();
  return read;
}

void JobFilesDialog::read() {
  if (m_busy) return;
  m_busy = true;
  m_reading = m_tasks.run(
      this, [path = localPath(m_folder, m_file), before = m_size](StopToken) { return readEnd(path, before); },
      [this](const Read &read) {
        m_busy = false;
        if (!read.same) display(read);
      });
}

void JobFilesDialog::display(const Read &read) {
  m_size = read.size;
  m_lines = read.lines;
  m_view->setCount(m_lines.size());
  m_view->viewport()->update();
  m_copy->setEnabled(!m_lines.isEmpty());
  const QString place = m_remote.isEmpty() ? localPath(m_folder, m_file) : m_remote + QLatin1Char('/') + m_file;
  m_place->setText(!read.there ? tr("%1 is not there yet.").arg(onOneLine(m_file))
                   : read.cut  ? tr("The end of %1", "a file").arg(onOneLine(place))
                               : onOneLine(place));
}

} // namespace attune::ui
