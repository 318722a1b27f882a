// Asks a hub for the files of a model. Its owner's thread, which runs an event loop; nothing blocks. Answers once with finished().
// Pages of a list are followed on the hub's own host only; memory is bounded by kMaxListBytes.
#pragma once

#include "ui/net/hub_files.h"
#include "ui/net/hub_request.h"

#include <QPointer>
#include <QTimer>
#include <QtNetwork/QNetworkAccessManager>

namespace attune::ui {

class HubClient : public QObject {
  Q_OBJECT

public:
  explicit HubClient(QObject *parent = nullptr);
  /// Replaces a request under way.
  void list(const HubAddress &address, const HubAccess &access);
  void cancel();

Q_SIGNALS:
  /// `files` may be more than are needed; `problem` says why there are none.
  void finished(const std::vector<attune::ui::HubFile> &files, const attune::ui::HubProblem &problem);

private:
  void get(const QUrl &url);
  void onFinished();
  void cutOff(const HubProblem &problem);
  void end(const HubProblem &problem);

  QNetworkAccessManager m_network;
  QPointer<QNetworkReply> m_reply;
  QTimer m_whole; // of a page
  HubAddress m_address;
  HubAccess m_access;
  std::vector<HubFile> m_files;
  qint64 m_bytes = 0;
  int m_redirects = 0, m_pages = 0;
};

} // namespace attune::ui
