// The files of our user on one cluster: walk through the folders, bring files here, send files there. Names come from the server and
// are shown, never trusted; those that could do harm here are left out and counted. GUI thread.
#pragma once

#include "ui/models/cluster_transfers.h"

#include <QWidget>

#include <functional>

class QLabel;
class QLineEdit;
class QPushButton;
class QVBoxLayout;

namespace attune::ui {

class CommandButton;
class FactTable;
class TransferStrip;

class ClusterFiles : public QWidget {
  Q_OBJECT

public:
  ClusterFiles(ClusterCenter &clusters, ClusterTransfers &transfers, QWidget *parent = nullptr);
  void setCluster(const QString &name);
  FactTable *table() const { return m_table; }
  QLineEdit *folderField() const { return m_folder; }
  QPushButton *downloadButton() const { return m_download; }
  QPushButton *uploadButton() const { return m_upload; }
  QPushButton *upButton() const { return m_up; }
  void open(const QString &folder);
  /// Brings the file that is chosen now to a path here, whatever is chosen by then.
  std::function<void(const QString &)> downloading();
  /// Sends a file from here into the folder that is shown now.
  std::function<void(const QString &)> uploading();

protected:
  void showEvent(QShowEvent *event) override;

private:
  struct Entry {
    QString name;
    bool folder = false;
    quint64 size = 0;
    double changedAt = 0;
  };
  void begin();
  void fill(const Result<api::ClusterFiles> &files);
  void say(const QString &text, bool problem);
  void showChosen();
  void showTransfers();
  void activate();
  QString pathOf(const QString &name) const;
  const Entry *chosen() const;

  ClusterCenter &m_clusters;
  ClusterTransfers &m_transfers;
  QString m_name, m_here; // the folder shown, absolute; empty before the first answer
  std::vector<Entry> m_entries;
  int m_asked = 0; // the newest question wins
  QLineEdit *m_folder;
  FactTable *m_table;
  QLabel *m_message;
  QPushButton *m_up, *m_look, *m_download, *m_upload;
  CommandButton *m_copy;
  QVBoxLayout *m_strips;
  std::map<int, TransferStrip *> m_shown;
};

} // namespace attune::ui
