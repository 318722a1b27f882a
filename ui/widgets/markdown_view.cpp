#include "ui/widgets/markdown_view.h"

#include "ui/widgets/retranslate.h"
#include "ui/widgets/theme.h"

#include <QTextBlock>
#include <QTextDocument>
#include <QWheelEvent>

namespace attune::ui {

MarkdownView::MarkdownView(QWidget *parent) : QTextBrowser(parent) {
  setProperty("kind", QStringLiteral("bubble"));
  setFrameShape(QFrame::NoFrame);
  setOpenLinks(false);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setLineWrapMode(QTextEdit::WidgetWidth);
  setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
  document()->setDocumentMargin(0);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  onTheme(this, [this] { render(); });
}

QVariant MarkdownView::loadResource(int, const QUrl &) { return {}; } // a model's answer names no files to be read

void MarkdownView::setText(const QString &markdown) {
  if (markdown == m_markdown) return;
  m_markdown = markdown;
  render();
}

void MarkdownView::render() {
  document()->setMarkdown(m_markdown,
                          QTextDocument::MarkdownFeatures(QTextDocument::MarkdownDialectGitHub) | QTextDocument::MarkdownNoHTML);
  const QColor code = mixed(theme().color(Tone::Surface), theme().color(Tone::Line), 0.6);
  for (QTextBlock block = document()->begin(); block.isValid(); block = block.next()) {
    if (!block.blockFormat().hasProperty(QTextFormat::BlockCodeFence) && !block.blockFormat().hasProperty(QTextFormat::BlockCodeLanguage))
      continue;
    QTextCursor cursor(block);
    QTextBlockFormat format = block.blockFormat();
    format.setBackground(code);
    format.setLeftMargin(8);
    cursor.setBlockFormat(format);
  }
  fitHeight();
}

void MarkdownView::fitHeight() {
  document()->setTextWidth(viewport()->width());
  setFixedHeight(static_cast<int>(document()->size().height()) + 2);
}

void MarkdownView::resizeEvent(QResizeEvent *event) {
  QTextBrowser::resizeEvent(event);
  fitHeight();
}

void MarkdownView::wheelEvent(QWheelEvent *event) { event->ignore(); } // the conversation scrolls

} // namespace attune::ui
