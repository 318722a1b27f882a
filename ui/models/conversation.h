// A talk with the base model, the tuned one, or both: a tree of exchanges, so that an edited question keeps the branch it
// replaces. Plain values with JSON both ways; GUI thread.
#pragma once

#include <QJsonObject>
#include <QString>

#include <optional>
#include <vector>

namespace attune::ui {

struct ChatReply {
  QString text;
  qint64 tokens = 0;
  double tokensPerSecond = 0;
  bool cut = false; // by length or by the user
};

struct Exchange {
  QString question;
  std::optional<ChatReply> base;
  std::optional<ChatReply> tuned;
  int parent = -1;
};

class Conversation {
public:
  QString title; // empty = the first question
  QString system;

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
  /// The exchanges that stand where `index` stands, itself included, oldest first.
  std::vector<int> siblings(int index) const;
  /// Shows another branch: `index` and the newest exchanges below it.
  void choose(int index);
  QString shownTitle() const;

  QJsonObject toJson() const;
  /// Tolerant: what cannot be read is left out.
  static Conversation fromJson(const QJsonObject &json);
  /// As Markdown for reading elsewhere.
  QString toMarkdown() const;

private:
  std::vector<Exchange> m_exchanges;
  int m_current = -1;
};

} // namespace attune::ui
