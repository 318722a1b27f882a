// Memory by item against a budget: coloured parts, a legend, a mark at the budget and the part beyond it hatched. Explains its
// items in tool tips, under the pointer and when the keyboard comes to it. GUI thread.
#pragma once

#include <QString>
#include <QVector>
#include <QWidget>

namespace attune::ui {

class ForecastBar : public QWidget {
  Q_OBJECT

public:
  struct Part {
    QString name; // as the user reads it
    qint64 bytes = 0;
    int color = 0; // always the same for the same thing
    QString help = {};
  };
  explicit ForecastBar(QWidget *parent = nullptr);
  /// Parts in the order they are drawn; `budget` 0 = unknown.
  void setParts(QVector<Part> parts, qint64 budget);
  /// What the whole width stands for, so that bars can be compared; at least what this one shows. 0 = its own.
  void setScale(double bytes);
  /// Without a legend the tool tips alone explain the parts.
  void setLegend(bool shown);
  QSize sizeHint() const override;
  int heightForWidth(int width) const override;
  /// The tool tip at a place: of the part there, or of all.
  QString explanation(const QPoint &place) const;

protected:
  void paintEvent(QPaintEvent *event) override;
  void focusInEvent(QFocusEvent *event) override;
  bool event(QEvent *event) override;

private:
  struct Entry {
    QRect rect;
    QString text;
    int part = 0; // its index; -1 = what is too much
  };
  QVector<Entry> legend(int width) const;
  QString about(const Part &part) const;
  double total() const; // of any size: parts of absurd settings reach the largest integer each
  double scale() const;

  QVector<Part> m_parts;
  qint64 m_budget = 0;
  double m_scale = 0;
  bool m_legend = true;
};

} // namespace attune::ui
