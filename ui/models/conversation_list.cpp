#include "ui/models/conversation_list.h"

#include "ui/models/error_text.h"
#include <QDateTime>
#include <QJsonDocument>

#include <algorithm>

namespace attune::ui {

namespace {

double now() { return static_cast<double>(QDateTime::currentMSecsSinceEpoch()) / 1000; }

std::string jsonOf(const Conversation &talk) { return QJsonDocument(talk.toJson()).toJson(QJsonDocument::Indented).toStdString(); }

} // namespace

ConversationList::ConversationList(api::ConversationStore *store, QObject *parent)
    : QObject(parent), m_store(store), m_disk(std::make_unique<TaskRunner>(nullptr, 1)) {}

ConversationList::~ConversationList() { flush(); }

void ConversationList::flush() {
  m_disk.reset(); // what ran has ended, what waited is gone; nobody is left to be told of a failure
  for (const auto &[id, json] : m_unwritten) static_cast<void>(json ? m_store->write(id, *json) : m_store->remove(id));
  m_unwritten.clear();
  m_disk = std::make_unique<TaskRunner>(nullptr, 1);
}

const KeptConversation *ConversationList::find(const std::string &id) const {
  const auto found = std::find_if(m_all.begin(), m_all.end(), [&](const auto &one) { return one.id == id; });
  return found == m_all.end() ? nullptr : &*found;
}

void ConversationList::refresh() {
  if (!m_store) return;
  struct Found {
    std::vector<KeptConversation> all;
    QStringList unreadable;
  };
  m_listing = m_disk->run(
      this,
      [store = m_store](StopToken stop) {
        Found found;
        for (const api::StoredConversation &one : store->list()) {
          if (stop.stopRequested()) break;
          auto talk = Conversation::fromJson(QByteArray::fromStdString(one.json));
          if (!talk)
            found.unreadable.append(QString::fromStdString(one.id) + QStringLiteral(".json"));
          else if (!talk->isEmpty())
            found.all.push_back({one.id, one.changedAt, std::make_shared<Conversation>(std::move(*talk))});
        }
        return found;
      },
      [this](Found found) {
        m_all = std::move(found.all);
        m_unreadable = std::move(found.unreadable);
        filter();
      });
}

void ConversationList::search(const QString &text) {
  m_search = text.trimmed();
  filter();
}

void ConversationList::filter() {
  if (m_search.isEmpty()) {
    m_searching.cancel();
    m_shown = m_all;
    Q_EMIT changed();
    return;
  }
  m_searching = m_disk->run(
      this,
      [all = m_all, text = m_search](StopToken stop) {
        std::vector<KeptConversation> found;
        for (const KeptConversation &one : all) {
          if (stop.stopRequested()) break;
          if (one.talk->contains(text)) found.push_back(one);
        }
        return found;
      },
      [this](std::vector<KeptConversation> found) {
        m_shown = std::move(found);
        Q_EMIT changed();
      });
}

void ConversationList::put(KeptConversation kept) {
  m_all.erase(std::remove_if(m_all.begin(), m_all.end(), [&](const auto &one) { return one.id == kept.id; }), m_all.end());
  const auto place = std::find_if(m_all.begin(), m_all.end(), [&](const auto &one) { return one.changedAt <= kept.changedAt; });
  m_all.insert(place, std::move(kept));
  filter();
}

void ConversationList::keep(std::string &id, const Conversation &talk) {
  if (!m_store || talk.isEmpty()) return;
  if (id.empty()) {
    id = m_store->freshId();     // a look at a name
    while (find(id)) id += "-2"; // not written yet
  }
  put({id, now(), std::make_shared<Conversation>(talk)});
  write(id, jsonOf(talk));
}

void ConversationList::rename(const std::string &id, const QString &title) {
  const KeptConversation *kept = find(id);
  if (!kept || kept->talk->title == title) return;
  Conversation talk = *kept->talk;
  talk.title = title;
  const std::string json = jsonOf(talk);
  put({id, kept->changedAt, std::make_shared<Conversation>(std::move(talk))});
  write(id, json);
}

void ConversationList::remove(const std::string &id) {
  m_all.erase(std::remove_if(m_all.begin(), m_all.end(), [&](const auto &one) { return one.id == id; }), m_all.end());
  write(id, std::nullopt);
  filter();
}

void ConversationList::write(const std::string &id, const std::optional<std::string> &json) {
  m_unwritten[id] = json;
  m_writing[id] = m_disk->run(
      this, [store = m_store, id, json](StopToken) { return json ? store->write(id, *json) : store->remove(id); },
      [this, id](const Status &status) {
        m_unwritten.erase(id);
        if (!status.ok()) Q_EMIT failed(errorText(status.error()));
      });
}

} // namespace attune::ui
