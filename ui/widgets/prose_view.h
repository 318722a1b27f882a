// A piece of Markdown prose or plain text, as tall as its text: no HTML, no pictures, nothing fetched from disk or network. A link says
// where it leads and opens after a second click, web pages only. GUI thread.
#pragma once

#include <QTextBrowser>

namespace attune::ui {

class ProseView : public QTextBrowser {
  Q_OBJECT

public:
  explicit ProseView(QWidget *parent = nullptr);
  void setText(const QString &markdown);
  /// As it is, without Markdown.
  void setPlain(const QString &text);
  QVariant loadResource(int type, const QUrl &name) override;

protected:
  void resizeEvent(QResizeEvent *event) override;
  void wheelEvent(QWheelEvent *event) override;

private:
  QTextDocument *freshDocument();
  void take(QTextDocument *fresh);
  void fitHeight();
  void offerLink(const QUrl &link);

  QTextDocument *m_document = nullptr; // shown, once there is a text
};

} // namespace attune::ui
