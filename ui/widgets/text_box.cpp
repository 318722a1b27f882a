#include "ui/widgets/text_box.h"

#include <QMimeData>
#include <QTextBlock>
#include <QTextBoundaryFinder>

namespace attune::ui {

namespace {

constexpr int kLongStretch = 2000;

bool hasLongStretch(const QString &line) {
  if (line.size() <= kLongStretch) return false;
  QTextBoundaryFinder finder(QTextBoundaryFinder::Line, line);
  for (qsizetype last = 0, at = 0; (at = finder.toNextBoundary()) >= 0; last = at)
    if (at - last > kLongStretch) return true;
  return false;
}

} // namespace

TextBox::TextBox(QWidget *parent) : QPlainTextEdit(parent) {
  connect(this, &QPlainTextEdit::textChanged, this, [this] {
    for (QTextBlock block = document()->begin(); block.isValid(); block = block.next())
      if (block.length() > kLongStretch) fitWrapping(block.text());
  });
}

void TextBox::setText(const QString &text) {
  m_long = text.size() > kMost ? text : QString();
  setReadOnly(hidden() > 0);
  const QString shown = text.left(kMost);
  setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
  fitWrapping(shown);
  setPlainText(shown);
}

void TextBox::insertFromMimeData(const QMimeData *source) {
  fitWrapping(source->text());
  QPlainTextEdit::insertFromMimeData(source);
}

/// Before such a text is laid out. Only setText() goes back, as an undo may bring the stretch again.
void TextBox::fitWrapping(const QString &text) {
  if (wordWrapMode() != QTextOption::WrapAnywhere && hasLongStretch(text)) setWordWrapMode(QTextOption::WrapAnywhere);
}

} // namespace attune::ui
