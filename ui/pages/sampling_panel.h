// How answers are sampled: temperature and the rest, with reset to what the model's own files say. GUI thread.
#pragma once

#include "core/api/chat.h"

#include <QFrame>

class QCheckBox;
class QDoubleSpinBox;
class QPushButton;
class QSpinBox;

namespace attune::ui {

class TextBox;

class SamplingPanel : public QFrame {
  Q_OBJECT

public:
  explicit SamplingPanel(QWidget *parent = nullptr);
  api::SamplingSettings settings() const;
  void setSettings(const api::SamplingSettings &settings);
  /// The values that the reset gives; shown at once unless the user has changed some.
  void setDefaults(const api::SamplingSettings &defaults);
  QString system() const;
  void setSystem(const QString &text);

private:
  void enableFields();

  api::SamplingSettings m_defaults;
  TextBox *m_system;
  QCheckBox *m_greedy;
  QDoubleSpinBox *m_temperature, *m_topP, *m_minP, *m_penalty;
  QSpinBox *m_topK, *m_length, *m_seed;
  QPushButton *m_reset;
};

} // namespace attune::ui
