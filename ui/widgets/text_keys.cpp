#include "ui/widgets/text_keys.h"

#include <QAbstractSpinBox>
#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTextEdit>

#include <algorithm>

namespace attune::ui {

namespace {

template <typename Edit> bool editable(const QObject *object) {
  const auto *edit = qobject_cast<const Edit *>(object);
  return edit && !edit->isReadOnly();
}

bool takesText(const QObject *object) {
  return editable<QLineEdit>(object) || editable<QPlainTextEdit>(object) || editable<QTextEdit>(object) ||
         editable<QAbstractSpinBox>(object);
}

bool editsText(QKeyEvent *key) {
  constexpr QKeySequence::StandardKey kKeys[] = {
      QKeySequence::Delete,         QKeySequence::DeleteStartOfWord,  QKeySequence::DeleteEndOfWord,    QKeySequence::DeleteEndOfLine,
      QKeySequence::Backspace,      QKeySequence::DeleteCompleteLine, QKeySequence::MoveToStartOfBlock, QKeySequence::MoveToEndOfBlock,
      QKeySequence::MoveToNextPage, QKeySequence::MoveToPreviousPage, QKeySequence::SelectStartOfBlock, QKeySequence::SelectEndOfBlock};
  return std::any_of(std::begin(kKeys), std::end(kKeys), [key](QKeySequence::StandardKey one) { return key->matches(one); });
}

/// Redo as in other programs; Qt knows one of its two keys on each system.
bool isOtherRedo(QKeyEvent *key) {
  const QKeyCombination keys = key->keyCombination();
  return keys == (Qt::CTRL | Qt::Key_Y) || keys == (Qt::CTRL | Qt::SHIFT | Qt::Key_Z);
}

/// Whether a field has a history of its own.
bool keepsHistory(const QObject *object) {
  const auto *edit = qobject_cast<const QPlainTextEdit *>(object);
  return edit ? edit->isUndoRedoEnabled() : qobject_cast<const QLineEdit *>(object) != nullptr;
}

} // namespace

TextKeys::TextKeys(QObject *parent) : QObject(parent) { QCoreApplication::instance()->installEventFilter(this); }

bool TextKeys::eventFilter(QObject *watched, QEvent *event) {
  const bool asks = event->type() == QEvent::ShortcutOverride;
  if ((!asks && event->type() != QEvent::KeyPress) || !takesText(watched)) return false;
  auto *key = static_cast<QKeyEvent *>(event);
  const bool redo = isOtherRedo(key) && keepsHistory(watched);
  if (asks && (redo || editsText(key))) {
    event->accept();
    return true;
  }
  if (asks || !redo) return false;
  QMetaObject::invokeMethod(watched, "redo");
  return true;
}

} // namespace attune::ui
