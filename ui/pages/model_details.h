// What is known of one model: what is wrong with it, its facts, whether it fits here, its sizes, files and licence. GUI thread.
// Only shows; its buttons are for the page to connect.
#pragma once

#include "ui/models/model_shelf.h"

#include <QWidget>

class QFrame;
class QGridLayout;
class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace attune::ui {

class Banner;
class ElidedLabel;
class ForecastBar;

class ModelDetails : public QWidget {
  Q_OBJECT

public:
  explicit ModelDetails(QWidget *parent = nullptr);
  /// Null shows nothing.
  void setModel(const ShelfModel *model);
  QPushButton *trainButton() const { return m_train; }
  QPushButton *chatButton() const { return m_chat; }
  QPushButton *openButton() const { return m_open; }
  QPushButton *removeButton() const { return m_remove; }

private:
  void showFit(const ShelfModel &model);
  void showProblems(const api::ModelCard &card);

  QWidget *m_all;
  QLabel *m_name, *m_fit, *m_fitTitle, *m_factsTitle, *m_filesTitle, *m_licenseTitle, *m_sizesNote;
  ElidedLabel *m_path;
  QPushButton *m_train, *m_chat, *m_open, *m_remove;
  Banner *m_refusal, *m_problems;
  QGridLayout *m_facts, *m_sizes, *m_files;
  QFrame *m_fitCard, *m_filesCard, *m_licenseCard;
  ForecastBar *m_bar;
  QPlainTextEdit *m_license;
};

} // namespace attune::ui
