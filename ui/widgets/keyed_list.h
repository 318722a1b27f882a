// A list whose rows are known by a key (a path, a name): the chosen one stays chosen wherever its row goes. GUI thread.
#pragma once

#include <QListWidget>

#include <functional>

namespace attune::ui {

class KeyedList : public QListWidget {
  Q_OBJECT

public:
  using QListWidget::QListWidget;
  QString key(int row) const { return item(row)->data(Qt::UserRole).toString(); }
  /// Of the chosen row; empty without one.
  QString current() const;
  /// Chooses the row of this key, or as soon as there is one.
  void choose(const QString &key);
  /// Rows of these keys, made anew where they are others than now; where the chosen one is gone the one in its place is chosen.
  void setKeys(const QStringList &keys, const std::function<void(QListWidgetItem *, const QString &key)> &made);

private:
  QString m_wanted;
};

} // namespace attune::ui
