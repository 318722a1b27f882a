#include "ui/widgets/banner.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/icon.h"

#include <QHBoxLayout>
#include <QLabel>

namespace attune::ui {

Banner::Banner(QWidget *parent) : QFrame(parent) {
  setProperty("kind", QStringLiteral("banner"));
  auto *layout = new QHBoxLayout(this);
  layout->setContentsMargins(16, 10, 12, 10);
  layout->setSpacing(12);
  m_icon = new QLabel(this);
  m_text = makeLabel(TextRole::Body, this);
  m_text->setWordWrap(true);
  layout->addWidget(m_icon);
  layout->addWidget(m_text, 1);
  hide();
}

void Banner::showMessage(Tone tone, const QString &text) {
  const QString name = tone == Tone::Danger    ? QStringLiteral("error")
                       : tone == Tone::Warning ? QStringLiteral("warning")
                                               : QStringLiteral("info");
  m_icon->setPixmap(icon(name, tone).pixmap(20, 20));
  m_text->setText(text);
  show();
}

} // namespace attune::ui
