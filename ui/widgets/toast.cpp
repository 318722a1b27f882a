#include "ui/widgets/toast.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QEvent>
#include <QGraphicsDropShadowEffect>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPropertyAnimation>
#include <QPushButton>
#include <QTimer>

#include <algorithm>
#include <vector>

namespace attune::ui {

namespace {
constexpr int kMargin = 24, kSeconds = 6, kTextWidth = 420;
}

void Toast::show(QWidget *anchor, const QString &text, const QString &action, std::function<void()> act) {
  QWidget *const window = anchor->window();
  auto *toast = window->findChild<Toast *>(QString(), Qt::FindDirectChildrenOnly);
  if (!toast) toast = new Toast(window);
  toast->m_text->setText(text);
  toast->m_text->setMinimumWidth(std::min(kTextWidth, toast->m_text->fontMetrics().horizontalAdvance(text) + 2)); // lines, not a column
  toast->m_action->setText(action);
  toast->m_action->setVisible(!action.isEmpty());
  toast->m_act = std::move(act);
  toast->adjustSize();
  toast->place();
  toast->QFrame::show();
  toast->raise();
  if (motionAllowed()) {
    auto *rise = new QPropertyAnimation(toast, "pos", toast);
    rise->setDuration(150);
    rise->setStartValue(toast->pos() + QPoint(0, 12));
    rise->setEndValue(toast->pos());
    rise->setEasingCurve(QEasingCurve::OutCubic);
    rise->start(QAbstractAnimation::DeleteWhenStopped);
  }
  toast->m_timer->start(kSeconds * 1000);
}

Toast::Toast(QWidget *window) : QFrame(window) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QHBoxLayout(this);
  layout->setContentsMargins(16, 10, 12, 10);
  layout->setSpacing(12);
  m_text = makeLabel(TextRole::Body, this);
  m_text->setWordWrap(true);
  m_text->setMaximumWidth(kTextWidth);
  m_action = makeButton(ButtonKind::Small, this);
  layout->addWidget(m_text, 1);
  layout->addWidget(m_action);
  auto *shadow = new QGraphicsDropShadowEffect(this);
  shadow->setBlurRadius(24);
  shadow->setOffset(0, 4);
  shadow->setColor(QColor(0, 0, 0, 60));
  setGraphicsEffect(shadow);
  m_timer = new QTimer(this);
  m_timer->setSingleShot(true);
  connect(m_timer, &QTimer::timeout, this, &QWidget::hide);
  connect(m_action, &QPushButton::clicked, this, [this] {
    hide();
    if (m_act) m_act();
  });
  window->installEventFilter(this);
}

void Toast::place() {
  const QRect area = parentWidget()->rect();
  const QRect lowest(QPoint(area.right() - width() - kMargin, area.bottom() - height() - kMargin - 28), size());
  std::vector<QRect> controls; // a toast must not take away what can be pressed
  for (const QWidget *widget : parentWidget()->findChildren<QWidget *>())
    if ((qobject_cast<const QAbstractButton *>(widget) || qobject_cast<const QLineEdit *>(widget)) && widget->isVisible() &&
        !isAncestorOf(widget))
      controls.emplace_back(widget->mapTo(parentWidget(), QPoint()), widget->size());
  QRect spot = lowest;
  const auto covers = [&spot](const QRect &control) { return control.intersects(spot); };
  while (spot.top() > area.height() / 2 && std::any_of(controls.begin(), controls.end(), covers)) spot.translate(0, -8);
  move(spot.top() > area.height() / 2 ? spot.topLeft() : lowest.topLeft());
}

bool Toast::eventFilter(QObject *, QEvent *event) {
  if (event->type() == QEvent::Resize) place();
  return false;
}

} // namespace attune::ui
