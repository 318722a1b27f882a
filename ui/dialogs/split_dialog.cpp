#include "ui/dialogs/split_dialog.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"

#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

#include <algorithm>
#include <cmath>

namespace attune::ui {

SplitDialog::SplitDialog(const QString &path, qint64 rows, QWidget *parent) : QDialog(parent), m_rows(rows) {
  setWindowTitle(tr("Split the rows"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(16);
  auto *form = new QFormLayout;
  form->setHorizontalSpacing(16);
  form->setVerticalSpacing(10);
  const QFileInfo file(path);
  const QString base = file.absolutePath() + QLatin1Char('/') + file.completeBaseName();
  const QString ending = file.suffix().isEmpty() ? QStringLiteral(".jsonl") : QLatin1Char('.') + file.suffix();
  m_share = new QDoubleSpinBox(this);
  m_share->setRange(0.01, 99.99);
  m_share->setValue(10);
  m_share->setSuffix(QStringLiteral(" %"));
  m_seed = new QSpinBox(this);
  m_seed->setRange(0, 1 << 30);
  m_train = new QLineEdit(base + QStringLiteral("-train") + ending, this);
  m_validation = new QLineEdit(base + QStringLiteral("-validation") + ending, this);
  for (QLineEdit *edit : {m_train, m_validation}) edit->setMinimumWidth(420);
  form->addRow(tr("Rows to measure on"), m_share);
  form->addRow(tr("Seed"), m_seed);
  form->addRow(tr("File to train on"), m_train);
  form->addRow(tr("File to measure on"), m_validation);
  layout->addLayout(form);
  m_about = makeLabel(TextRole::Muted, this);
  m_about->setWordWrap(true);
  layout->addWidget(m_about);
  auto *buttons = new QHBoxLayout;
  buttons->addStretch(1);
  QPushButton *cancel = makeButton(ButtonKind::Normal, this);
  cancel->setText(tr("Cancel"));
  m_split = makeButton(ButtonKind::Primary, this);
  m_split->setText(tr("Split"));
  m_split->setDefault(true);
  buttons->addWidget(cancel);
  buttons->addWidget(m_split);
  layout->addLayout(buttons);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(m_split, &QPushButton::clicked, this, &QDialog::accept);
  connect(m_share, &QDoubleSpinBox::valueChanged, this, &SplitDialog::showCounts);
  for (QLineEdit *edit : {m_train, m_validation}) connect(edit, &QLineEdit::textChanged, this, &SplitDialog::showCounts);
  showCounts();
}

void SplitDialog::showCounts() {
  const auto share = static_cast<qint64>(std::floor(m_share->value() / 100 * static_cast<double>(m_rows) + 0.5));
  const qint64 measured = std::clamp<qint64>(share, 1, std::max<qint64>(1, m_rows - 1));
  const bool taken = QFileInfo::exists(m_train->text()) || QFileInfo::exists(m_validation->text());
  m_about->setText(
      tr("To train on: %1. To measure on: %2. The file itself stays as it is.").arg(countText(m_rows - measured), countText(measured)) +
      (taken ? QLatin1Char(' ') + tr("A file of that name is there and will be replaced.") : QString()));
  m_split->setEnabled(m_rows > 1 && !m_train->text().isEmpty() && !m_validation->text().isEmpty() &&
                      m_train->text() != m_validation->text());
}

api::SplitTarget SplitDialog::target() const {
  return {m_train->text().toStdString(), m_validation->text().toStdString(), m_share->value() / 100, m_seed->value(), true};
}

} // namespace attune::ui
