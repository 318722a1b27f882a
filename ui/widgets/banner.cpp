#include "ui/widgets/banner.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/icon.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace attune::ui {

Banner::Banner(QWidget *parent) : QFrame(parent) {
  setProperty("kind", QStringLiteral("banner"));
  auto *layout = new QHBoxLayout(this);
  layout->setContentsMargins(16, 10, 12, 10);
  layout->setSpacing(12);
  m_icon = new QLabel(this);
  m_text = makeLabel(TextRole::Body, this);
  m_text->setWordWrap(true);
  m_first = makeButton(ButtonKind::Small, this);
  m_second = makeButton(ButtonKind::Small, this);
  layout->addWidget(m_icon);
  layout->addWidget(m_text, 1);
  layout->addWidget(m_second);
  layout->addWidget(m_first);
  connect(m_first, &QPushButton::clicked, this, &Banner::firstClicked);
  connect(m_second, &QPushButton::clicked, this, &Banner::secondClicked);
  hide();
}

void Banner::showMessage(Tone tone, const QString &text, const QString &first, const QString &second) {
  const QString name = tone == Tone::Danger    ? QStringLiteral("error")
                       : tone == Tone::Warning ? QStringLiteral("warning")
                                               : QStringLiteral("info");
  m_icon->setPixmap(icon(name, tone).pixmap(20, 20));
  m_text->setText(text);
  m_first->setText(first);
  m_first->setVisible(!first.isEmpty());
  m_second->setText(second);
  m_second->setVisible(!second.isEmpty());
  show();
}

} // namespace attune::ui
