#include "ui/widgets/controls.h"

#include "ui/widgets/icon.h"

#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QStyle>
#include <QVBoxLayout>

namespace attune::ui {

namespace {

QString roleName(TextRole role) {
  switch (role) {
  case TextRole::Body: return {};
  case TextRole::Title: return QStringLiteral("title");
  case TextRole::Section: return QStringLiteral("section");
  case TextRole::Strong: return QStringLiteral("strong");
  case TextRole::Muted: return QStringLiteral("muted");
  case TextRole::Caption: return QStringLiteral("caption");
  case TextRole::Problem: return QStringLiteral("problem");
  case TextRole::Danger: return QStringLiteral("danger");
  case TextRole::Mono: return QStringLiteral("mono");
  }
  return {};
}

QString kindName(ButtonKind kind) {
  switch (kind) {
  case ButtonKind::Normal: return {};
  case ButtonKind::Primary: return QStringLiteral("primary");
  case ButtonKind::Danger: return QStringLiteral("danger");
  case ButtonKind::Small: return QStringLiteral("small");
  case ButtonKind::SmallDanger: return QStringLiteral("smallDanger");
  case ButtonKind::Quiet: return QStringLiteral("quiet");
  }
  return {};
}

Tone iconTone(ButtonKind kind) {
  if (kind == ButtonKind::Primary) return Tone::OnAccent;
  return kind == ButtonKind::Danger || kind == ButtonKind::SmallDanger ? Tone::Danger : Tone::Text;
}

constexpr int kMostWord = 240;

/// A word that goes on and on - a list of nodes, a path - does not make the window as wide as itself.
class WrappedLabel : public QLabel {
public:
  using QLabel::QLabel;
  QSize minimumSizeHint() const override {
    const QSize hint = QLabel::minimumSizeHint();
    return wordWrap() ? hint.boundedTo({kMostWord, hint.height()}) : hint;
  }
};

} // namespace

void setStyleProperty(QWidget *widget, const char *name, const QString &value) {
  if (widget->property(name).toString() == value) return;
  widget->setProperty(name, value);
  widget->style()->unpolish(widget);
  widget->style()->polish(widget);
}

QLabel *makeLabel(TextRole role, QWidget *parent) {
  auto *label = new WrappedLabel(parent);
  label->setTextFormat(Qt::PlainText); // what users and files wrote is never markup
  setRole(label, role);
  return label;
}

void setRole(QLabel *label, TextRole role) { setStyleProperty(label, "role", roleName(role)); }

QPushButton *makeButton(ButtonKind kind, QWidget *parent) {
  auto *button = new QPushButton(parent);
  button->setProperty("kind", kindName(kind));
  button->setFocusPolicy(Qt::StrongFocus);
  return button;
}

QPushButton *makeButton(ButtonKind kind, const QString &iconName, QWidget *parent) {
  QPushButton *button = makeButton(kind, parent);
  button->setIcon(icon(iconName, iconTone(kind)));
  button->setIconSize(QSize(16, 16));
  return button;
}

QFrame *makeCard(QWidget *parent) {
  auto *card = new QFrame(parent);
  card->setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(card);
  layout->setContentsMargins(16, 12, 16, 12);
  layout->setSpacing(8);
  return card;
}

QVBoxLayout *cardLayout(QFrame *card) { return static_cast<QVBoxLayout *>(card->layout()); }

QScrollArea *makeScrollColumn(QWidget *parent) {
  auto *scroll = new QScrollArea(parent);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  return scroll;
}

void setProblem(QWidget *input, bool problem) { setStyleProperty(input, "state", problem ? QStringLiteral("problem") : QString()); }

} // namespace attune::ui
