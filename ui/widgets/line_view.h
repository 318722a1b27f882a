// Any number of lines of text of which only the visible ones are ever asked for: choose with mouse or keys, copy. The owner
// gives the lines and says how many there are. GUI thread.
#pragma once

#include <QAbstractScrollArea>

#include <functional>

namespace attune::ui {

class LineView : public QAbstractScrollArea {
  Q_OBJECT

public:
  explicit LineView(QWidget *parent = nullptr);
  /// Asked for one line while painting and copying.
  void setSource(std::function<QString(qsizetype line)> source);
  /// Shows so many lines; with `follow` the last ones, else what is shown stays.
  void setCount(qsizetype count);
  qsizetype count() const { return m_count; }
  void setFollow(bool follow);
  void clearChoice();
  /// The chosen lines as [first, last]; first > last when there are none.
  std::pair<qsizetype, qsizetype> chosen() const;
  /// The lines in sight, for tests.
  QStringList visibleLines() const;

Q_SIGNALS:
  void copyRequested();
  void followEnded(); // somebody scrolled away from the end

protected:
  void paintEvent(QPaintEvent *event) override;
  void resizeEvent(QResizeEvent *event) override;
  void scrollContentsBy(int dx, int dy) override;
  void mousePressEvent(QMouseEvent *event) override;
  void mouseMoveEvent(QMouseEvent *event) override;
  void keyPressEvent(QKeyEvent *event) override;
  void changeEvent(QEvent *event) override;

private:
  int lineHeight() const;
  qsizetype page() const; // whole lines in sight
  qsizetype lineAt(const QPoint &position) const;
  void choose(qsizetype line, bool extend);
  void updateBars();

  std::function<QString(qsizetype)> m_source;
  qsizetype m_count = 0;
  qsizetype m_anchor = -1, m_current = -1;
  int m_widest = 0; // of the lines seen so far
  bool m_follow = true;
};

} // namespace attune::ui
