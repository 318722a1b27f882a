// The chosen row: its turns as bubbles, the tokens the model sees, the JSON behind both, and what is wrong. GUI thread.
// Shows a row as it stands after every change; what is typed goes to the session at once.
#pragma once

#include "ui/models/dataset_session.h"

#include <QFrame>

class QLabel;
class QPushButton;
class QScrollArea;
class QStackedWidget;
class QVBoxLayout;

namespace attune::ui {

class SegmentedSwitch;
class TextBox;
class TokenView;
class TurnCard;

class RowEditor : public QFrame {
  Q_OBJECT

public:
  explicit RowEditor(DatasetSession &session, QWidget *parent = nullptr);
  void setRow(std::optional<api::RowId> row);
  std::optional<api::RowId> row() const { return m_row; }
  /// The bubbles shown now, in order.
  const std::vector<TurnCard *> &cards() const { return m_cards; }
  QPushButton *deleteButton() const { return m_delete; }
  void showView(const QString &key); // "turns", "tokens", "json"
  /// Puts the caret into the text at `path`, or into the first text with a problem.
  void focusField(const std::string &path);

Q_SIGNALS:
  void deleteWanted();
  void nextProblemWanted();

private:
  void sendTexts();
  void load();
  void show(const api::DatasetRow &row);
  void showJson(const api::DatasetRow &row);
  void showCards();
  void loadTokens();
  void onJsonTyped();
  void showTexts();
  TurnCard *makeCard();

  DatasetSession &m_session;
  std::optional<api::RowId> m_row;
  std::optional<api::DatasetRow> m_shown;
  std::optional<api::RowTokens> m_tokens;
  Task m_reading, m_tokenising;
  QTimer m_tokenPause;
  QTimer m_jsonPause;
  std::optional<std::string> m_focusPath; // to go to once the row is here
  size_t m_limit = 0;                     // of bubbles
  std::optional<api::RowId> m_jsonRow;    // whose text the JSON view holds
  QHash<api::RowId, QString> m_drafts;    // JSON as typed that does not parse yet
  std::vector<TurnCard *> m_cards;
  QLabel *m_title, *m_problem, *m_jsonProblem, *m_trained;
  SegmentedSwitch *m_views;
  QStackedWidget *m_stack;
  QScrollArea *m_scroll;
  QVBoxLayout *m_list;
  QPushButton *m_more, *m_addTurn, *m_delete, *m_next;
  TextBox *m_json;
  TokenView *m_tokenView;
};

} // namespace attune::ui
