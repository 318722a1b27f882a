// Lies over the window while files are dragged onto it, says what may be dropped, and tells of the files that were. GUI thread.
// Watches the whole application, so that no field takes a file for text.
#pragma once

#include <QStringList>
#include <QWidget>

class QLabel;

namespace attune::ui {

class DropOverlay : public QWidget {
  Q_OBJECT

public:
  explicit DropOverlay(QWidget *window);

Q_SIGNALS:
  void dropped(const QStringList &paths);

protected:
  bool eventFilter(QObject *watched, QEvent *event) override;
  void paintEvent(QPaintEvent *event) override;

private:
  bool isOurs(QObject *watched) const;

  QLabel *m_picture, *m_title, *m_text;
  bool m_inside = false; // a drag with files
};

} // namespace attune::ui
