#include "ui/widgets/empty_state.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/icon.h"
#include "ui/widgets/retranslate.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace attune::ui {

EmptyState::EmptyState(const QString &iconName, QWidget *parent) : QWidget(parent) {
  auto *layout = new QVBoxLayout(this);
  layout->setSpacing(12);
  auto *picture = new QLabel(this);
  picture->setAlignment(Qt::AlignCenter);
  onTheme(picture, [picture, iconName] { picture->setPixmap(icon(iconName, Tone::Muted).pixmap(40, 40)); });
  m_sentence = makeLabel(TextRole::Muted, this);
  m_sentence->setAlignment(Qt::AlignCenter);
  m_sentence->setWordWrap(true);
  m_sentence->setMaximumWidth(460);
  m_button = makeButton(ButtonKind::Primary, this);
  connect(m_button, &QPushButton::clicked, this, &EmptyState::triggered);
  layout->addStretch(2);
  layout->addWidget(picture);
  auto *row = new QHBoxLayout; // an aligned label would keep the height of another width
  row->addStretch(1);
  row->addWidget(m_sentence, 100);
  row->addStretch(1);
  layout->addLayout(row);
  layout->addWidget(m_button, 0, Qt::AlignHCenter);
  layout->addStretch(3);
}

void EmptyState::setTexts(const QString &sentence, const QString &button) {
  m_sentence->setText(sentence);
  m_button->setText(button);
  m_button->setVisible(!button.isEmpty());
}

} // namespace attune::ui
