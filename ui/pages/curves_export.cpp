#include "ui/pages/curves_export.h"

#include "core/base/atomic_file.h"
#include "ui/charts/runs_csv.h"
#include "ui/models/error_text.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/toast.h"

#include <QBuffer>
#include <QFileInfo>

namespace attune::ui {

namespace {

constexpr qint64 kSilentMilliseconds = 1000;

std::string_view view(const QByteArray &bytes) { return {bytes.constData(), static_cast<size_t>(bytes.size())}; }

} // namespace

CurvesExport::CurvesExport(MetricChart &chart, api::RunStore *store, TaskRunner &tasks, QWidget *page)
    : QObject(page), m_chart(chart), m_store(store), m_tasks(tasks), m_page(page), m_banner(new Banner(page)) {
  m_poll.setInterval(250);
  connect(&m_poll, &QTimer::timeout, this, &CurvesExport::showProgress);
}

void CurvesExport::write(const QString &path, const std::vector<ChartRun> &runs) {
  if (m_poll.isActive()) return Toast::show(m_page, tr("The last export is still under way. Wait for its end."));
  const QString ending = QFileInfo(path).suffix().toLower();
  if (!QStringList{QStringLiteral("png"), QStringLiteral("svg"), QStringLiteral("csv")}.contains(ending))
    return Toast::show(m_page, tr("Nothing was written: a chart is saved as .png, .svg or .csv. Give its name one of these endings."));
  const std::string target = path.toStdString();
  if (ending == QLatin1String("csv")) {
    std::vector<ExportedRun> exported;
    for (const ChartRun &run : runs)
      if (run.run && !run.run->steps().step.empty())
        exported.push_back({run.name, run.run->folder().toStdString(), run.run->steps().step.size()});
    return start(path, [target, exported = std::move(exported), store = m_store](const StopToken &stop, const Progress &progress) {
      return writeRunsCsv(target, exported, *store, stop, progress);
    });
  }
  if (ending == QLatin1String("svg"))
    return start(path, [target, text = m_chart.vectorPicture()](const StopToken &, const Progress &) {
      return writeFileAtomic(target, view(text));
    });
  start(path, [target, picture = m_chart.picture()](const StopToken &, const Progress &) -> Status {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    if (!buffer.open(QIODevice::WriteOnly) || !picture.save(&buffer, "PNG"))
      return Error{ErrorCode::Internal, "The picture could not be encoded.", target, ""};
    return writeFileAtomic(target, view(bytes));
  });
}

void CurvesExport::start(const QString &path, std::function<Status(const StopToken &, const Progress &)> work) {
  m_name = QFileInfo(path).fileName();
  m_share = std::make_shared<std::atomic<double>>(0);
  m_clock.start();
  m_poll.start();
  m_writing = m_tasks.run(
      this,
      [work = std::move(work), share = m_share](const StopToken &stop) {
        return work(stop, [&share](double done) { share->store(done); });
      },
      [this, path](const Status &status) {
        m_poll.stop();
        m_banner->hide();
        Toast::show(m_page, status.ok() ? tr("Saved as %1.").arg(path) : errorText(status.error()));
      });
}

void CurvesExport::showProgress() {
  if (m_clock.elapsed() < kSilentMilliseconds) return;
  const int percent = static_cast<int>(m_share->load() * 100);
  m_banner->showMessage(Tone::Accent, tr("Writing %1: %2 % done.").arg(m_name, QString::number(percent)),
                        {{tr("Cancel"), [this] { cancel(); }}});
}

void CurvesExport::cancel() {
  m_poll.stop();
  m_writing.cancel();
  Toast::show(m_page, tr("The export was cancelled. Nothing was written."));
}

} // namespace attune::ui
