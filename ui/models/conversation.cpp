#include "ui/models/conversation.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr int kSchema = 1, kMostExchanges = 2000, kLongestPath = 4096;

QJsonObject replyJson(const ChatReply &reply) {
  return {{QStringLiteral("text"), reply.text},
          {QStringLiteral("tokens"), reply.tokens},
          {QStringLiteral("tokens_per_second"), reply.tokensPerSecond},
          {QStringLiteral("cut"), reply.cut},
          {QStringLiteral("prompt_tokens"), reply.promptTokens},
          {QStringLiteral("by"), reply.by}};
}

std::optional<ChatReply> readReply(const QJsonValue &value) {
  if (!value.isObject()) return std::nullopt;
  const QJsonObject json = value.toObject();
  return ChatReply{json.value(QStringLiteral("text")).toString(),
                   static_cast<qint64>(json.value(QStringLiteral("tokens")).toDouble()),
                   json.value(QStringLiteral("tokens_per_second")).toDouble(),
                   json.value(QStringLiteral("cut")).toBool(),
                   static_cast<qint64>(json.value(QStringLiteral("prompt_tokens")).toDouble()),
                   json.value(QStringLiteral("by")).toString().left(200)};
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

int Conversation::askAgain(int index) { return askInstead(index, QString(at(index).question)); }

int Conversation::attempt(int index) const {
  int count = 0;
  for (const int other : siblings(index)) count += other < index && at(other).question == at(index).question;
  return count;
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
  const QString shown = title.isEmpty() && !m_exchanges.empty() ? m_exchanges.front().question.left(400) : title.left(400);
  return shown.simplified().left(80);
}

bool Conversation::contains(const QString &text) const {
  const auto has = [&](const QString &in) { return in.contains(text, Qt::CaseInsensitive); };
  return has(title) || has(system) || std::any_of(m_exchanges.begin(), m_exchanges.end(), [&](const Exchange &one) {
           return has(one.question) || (one.base && has(one.base->text)) || (one.tuned && has(one.tuned->text));
         });
}

Messages Conversation::messagesUpTo(int index, bool tuned) const {
  Messages messages;
  if (!system.isEmpty()) messages.push_back({"system", system.toStdString()});
  std::vector<int> before;
  for (int up = at(index).parent; up >= 0; up = at(up).parent) before.push_back(up);
  for (auto one = before.rbegin(); one != before.rend(); ++one) {
    const auto &own = at(*one).reply(tuned), &other = at(*one).reply(!tuned);
    messages.push_back({"user", at(*one).question.toStdString()});
    messages.push_back({"assistant", (own ? *own : other ? *other : ChatReply()).text.toStdString()});
  }
  messages.push_back({"user", at(index).question.toStdString()});
  return messages;
}

Messages Conversation::row(int index, bool tuned, bool whole) const {
  const auto &reply = at(index).reply(tuned);
  if (!reply || reply->text.isEmpty()) return {};
  Messages messages = messagesUpTo(index, tuned);
  if (!whole) messages.erase(messages.begin() + (system.isEmpty() ? 0 : 1), messages.end() - 1);
  messages.push_back({"assistant", reply->text.toStdString()});
  return messages;
}

QJsonObject Conversation::toJson() const {
  QJsonArray list;
  for (const Exchange &exchange : m_exchanges) {
    QJsonObject one{{QStringLiteral("question"), exchange.question}, {QStringLiteral("parent"), exchange.parent}};
    if (exchange.base) one.insert(QStringLiteral("base"), replyJson(*exchange.base));
    if (exchange.tuned) one.insert(QStringLiteral("tuned"), replyJson(*exchange.tuned));
    list.append(one);
  }
  return {{QStringLiteral("schema"), kSchema},    {QStringLiteral("title"), title},
          {QStringLiteral("system"), system},     {QStringLiteral("template"), QString::fromStdString(templateName)},
          {QStringLiteral("current"), m_current}, {QStringLiteral("exchanges"), list}};
}

std::optional<Conversation> Conversation::fromJson(const QByteArray &text) {
  const QJsonDocument document = QJsonDocument::fromJson(text);
  const QJsonObject json = document.object();
  if (!json.value(QStringLiteral("exchanges")).isArray() || json.value(QStringLiteral("schema")).toInt(kSchema) > kSchema) return {};
  Conversation conversation;
  conversation.title = json.value(QStringLiteral("title")).toString();
  conversation.system = json.value(QStringLiteral("system")).toString();
  if (const QString name = json.value(QStringLiteral("template")).toString(); !name.isEmpty())
    conversation.templateName = name.left(kLongestPath).toStdString();
  for (const QJsonValue &value : json.value(QStringLiteral("exchanges")).toArray()) {
    if (conversation.m_exchanges.size() >= kMostExchanges) break;
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
    text += QStringLiteral("\n**User**\n\n") + exchange.question + u'\n';
    for (const bool tuned : {false, true}) {
      const auto &reply = exchange.reply(tuned);
      if (!reply) continue;
      const QString who = tuned ? QStringLiteral("Tuned") : QStringLiteral("Base");
      text += QStringLiteral("\n**%1**\n\n").arg(reply->by.isEmpty() ? who : QStringLiteral("%1: %2").arg(who, reply->by)) + reply->text +
              u'\n';
    }
  }
  return text;
}

} // namespace attune::ui
