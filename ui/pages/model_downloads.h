// The downloads on the Models page: a strip for each that runs or waits, and the dialog that begins one. Hidden while there is
// none; what somebody else began goes on only after a question. Shows a DownloadCenter. GUI thread.
#pragma once

#include "ui/net/download_center.h"
#include "ui/net/keyring.h"

#include <QWidget>

class QScrollArea;
class QVBoxLayout;

namespace attune::ui {

class DownloadStrip;

class ModelDownloads : public QWidget {
  Q_OBJECT

public:
  ModelDownloads(DownloadCenter &center, Keyring &keyring, QWidget *parent = nullptr);
  /// As in the settings: an empty `hub` is Hugging Face.
  void setSource(const QString &hub, const QString &proxy);
  void requestDownload();

Q_SIGNALS:
  void arrived(const QString &folder);

protected:
  bool eventFilter(QObject *watched, QEvent *event) override;

private:
  void fill();
  DownloadStrip *makeStrip(const Download &download);
  void requestContinue(const QString &folder);
  void resume(const QString &folder);

  DownloadCenter &m_center;
  Keyring &m_keyring;
  QUrl m_hub;
  QString m_proxy;
  QScrollArea *m_scroll;
  QWidget *m_content;
  QVBoxLayout *m_column;
  QHash<QString, DownloadStrip *> m_strips; // by folder
};

} // namespace attune::ui
