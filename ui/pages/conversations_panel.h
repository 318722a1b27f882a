// The conversations kept: searched, opened, renamed in place, exported, deleted with undo. GUI thread; shows a
// ConversationList.
#pragma once

#include "ui/models/conversation_list.h"

#include <QFrame>

class QLabel;
class QLineEdit;
class QListWidget;
class QListWidgetItem;
class QPushButton;

namespace attune::ui {

class ConversationsPanel : public QFrame {
  Q_OBJECT

public:
  ConversationsPanel(ConversationList &list, TaskRunner &tasks, QWidget *parent = nullptr);
  /// The conversation on the page, marked in the list.
  void setCurrent(const std::string &id);
  void focusSearch();

Q_SIGNALS:
  void opened(std::string id); // a copy: keeping the conversation left moves what the list holds
  void renamed(const std::string &id, const QString &title);
  void removed(const std::string &id);

private:
  void fill();
  const KeptConversation *chosen() const;
  void remove();
  void exportChosen();

  ConversationList &m_list;
  TaskRunner &m_tasks;
  Task m_exporting;
  std::string m_current;
  bool m_filling = false;
  QLineEdit *m_search;
  QListWidget *m_items;
  QLabel *m_empty, *m_unreadable;
  QPushButton *m_rename, *m_export, *m_remove;
};

} // namespace attune::ui
