// The small pieces of LOOK.md that are plain Qt widgets with a role: labels, buttons, cards, lines. GUI thread.
// Each function makes one and hands it to the parent (or the layout it is added to).
#pragma once

#include <QString>

class QFrame;
class QLabel;
class QPushButton;
class QScrollArea;
class QVBoxLayout;
class QWidget;

namespace attune::ui {

enum class TextRole { Body, Title, Section, Strong, Muted, Caption, Problem, Danger, Mono };
enum class ButtonKind { Normal, Primary, Danger, Small, SmallDanger, Quiet };

QLabel *makeLabel(TextRole role, QWidget *parent = nullptr);
void setRole(QLabel *label, TextRole role);

QPushButton *makeButton(ButtonKind kind, QWidget *parent = nullptr);
QPushButton *makeButton(ButtonKind kind, const QString &iconName, QWidget *parent = nullptr);

/// A card and its vertical layout with LOOK.md's margins.
QFrame *makeCard(QWidget *parent = nullptr);
QVBoxLayout *cardLayout(QFrame *card);

/// A column that scrolls up and down and is as wide as its place.
QScrollArea *makeScrollColumn(QWidget *parent);

/// Marks an input as having a problem, or not.
void setProblem(QWidget *input, bool problem);

/// Sets a property that the style sheet looks at and lets it take effect.
void setStyleProperty(QWidget *widget, const char *name, const QString &value);

} // namespace attune::ui
