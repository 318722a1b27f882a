// A figure with its name and its recent course: learning rate, tokens/s and so on. GUI thread.
#pragma once

#include <QFrame>
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
  void setCourse(QVector<float> values, const QColor &color);

private:
  QLabel *m_title;
  QLabel *m_value;
  Sparkline *m_course;
};

} // namespace attune::ui
