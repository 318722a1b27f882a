// A piece of Markdown, as tall as its text: no HTML, nothing fetched from disk or network, links open only after a click
// that shows where they go. GUI thread.
#pragma once

#include <QTextBrowser>

namespace attune::ui {

class MarkdownView : public QTextBrowser {
  Q_OBJECT

public:
  explicit MarkdownView(QWidget *parent = nullptr);
  void setText(const QString &markdown);
  QString text() const { return m_markdown; }
  QVariant loadResource(int type, const QUrl &name) override;

protected:
  void resizeEvent(QResizeEvent *event) override;
  void wheelEvent(QWheelEvent *event) override;

private:
  void render();
  void fitHeight();

  QString m_markdown;
};

} // namespace attune::ui
