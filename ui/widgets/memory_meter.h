// A short bar of a device's memory: what Attune holds, what others hold, what the going run is still to take, the rest free.
// Ends in a line at what the run is forecast to reach. Only draws. GUI thread.
#pragma once

#include <QWidget>

namespace attune::ui {

class MemoryMeter : public QWidget {
  Q_OBJECT

public:
  struct Use { // bytes
    qint64 total = 0;
    qint64 own = 0;
    qint64 others = 0;
    qint64 awaited = 0; // of what is free
  };
  explicit MemoryMeter(QWidget *parent = nullptr);
  void setUse(const Use &use);
  const Use &use() const { return m_use; }
  QSize sizeHint() const override { return {120, 12}; }

protected:
  void paintEvent(QPaintEvent *event) override;

private:
  Use m_use;
};

} // namespace attune::ui
