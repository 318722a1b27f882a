#include "ui/widgets/keyed_list.h"

#include <algorithm>

namespace attune::ui {

QString KeyedList::current() const { return currentItem() ? key(currentRow()) : QString(); }

void KeyedList::choose(const QString &wanted) {
  m_wanted = wanted;
  for (int row = 0; row < count(); ++row)
    if (key(row) == wanted) {
      m_wanted.clear();
      setCurrentRow(row);
    }
}

void KeyedList::setKeys(const QStringList &keys, const std::function<void(QListWidgetItem *, const QString &key)> &made) {
  QStringList shown;
  for (int row = 0; row < count(); ++row) shown.append(key(row));
  if (keys != shown) {
    const QString before = current();
    const int place = currentRow();
    clear();
    for (const QString &one : keys) {
      auto *item = new QListWidgetItem(this);
      item->setData(Qt::UserRole, one);
      made(item, one);
    }
    const auto row = static_cast<int>(keys.indexOf(before));
    if (!keys.isEmpty()) setCurrentRow(row >= 0 ? row : std::clamp(place, 0, static_cast<int>(keys.size()) - 1));
  }
  if (!m_wanted.isEmpty()) choose(m_wanted);
}

} // namespace attune::ui
