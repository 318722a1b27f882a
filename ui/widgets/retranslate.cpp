#include "ui/widgets/retranslate.h"

#include <QEvent>
#include <QWidget>

#include <utility>

namespace attune::ui {

namespace {

class EventHook : public QObject {
public:
  EventHook(QWidget *owner, QEvent::Type type, std::function<void()> apply) : QObject(owner), m_type(type), m_apply(std::move(apply)) {
    owner->installEventFilter(this);
    m_apply();
  }

protected:
  bool eventFilter(QObject *, QEvent *event) override {
    if (event->type() == m_type && !m_inside) {
      m_inside = true; // what apply() sets may send the same event
      m_apply();
      m_inside = false;
    }
    return false;
  }

private:
  QEvent::Type m_type;
  std::function<void()> m_apply;
  bool m_inside = false;
};

} // namespace

void onLanguage(QWidget *owner, std::function<void()> apply) { new EventHook(owner, QEvent::LanguageChange, std::move(apply)); }

void onTheme(QWidget *owner, std::function<void()> apply) { new EventHook(owner, QEvent::StyleChange, std::move(apply)); }

} // namespace attune::ui
