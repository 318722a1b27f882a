// Memory by item against a budget: coloured parts, a legend, the part beyond the budget in the danger colour. GUI thread.
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
  };
  explicit ForecastBar(QWidget *parent = nullptr);
  /// Parts in the order they are drawn; `budget` 0 = unknown.
  void setParts(QVector<Part> parts, qint64 budget);
  QSize sizeHint() const override;
  int heightForWidth(int width) const override;

protected:
  void paintEvent(QPaintEvent *event) override;
  bool event(QEvent *event) override;

private:
  struct Entry {
    QRect rect;
    QString text;
    int color = 0;
  };
  QVector<Entry> legend(int width) const;
  qint64 total() const;

  QVector<Part> m_parts;
  qint64 m_budget = 0;
};

} // namespace attune::ui
