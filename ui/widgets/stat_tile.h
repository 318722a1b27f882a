// A figure with its name and its course: learning rate, tokens/s and so on. Where somebody listens for clicks, it can be
// clicked and reached by keyboard. GUI thread.
#pragma once

#include <QFrame>
#include <QPointF>
#include <QVector>

class QLabel;

namespace attune::ui {

class Sparkline;

class StatTile : public QFrame {
  Q_OBJECT

public:
  explicit StatTile(QWidget *parent = nullptr);
  void setTitle(const QString &title);
  void setValue(const QString &value);
  /// Points over the stretch `from` to `to`; the curve takes the part of the width that they cover.
  void setCourse(QVector<QPointF> points, double from, double to, const QColor &color);
  /// Makes it a button that does what `tip` says.
  void setAction(const QString &tip);

Q_SIGNALS:
  void clicked();

protected:
  void mouseReleaseEvent(QMouseEvent *event) override;
  void keyPressEvent(QKeyEvent *event) override;

private:
  QLabel *m_title;
  QLabel *m_value;
  Sparkline *m_course;
};

} // namespace attune::ui
