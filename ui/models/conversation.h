// A talk with the base model, the tuned one, or both: a tree of exchanges, so that an edited question keeps the branch it
// replaces. Plain values with JSON both ways; GUI thread.
#pragma once

#include "core/api/template_names.h"

#include <QJsonObject>
#include <QString>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace attune::ui {

struct ChatReply {
  QString text;
  qint64 tokens = 0;
  double tokensPerSecond = 0;
  bool cut = false; // by length or by the user
  qint64 promptTokens = 0;
  QString by; // the model or run that said it
  bool operator==(const ChatReply &other) const = default;
};

using Messages = std::vector<std::pair<std::string, std::string>>; // roles and texts

struct Exchange {
  QString question;
  std::optional<ChatReply> base;
  std::optional<ChatReply> tuned;
  const std::optional<ChatReply> &reply(bool ofTuned) const { return ofTuned ? tuned : base; }
  int parent = -1;
};

class Conversation {
public:
  QString title; // empty = the first question
  QString system;
  std::string templateName = api::kAutoTemplate; // as in run.json

  bool isEmpty() const { return m_exchanges.empty(); }
  /// The exchanges from the first to the current one.
  std::vector<int> path() const;
  const Exchange &at(int index) const { return m_exchanges.at(static_cast<size_t>(index)); }
  Exchange &at(int index) { return m_exchanges.at(static_cast<size_t>(index)); }
  int current() const { return m_current; }
  /// Asks after the current exchange; the new one is current.
  int ask(const QString &question);
  /// Asks something else in place of `index`, beside it; the new one is current.
  int askInstead(int index, const QString &question);
  /// Asks the same beside `index`, so that the earlier answer stays; the new one is current.
  int askAgain(int index);
  /// How many exchanges beside `index` asked the same before it: each gets answers of its own.
  int attempt(int index) const;
  /// The exchanges that stand where `index` stands, itself included, oldest first.
  std::vector<int> siblings(int index) const;
  /// Shows another branch: `index` and the newest exchanges below it.
  void choose(int index);
  QString shownTitle() const;
  bool contains(const QString &text) const;
  /// Roles and texts from the system prompt to the question of `index`. Each side goes on from its own answers; where it gave
  /// none, from the other's.
  Messages messagesUpTo(int index, bool tuned) const;
  /// As a row of data: the system prompt, one exchange (or all up to it), one side's answers. Empty without an answer.
  Messages row(int index, bool tuned, bool whole) const;

  QJsonObject toJson() const;
  /// Nothing for what is no conversation or was written by a newer version; else tolerant: what cannot be read is left out.
  static std::optional<Conversation> fromJson(const QByteArray &text);
  /// As Markdown for reading elsewhere.
  QString toMarkdown() const;

private:
  std::vector<Exchange> m_exchanges;
  int m_current = -1;
};

} // namespace attune::ui
