// The conversations kept on disk: read once, then kept up as they change; searched, renamed, removed. GUI thread; the disk is
// touched on a thread of its own, in the order of the calls, and what is still to be written is written before it goes.
#pragma once

#include "core/api/conversation_store.h"
#include "ui/bridge/task_runner.h"
#include "ui/models/conversation.h"

#include <QObject>
#include <QStringList>

#include <map>
#include <optional>

namespace attune::ui {

struct KeptConversation {
  std::string id;
  double changedAt = 0; // seconds since the epoch
  std::shared_ptr<const Conversation> talk;
};

class ConversationList : public QObject {
  Q_OBJECT

public:
  /// `store` may be null: then nothing is kept.
  explicit ConversationList(api::ConversationStore *store, QObject *parent = nullptr);
  ~ConversationList() override;

  /// Newest first, those that match the search.
  const std::vector<KeptConversation> &shown() const { return m_shown; }
  /// Files that hold no conversation that can be read.
  const QStringList &unreadable() const { return m_unreadable; }
  const KeptConversation *find(const std::string &id) const;
  void refresh();
  void search(const QString &text);
  /// Writes a conversation under its id; an empty id becomes a fresh one.
  void keep(std::string &id, const Conversation &talk);
  void rename(const std::string &id, const QString &title);
  void remove(const std::string &id);
  /// Writes at once, on this thread, what is still to be written.
  void flush();

Q_SIGNALS:
  void changed();
  void failed(const QString &message);

private:
  void put(KeptConversation kept);
  void filter();
  void write(const std::string &id, const std::optional<std::string> &json); // without JSON: removes it

  api::ConversationStore *m_store;
  std::vector<KeptConversation> m_all, m_shown;
  QStringList m_unreadable;
  QString m_search;
  std::map<std::string, std::optional<std::string>> m_unwritten; // JSON by id; nothing for one to be removed
  std::map<std::string, Task> m_writing;
  Task m_listing, m_searching;
  std::unique_ptr<TaskRunner> m_disk;
};

} // namespace attune::ui
