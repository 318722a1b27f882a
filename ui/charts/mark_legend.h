// What the marks on a curve mean: the shapes that are in sight, each with its name. Hidden without any. GUI thread.
#pragma once

#include "ui/models/run_history.h"

#include <QWidget>

#include <set>

namespace attune::ui {

class MarkLegend : public QWidget {
  Q_OBJECT

public:
  explicit MarkLegend(QWidget *parent = nullptr);
  void setKinds(const std::set<RunMark::Kind> &kinds);
  const std::set<RunMark::Kind> &kinds() const { return m_kinds; }
  QSize sizeHint() const override;
  int heightForWidth(int width) const override;

protected:
  void paintEvent(QPaintEvent *event) override;

private:
  struct Entry {
    RunMark::Kind kind;
    QString name;
    QRect rect;
  };
  std::vector<Entry> entries(int width) const;
  void speak();

  std::set<RunMark::Kind> m_kinds;
};

} // namespace attune::ui
