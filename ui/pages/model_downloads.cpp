#include "ui/pages/model_downloads.h"

#include "ui/dialogs/download_dialog.h"
#include "ui/pages/download_strip.h"
#include "ui/widgets/toast.h"

#include <QVBoxLayout>

namespace attune::ui {

ModelDownloads::ModelDownloads(DownloadCenter &center, Keyring &keyring, QWidget *parent)
    : QWidget(parent), m_center(center), m_keyring(keyring) {
  m_column = new QVBoxLayout(this);
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
    if (!strip) strip = makeStrip(download.folder());
    strip->setDownload(download);
  }
  setVisible(!m_strips.isEmpty());
}

DownloadStrip *ModelDownloads::makeStrip(const QString &folder) {
  auto *strip = new DownloadStrip(this);
  m_column->addWidget(strip);
  connect(strip, &DownloadStrip::pauseClicked, this, [this, folder] { m_center.pause(folder); });
  connect(strip, &DownloadStrip::continueClicked, this, [this, folder] { resume(folder); });
  connect(strip, &DownloadStrip::discardClicked, this, [this, folder] { m_center.discard(folder); });
  return strip;
}

void ModelDownloads::resume(const QString &folder) {
  const Download *download = m_center.find(folder);
  if (!download) return;
  m_keyring.read(download->plan.address.base.host(), [this, folder](const QByteArray &token) { m_center.resume(folder, token); });
}

} // namespace attune::ui
