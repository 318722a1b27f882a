#include "ui/shell/side_rail.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/icon.h"
#include "ui/widgets/retranslate.h"

#include <QFocusEvent>
#include <QKeySequence>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

namespace {

class RailButton : public QAbstractButton {
public:
  RailButton(Place place, QWidget *parent) : QAbstractButton(parent), m_place(place) {
    setCheckable(true);
    setAutoExclusive(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setMinimumHeight(33);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_shortcut = QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + static_cast<int>(place))).toString(QKeySequence::NativeText);
  }

  QSize sizeHint() const override { return {150, 33}; }

protected:
  void paintEvent(QPaintEvent *) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme &look = theme();
    if (isChecked() || underMouse()) {
      painter.setPen(Qt::NoPen);
      painter.setBrush(isChecked() ? look.color(Tone::Tint) : mixed(look.color(Tone::Window), look.color(Tone::Line), 0.6));
      painter.drawRoundedRect(rect(), 6, 6);
    }
    if (hasFocus() && m_byKeyboard) {
      painter.setPen(QPen(look.color(Tone::Accent), 1.5));
      painter.setBrush(Qt::NoBrush);
      painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 6, 6);
    }
    const QRect inner = rect().adjusted(10, 0, -10, 0);
    ui::icon(placeIcon(m_place), isChecked() ? Tone::Accent : Tone::Muted)
        .paint(&painter, QRect(inner.left(), (height() - 18) / 2, 18, 18));
    QFont text = font();
    text.setWeight(isChecked() ? QFont::DemiBold : QFont::Normal);
    painter.setFont(text);
    painter.setPen(look.color(isChecked() ? Tone::Accent : Tone::Text));
    painter.drawText(inner.adjusted(28, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, placeName(m_place));
    text.setPixelSize(12);
    text.setWeight(QFont::Normal);
    painter.setFont(text);
    painter.setPen(look.color(isChecked() ? Tone::Accent : Tone::Muted));
    painter.drawText(inner, Qt::AlignVCenter | Qt::AlignRight, m_shortcut);
  }

  void focusInEvent(QFocusEvent *event) override {
    const Qt::FocusReason reason = event->reason();
    if (reason != Qt::ActiveWindowFocusReason && reason != Qt::PopupFocusReason)
      m_byKeyboard = reason != Qt::MouseFocusReason && reason != Qt::OtherFocusReason;
    QAbstractButton::focusInEvent(event);
  }

private:
  Place m_place;
  bool m_byKeyboard = false; // how the focus came: a click needs no ring
  QString m_shortcut;
};

} // namespace

SideRail::SideRail(QWidget *parent) : QWidget(parent) {
  setFixedWidth(176);
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 16, 12, 12);
  layout->setSpacing(2);
  auto *brand = new QHBoxLayout;
  brand->setContentsMargins(10, 0, 0, 0);
  brand->setSpacing(8);
  auto *mark = new QLabel(this);
  mark->setPixmap(icon(QStringLiteral("attune"), Tone::Accent).pixmap(20, 20));
  auto *name = makeLabel(TextRole::Section, this);
  name->setText(QStringLiteral("Attune"));
  onTheme(mark, [mark] { mark->setPixmap(icon(QStringLiteral("attune"), Tone::Accent).pixmap(20, 20)); });
  brand->addWidget(mark);
  brand->addWidget(name, 1);
  layout->addLayout(brand);
  layout->addSpacing(14);
  for (const Place place : kPlaces) {
    auto *button = new RailButton(place, this);
    connect(button, &QAbstractButton::clicked, this, [this, place] { Q_EMIT chosen(place); });
    onLanguage(button, [button, place] {
      button->setAccessibleName(placeName(place));
      button->update();
    });
    layout->addWidget(button);
    m_buttons.push_back(button);
  }
  layout->addStretch(1);
}

void SideRail::setAvailable(Place place, bool available) { m_buttons.at(static_cast<size_t>(place))->setVisible(available); }

void SideRail::setCurrent(Place place) {
  QAbstractButton *current = m_buttons.at(static_cast<size_t>(place));
  const bool here = std::any_of(m_buttons.begin(), m_buttons.end(), [](const QAbstractButton *button) { return button->hasFocus(); });
  current->setChecked(true);
  if (here && !current->hasFocus()) current->setFocus(Qt::OtherFocusReason); // not on the place one has left
}

void SideRail::paintEvent(QPaintEvent *) {
  QPainter painter(this);
  painter.fillRect(rect(), theme().color(Tone::Window));
  painter.fillRect(QRect(width() - 1, 0, 1, height()), theme().color(Tone::Line));
}

} // namespace attune::ui
