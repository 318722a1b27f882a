#include "ui/models/conversation.h"

#include <QJsonArray>

#include <algorithm>

namespace attune::ui {

namespace {

QJsonObject replyJson(const ChatReply &reply) {
  return {{QStringLiteral("text"), reply.text},
          {QStringLiteral("tokens"), reply.tokens},
          {QStringLiteral("tokens_per_second"), reply.tokensPerSecond},
          {QStringLiteral("cut"), reply.cut}};
}

std::optional<ChatReply> readReply(const QJsonValue &value) {
  if (!value.isObject()) return std::nullopt;
  const QJsonObject json = value.toObject();
  return ChatReply{json.value(QStringLiteral("text")).toString(), static_cast<qint64>(json.value(QStringLiteral("tokens")).toDouble()),
                   json.value(QStringLiteral("tokens_per_second")).toDouble(), json.value(QStringLiteral("cut")).toBool()};
}

} // namespace

std::vector<int> Conversation::path() const {
  std::vector<int> indexes;
  for (int at = m_current; at >= 0; at = m_exchanges[static_cast<size_t>(at)].parent) indexes.push_back(at);
  std::reverse(indexes.begin(), indexes.end());
  return indexes;
}

int Conversation::ask(const QString &question) {
  m_exchanges.push_back({question, {}, {}, m_current});
  return m_current = static_cast<int>(m_exchanges.size()) - 1;
}

int Conversation::askInstead(int index, const QString &question) {
  m_current = at(index).parent;
  return ask(question);
}

std::vector<int> Conversation::siblings(int index) const {
  std::vector<int> found;
  for (int i = 0; i < static_cast<int>(m_exchanges.size()); ++i)
    if (at(i).parent == at(index).parent) found.push_back(i);
  return found;
}

void Conversation::choose(int index) {
  m_current = index;
  for (int i = index + 1; i < static_cast<int>(m_exchanges.size()); ++i) // children come later than their parents
    if (at(i).parent == m_current) m_current = i;
}

QString Conversation::shownTitle() const {
  if (!title.isEmpty()) return title;
  return m_exchanges.empty() ? QString() : m_exchanges.front().question.simplified().left(60);
}

QJsonObject Conversation::toJson() const {
  QJsonArray list;
  for (const Exchange &exchange : m_exchanges) {
    QJsonObject one{{QStringLiteral("question"), exchange.question}, {QStringLiteral("parent"), exchange.parent}};
    if (exchange.base) one.insert(QStringLiteral("base"), replyJson(*exchange.base));
    if (exchange.tuned) one.insert(QStringLiteral("tuned"), replyJson(*exchange.tuned));
    list.append(one);
  }
  return {{QStringLiteral("schema"), 1},
          {QStringLiteral("title"), title},
          {QStringLiteral("system"), system},
          {QStringLiteral("current"), m_current},
          {QStringLiteral("exchanges"), list}};
}

Conversation Conversation::fromJson(const QJsonObject &json) {
  Conversation conversation;
  conversation.title = json.value(QStringLiteral("title")).toString();
  conversation.system = json.value(QStringLiteral("system")).toString();
  for (const QJsonValue &value : json.value(QStringLiteral("exchanges")).toArray()) {
    const QJsonObject one = value.toObject();
    const int parent = one.value(QStringLiteral("parent")).toInt(-1);
    const int index = static_cast<int>(conversation.m_exchanges.size());
    conversation.m_exchanges.push_back({one.value(QStringLiteral("question")).toString(), readReply(one.value(QStringLiteral("base"))),
                                        readReply(one.value(QStringLiteral("tuned"))), parent >= -1 && parent < index ? parent : -1});
  }
  const int current = json.value(QStringLiteral("current")).toInt(-1);
  const int last = static_cast<int>(conversation.m_exchanges.size()) - 1;
  conversation.m_current = current >= 0 && current <= last ? current : last;
  return conversation;
}

QString Conversation::toMarkdown() const {
  QString text = QStringLiteral("# %1\n").arg(shownTitle());
  for (const int index : path()) {
    const Exchange &exchange = at(index);
    text += QStringLiteral("\n**User**\n\n%1\n").arg(exchange.question);
    if (exchange.base) text += QStringLiteral("\n**Base**\n\n%1\n").arg(exchange.base->text);
    if (exchange.tuned) text += QStringLiteral("\n**Tuned**\n\n%1\n").arg(exchange.tuned->text);
  }
  return text;
}

} // namespace attune::ui
