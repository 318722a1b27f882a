#include "ui/widgets/banner.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/icon.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include <algorithm>
#include <utility>

namespace attune::ui {

Banner::Banner(QWidget *parent) : QFrame(parent) {
  setProperty("kind", QStringLiteral("banner"));
  m_layout = new QHBoxLayout(this);
  m_layout->setContentsMargins(16, 10, 12, 10);
  m_layout->setSpacing(12);
  m_icon = new QLabel(this);
  m_text = makeLabel(TextRole::Body, this);
  m_text->setWordWrap(true);
  m_layout->addWidget(m_icon);
  m_layout->addWidget(m_text, 1);
  hide();
}

void Banner::showMessage(Tone tone, const QString &text, const std::vector<BannerAction> &actions) {
  const QString name = tone == Tone::Danger    ? QStringLiteral("error")
                       : tone == Tone::Warning ? QStringLiteral("warning")
                                               : QStringLiteral("info");
  m_icon->setPixmap(icon(name, tone).pixmap(20, 20));
  m_text->setText(text);
  const bool same = std::equal(actions.begin(), actions.end(), m_actions.begin(), m_actions.end(),
                               [](const BannerAction &a, const BannerAction &b) { return a.text == b.text; });
  m_actions = actions;
  if (!same) makeButtons(); // else they stay under the pointer
  show();
}

void Banner::makeButtons() {
  for (QPushButton *button : std::exchange(m_buttons, {})) {
    button->hide();
    button->deleteLater(); // one of them may be what was clicked
  }
  for (size_t i = 0; i < m_actions.size(); ++i) {
    m_buttons.push_back(makeButton(ButtonKind::Small, this));
    m_buttons.back()->setText(m_actions[i].text);
    connect(m_buttons.back(), &QPushButton::clicked, this, [this, i] {
      hide();
      if (i < m_actions.size()) std::function<void()>(m_actions[i].act)(); // a copy: acting may show another message
    });
    m_layout->addWidget(m_buttons.back());
  }
}

} // namespace attune::ui
