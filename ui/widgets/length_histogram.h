// How long the rows are, in tokens, with the line where they are cut; bars beyond it in the danger colour. GUI thread.
#pragma once

#include "core/api/token_preview.h"

#include <QWidget>

namespace attune::ui {

class LengthHistogram : public QWidget {
  Q_OBJECT

public:
  explicit LengthHistogram(QWidget *parent = nullptr);
  void setBins(std::vector<api::LengthBin> bins, qint64 cutoff);
  QSize sizeHint() const override { return {320, 110}; }

protected:
  void paintEvent(QPaintEvent *event) override;
  bool event(QEvent *event) override;

private:
  QRectF barRect(size_t index) const;
  std::vector<api::LengthBin> m_bins;
  qint64 m_cutoff = 0;
};

} // namespace attune::ui
