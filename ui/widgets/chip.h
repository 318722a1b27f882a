// A rounded label for a device, a state or a filter: an optional dot in a tone, a text, and (when checkable) on or off.
// GUI thread.
#pragma once

#include "ui/widgets/theme.h"

#include <QAbstractButton>
#include <optional>

namespace attune::ui {

class Chip : public QAbstractButton {
  Q_OBJECT

public:
  explicit Chip(QWidget *parent = nullptr);
  void setDot(std::optional<Tone> tone);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

protected:
  void paintEvent(QPaintEvent *event) override;
  void changeEvent(QEvent *event) override;

private:
  std::optional<Tone> m_dot;
};

} // namespace attune::ui
