// Models: the list of those on this machine and, at the right, what is known of the chosen one. Shows a ModelShelf
// and, above it, the downloads. GUI thread.
#pragma once

#include "ui/models/model_shelf.h"
#include "ui/widgets/keyed_list.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;

namespace attune::ui {

class Banner;
class EmptyState;
class DownloadCenter;
class Keyring;
class ModelDetails;
class ModelDownloads;
class PageHeader;

class ModelsPage : public QWidget {
  Q_OBJECT

public:
  ModelsPage(ModelShelf &shelf, DownloadCenter &downloads, Keyring &keyring, const Services &services, QWidget *parent = nullptr);
  /// Puts it on the list and chooses it.
  void add(const QString &path) { m_shelf.add(path); }
  void choose(const QString &path) { m_list->choose(path); }
  QString current() const { return m_list->current(); }
  KeyedList *list() const { return m_list; }
  ModelDetails *details() const { return m_details; }
  ModelDownloads *downloads() const { return m_downloads; }

Q_SIGNALS:
  void trainRequested(const QString &path);
  void chatRequested(const QString &path);

protected:
  void showEvent(QShowEvent *event) override;

private:
  void makeActions();
  void fill();
  void filter();
  void showProgress();
  void addFolder();

  ModelShelf &m_shelf;
  const Services &m_services;
  PageHeader *m_header;
  QPushButton *m_addFolder, *m_addFile, *m_download, *m_stop;
  ModelDownloads *m_downloads;
  Banner *m_problem;
  QStackedWidget *m_body;
  EmptyState *m_empty;
  QLineEdit *m_search;
  KeyedList *m_list;
  QLabel *m_progress;
  ModelDetails *m_details;
};

} // namespace attune::ui
