// Asks how to split a dataset into a part to train on and a part to measure on, and where the two files go. GUI thread.
#pragma once

#include "core/api/dataset_document.h"

#include <QDialog>
#include <QString>

class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace attune::ui {

class SplitDialog : public QDialog {
  Q_OBJECT

public:
  /// `path` is the dataset's; its name gives those of the parts.
  SplitDialog(const QString &path, qint64 rows, QWidget *parent);
  api::SplitTarget target() const;

private:
  void showCounts();

  qint64 m_rows;
  QDoubleSpinBox *m_share;
  QSpinBox *m_seed;
  QLineEdit *m_train, *m_validation;
  QLabel *m_about;
  QPushButton *m_split;
};

} // namespace attune::ui
