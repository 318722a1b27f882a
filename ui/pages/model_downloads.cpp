#include "ui/pages/model_downloads.h"

#include "ui/dialogs/download_dialog.h"
#include "ui/pages/download_strip.h"
#include "ui/widgets/ask_first.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/toast.h"

#include <QEvent>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>

namespace attune::ui {

namespace {

constexpr int kMostHeight = 190; // three strips and a half: that there is more is seen

} // namespace

ModelDownloads::ModelDownloads(DownloadCenter &center, Keyring &keyring, QWidget *parent)
    : QWidget(parent), m_center(center), m_keyring(keyring) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  m_scroll = makeScrollColumn(this);
  layout->addWidget(m_scroll);
  m_content = new QWidget(m_scroll);
  m_content->installEventFilter(this);
  m_scroll->setWidget(m_content);
  m_column = new QVBoxLayout(m_content);
  m_column->setContentsMargins(0, 0, 0, 0);
  m_column->setSpacing(8);
  setSource({}, {});
  connect(&m_center, &DownloadCenter::listChanged, this, &ModelDownloads::fill);
  connect(&m_center, &DownloadCenter::changed, this, [this](const QString &folder) {
    const Download *download = m_center.find(folder);
    if (DownloadStrip *strip = m_strips.value(folder); strip && download) strip->setDownload(*download);
  });
  connect(&m_center, &DownloadCenter::finished, this, &ModelDownloads::arrived);
  connect(&m_center, &DownloadCenter::failed, this, [this](const QString &message) { Toast::show(this, message); });
  fill();
}

void ModelDownloads::setSource(const QString &hub, const QString &proxy) {
  m_hub = parseHubBase(hub).value_or(QUrl(QStringLiteral("https://huggingface.co")));
  m_proxy = proxy;
  m_center.setProxy(proxy);
}

void ModelDownloads::requestDownload() {
  auto *dialog = new DownloadDialog(m_hub, m_proxy, m_keyring, window());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &DownloadDialog::chosen, this,
          [this](const HubAddress &address, const std::vector<HubFile> &files, const QByteArray &token) {
            m_center.start(address, files, token);
          });
  dialog->open();
}

void ModelDownloads::fill() {
  for (const QString &folder : m_strips.keys())
    if (!m_center.find(folder)) m_strips.take(folder)->deleteLater();
  for (const Download &download : m_center.all()) {
    DownloadStrip *&strip = m_strips[download.folder()];
    if (!strip) strip = makeStrip(download);
    strip->setDownload(download);
  }
  setVisible(!m_strips.isEmpty());
}

/// One that was begun just now comes before those that wait.
DownloadStrip *ModelDownloads::makeStrip(const Download &download) {
  auto *strip = new DownloadStrip(m_content);
  m_column->insertWidget(download.job ? 0 : -1, strip);
  if (download.job) m_scroll->verticalScrollBar()->setValue(0);
  const QString folder = download.folder();
  connect(strip, &DownloadStrip::pauseClicked, this, [this, folder] { m_center.pause(folder); });
  connect(strip, &DownloadStrip::continueClicked, this, [this, folder] { requestContinue(folder); });
  connect(strip, &DownloadStrip::discardClicked, this, [this, folder] { m_center.discard(folder); });
  return strip;
}

/// As high as the strips are, up to some of them; then they scroll.
bool ModelDownloads::eventFilter(QObject *, QEvent *event) {
  if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::Resize || event->type() == QEvent::Show) {
    const int whole = m_column->hasHeightForWidth() ? m_column->heightForWidth(m_content->width()) : m_column->sizeHint().height();
    m_scroll->setFixedHeight(qMin(whole, kMostHeight));
  }
  return false;
}

void ModelDownloads::requestContinue(const QString &folder) {
  const Download *download = m_center.find(folder);
  if (!download) return;
  if (!download->foreign) return resume(folder);
  const QString hub = hubName(download->plan.address.base);
  const QString text = tr("Fetch what is missing of %1 from %2? Attune did not begin this download here, so only the folder itself "
                          "says that the model comes from there.")
                           .arg(download->plan.address.repo, hub);
  askFirst(
      window(), {tr("A download from elsewhere"), text, tr("Fetch from there"), tr("Leave it")}, this, [this, folder] { resume(folder); },
      QMessageBox::Warning);
}

void ModelDownloads::resume(const QString &folder) {
  const Download *download = m_center.find(folder);
  if (!download) return;
  m_keyring.read(originOf(download->plan.address.base), [this, folder](const QByteArray &token) { m_center.resume(folder, token); });
}

} // namespace attune::ui
