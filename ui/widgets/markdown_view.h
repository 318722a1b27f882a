// A Markdown text as a column of prose and code, as tall as its content. While it grows only its last block is rendered
// again. GUI thread.
#pragma once

#include "ui/widgets/markdown_blocks.h"

#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace attune::ui {

class MarkdownView : public QWidget {
  Q_OBJECT

public:
  explicit MarkdownView(QWidget *parent = nullptr);
  void setText(const QString &markdown);
  void append(const QString &more);
  QString text() const { return m_markdown; }
  /// Characters rendered so far, the same one as often as it was: the cost of growing.
  qint64 renderedCharacters() const { return m_rendered; }

private:
  void renderFrom(qsizetype block);
  void showRest();

  QString m_markdown;
  std::vector<MarkdownBlock> m_blocks; // as shown
  std::vector<QWidget *> m_widgets;    // one a block
  qint64 m_rendered = 0;
  QVBoxLayout *m_column;
  QLabel *m_rest; // how much is not shown
};

} // namespace attune::ui
