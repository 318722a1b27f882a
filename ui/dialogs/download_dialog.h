// Which model to download: its name or address, the files that the hub has with their sizes, which of them to take. GUI thread.
// Ends with chosen(); looking up and keeping a token go on without blocking.
#pragma once

#include "ui/net/hub_client.h"
#include "ui/net/keyring.h"

#include <QDialog>

class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;

namespace attune::ui {

class SegmentedSwitch;

class DownloadDialog : public QDialog {
  Q_OBJECT

public:
  /// `hub` is the one of the settings, `proxy` as in HubAccess.
  DownloadDialog(const QUrl &hub, const QString &proxy, Keyring &keyring, QWidget *parent = nullptr);

Q_SIGNALS:
  void chosen(const attune::ui::HubAddress &address, const std::vector<attune::ui::HubFile> &files, const QByteArray &token);

private:
  void retranslate();
  void onTyped();
  void lookUp();
  void onListed(const std::vector<HubFile> &files, const HubProblem &problem);
  void showChosen();
  void say(const QString &text, bool problem);
  std::vector<HubFile> picked() const;

  const QUrl m_hub;
  const QString m_proxy;
  Keyring &m_keyring;
  HubClient m_client;
  std::optional<HubAddress> m_address;
  std::vector<HubFile> m_files; // of m_address
  QString m_tokenOrigin;        // whose token the field holds
  QByteArray m_keptToken;
  bool m_byHand = false; // the layout
  QLineEdit *m_name, *m_token;
  SegmentedSwitch *m_layout;
  QLabel *m_nameLabel, *m_from, *m_layoutLabel, *m_tokenLabel, *m_message;
  QListWidget *m_list;
  QPushButton *m_look, *m_cancel, *m_download;
};

} // namespace attune::ui
