#include "ui/dialogs/text_files_dialog.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/line_view.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/segmented_switch.h"
#include "ui/widgets/toast.h"
#include "ui/widgets/visible_text.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

TextFilesDialog::TextFilesDialog(QWidget *parent) : QDialog(parent) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(10);
  m_choice = new SegmentedSwitch(this);
  layout->addWidget(m_choice, 0, Qt::AlignLeft);
  m_place = makeLabel(TextRole::Caption, this);
  m_place->setWordWrap(true);
  m_place->setTextInteractionFlags(Qt::TextSelectableByMouse);
  layout->addWidget(m_place);
  m_view = new LineView(this);
  m_view->setSource([this](qsizetype row) { return row < m_lines.size() ? m_lines[row] : QString(); });
  layout->addWidget(m_view, 1);
  auto *buttons = new QHBoxLayout;
  m_copy = makeButton(ButtonKind::Small, QStringLiteral("copy"), this);
  m_close = makeButton(ButtonKind::Normal, this);
  buttons->addWidget(m_copy);
  buttons->addStretch(1);
  buttons->addWidget(m_close);
  layout->addLayout(buttons);
  resize(820, 600);
  const auto copy = [this] {
    auto [first, last] = m_view->chosen();
    if (first > last) first = 0, last = m_lines.size() - 1;
    QGuiApplication::clipboard()->setText(m_lines.mid(first, last - first + 1).join(QLatin1Char('\n')));
    Toast::show(this, tr("Copied."));
  };
  connect(m_copy, &QPushButton::clicked, this, copy);
  connect(m_view, &LineView::copyRequested, this, copy);
  connect(m_close, &QPushButton::clicked, this, &QDialog::accept);
  connect(m_choice, &SegmentedSwitch::changed, this, &TextFilesDialog::showFile);
  onLanguage(this, [this] {
    m_choice->setAccessibleName(tr("File of the job"));
    m_view->setAccessibleName(tr("The file's lines"));
    m_copy->setText(tr("Copy"));
    m_close->setText(tr("Close"));
  });
}

void TextFilesDialog::offer(const QStringList &names, const QStringList &labels) {
  m_choice->setChoices(names, labels);
  showFile(m_file.isEmpty() ? names.first() : m_file);
}

void TextFilesDialog::showFile(const QString &name) {
  m_file = name;
  m_choice->setCurrent(name);
  m_view->clearChoice();
  display({}, {});
  onChosen(name);
}

void TextFilesDialog::display(const QString &place, const QStringList &lines) {
  m_lines = lines;
  m_view->setCount(m_lines.size());
  m_view->viewport()->update();
  m_copy->setEnabled(!m_lines.isEmpty());
  m_place->setText(place);
}

QStringList TextFilesDialog::linesOf(const QString &text) {
  QStringList lines;
  for (const QString &line : text.split(QLatin1Char('\n'))) {
    QString safe = withVisibleControls(line);
    std::replace_if(
        safe.begin(), safe.end(), [](QChar c) { return c.unicode() < 0x20 || c.unicode() == 0x7f; }, QChar(0xFFFD));
    lines.append(safe);
  }
  if (!lines.isEmpty() && lines.last().isEmpty()) lines.removeLast();
  return lines;
}

} // namespace attune::ui
