#include "ui/widgets/markdown_view.h"

#include "ui/widgets/code_view.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/prose_view.h"
#include "ui/widgets/retranslate.h"

#include <QLabel>
#include <QVBoxLayout>

namespace attune::ui {

namespace {
constexpr qsizetype kShown = qsizetype(128) << 10; // no model answers as much; a file could hold more
constexpr size_t kMostBlocks = 200;
} // namespace

MarkdownView::MarkdownView(QWidget *parent) : QWidget(parent) {
  m_column = new QVBoxLayout(this);
  m_column->setContentsMargins(0, 0, 0, 0);
  m_column->setSpacing(8);
  m_rest = makeLabel(TextRole::Caption, this);
  m_rest->setWordWrap(true);
  m_column->addWidget(m_rest);
  onLanguage(this, [this] { showRest(); });
  onTheme(this, [this] { renderFrom(0); });
}

void MarkdownView::setText(const QString &markdown) {
  if (markdown == m_markdown) return;
  m_markdown = markdown;
  renderFrom(0);
  showRest();
}

void MarkdownView::append(const QString &more) {
  const bool wasFull = m_markdown.size() > kShown;
  m_markdown += more;
  if (!wasFull) renderFrom(static_cast<qsizetype>(m_blocks.size()) - 1);
  showRest();
}

void MarkdownView::showRest() {
  const auto left = static_cast<int>(m_markdown.size() - kShown);
  m_rest->setVisible(left > 0);
  if (left > 0) m_rest->setText(tr("%Ln more character(s) are not shown. Copying takes them along.", nullptr, left));
}

void MarkdownView::renderFrom(qsizetype block) {
  const qsizetype first = std::max<qsizetype>(0, block);
  const qsizetype begin = first < static_cast<qsizetype>(m_blocks.size()) ? m_blocks[static_cast<size_t>(first)].begin : 0;
  m_blocks.resize(static_cast<size_t>(std::min<qsizetype>(first, static_cast<qsizetype>(m_blocks.size()))));
  for (MarkdownBlock &fresh : markdownBlocks(m_markdown.left(kShown), begin, kMostBlocks - m_blocks.size()))
    m_blocks.push_back(std::move(fresh));
  for (size_t i = static_cast<size_t>(first); i < m_blocks.size(); ++i) {
    const MarkdownBlock &one = m_blocks[i];
    QWidget *widget = i < m_widgets.size() ? m_widgets[i] : nullptr;
    if (!widget || (qobject_cast<CodeView *>(widget) != nullptr) != one.code) {
      delete widget;
      widget = one.code ? static_cast<QWidget *>(new CodeView(this)) : new ProseView(this);
      m_column->insertWidget(static_cast<int>(i), widget);
      if (i < m_widgets.size())
        m_widgets[i] = widget;
      else
        m_widgets.push_back(widget);
    }
    if (one.code)
      static_cast<CodeView *>(widget)->setCode(one.text, one.language);
    else
      static_cast<ProseView *>(widget)->setText(one.text);
    m_rendered += one.text.size();
  }
  while (m_widgets.size() > m_blocks.size()) {
    delete m_widgets.back();
    m_widgets.pop_back();
  }
}

} // namespace attune::ui
