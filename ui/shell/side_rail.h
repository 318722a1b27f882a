// The left rail: the brand and the places, each with icon, name and shortcut. GUI thread. Narrow windows show icons only.
#pragma once

#include "ui/shell/place.h"

#include <QAbstractButton>
#include <QWidget>

#include <vector>

namespace attune::ui {

class SideRail : public QWidget {
  Q_OBJECT

public:
  explicit SideRail(QWidget *parent = nullptr);
  void setCurrent(Place place);
  /// A place that this program lacks is not shown.
  void setAvailable(Place place, bool available);

Q_SIGNALS:
  void chosen(attune::ui::Place place);

protected:
  void paintEvent(QPaintEvent *event) override;

private:
  std::vector<QAbstractButton *> m_buttons;
};

} // namespace attune::ui
