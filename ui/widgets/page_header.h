// The top of a page: title, one line about it, actions at the right. GUI thread.
#pragma once

#include <QWidget>

class QHBoxLayout;
class QLabel;

namespace attune::ui {

class PageHeader : public QWidget {
  Q_OBJECT

public:
  explicit PageHeader(QWidget *parent = nullptr);
  void setTitle(const QString &title);
  void setSubtitle(const QString &subtitle);
  enum class Press { Once, Each }; // of a double click: both halves count only for what is pressed again and again
  /// Places a control at the right end, after those added before.
  void addAction(QWidget *control, Press press = Press::Once);

protected:
  bool eventFilter(QObject *watched, QEvent *event) override;

private:
  QLabel *m_title;
  QLabel *m_subtitle;
  QHBoxLayout *m_actions;
};

} // namespace attune::ui
