#include "ui/pages/row_editor.h"

#include "ui/models/error_text.h"
#include "ui/models/json_text.h"
#include "ui/models/row_text.h"
#include "ui/pages/turn_card.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/segmented_switch.h"
#include "ui/widgets/text_box.h"
#include "ui/widgets/token_view.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr size_t kCardsAtOnce = 60;

QStringList viewKeys() { return {QStringLiteral("turns"), QStringLiteral("tokens"), QStringLiteral("json")}; }

} // namespace

RowEditor::RowEditor(DatasetSession &session, QWidget *parent) : QFrame(parent), m_session(session) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(16, 10, 8, 10);
  layout->setSpacing(8);
  auto *head = new QHBoxLayout;
  head->setContentsMargins(0, 0, 8, 0);
  m_title = makeLabel(TextRole::Strong, this);
  m_views = new SegmentedSwitch(this);
  head->addWidget(m_title);
  head->addStretch(1);
  head->addWidget(m_views);
  layout->addLayout(head);
  m_problem = makeLabel(TextRole::Problem, this);
  m_problem->setWordWrap(true);
  layout->addWidget(m_problem);
  m_stack = new QStackedWidget(this);
  layout->addWidget(m_stack, 1);

  m_scroll = makeScrollColumn(m_stack);
  auto *cards = new QWidget(m_scroll);
  m_list = new QVBoxLayout(cards);
  m_list->setContentsMargins(0, 0, 8, 0);
  m_list->setSpacing(8);
  m_more = makeButton(ButtonKind::Small, cards);
  m_list->addWidget(m_more, 0, Qt::AlignLeft);
  m_list->addStretch(1);
  m_scroll->setWidget(cards);
  m_stack->addWidget(m_scroll);

  auto *tokens = new QWidget(m_stack);
  auto *tokensLayout = new QVBoxLayout(tokens);
  tokensLayout->setContentsMargins(0, 0, 0, 0);
  QScrollArea *tokenScroll = makeScrollColumn(tokens);
  m_tokenView = new TokenView(tokenScroll);
  tokenScroll->setWidget(m_tokenView);
  m_trained = makeLabel(TextRole::Caption, tokens);
  m_trained->setWordWrap(true);
  tokensLayout->addWidget(tokenScroll, 1);
  tokensLayout->addWidget(m_trained);
  m_stack->addWidget(tokens);

  auto *json = new QWidget(m_stack);
  auto *jsonLayout = new QVBoxLayout(json);
  jsonLayout->setContentsMargins(0, 0, 8, 0);
  m_json = new TextBox(json);
  m_json->setTabChangesFocus(true);
  m_json->setProperty("kind", QStringLiteral("mono"));
  m_jsonProblem = makeLabel(TextRole::Problem, json);
  m_jsonProblem->setWordWrap(true);
  jsonLayout->addWidget(m_json, 1);
  jsonLayout->addWidget(m_jsonProblem);
  m_stack->addWidget(json);

  layout->addStretch(); // without a row
  auto *foot = new QHBoxLayout;
  foot->setContentsMargins(0, 0, 8, 0);
  m_addTurn = makeButton(ButtonKind::Small, QStringLiteral("add"), this);
  m_delete = makeButton(ButtonKind::SmallDanger, this);
  m_next = makeButton(ButtonKind::Small, this);
  foot->addWidget(m_addTurn);
  foot->addWidget(m_delete);
  foot->addStretch(1);
  foot->addWidget(m_next);
  layout->addLayout(foot);

  m_tokenPause.setSingleShot(true);
  m_tokenPause.setInterval(200);
  connect(&m_tokenPause, &QTimer::timeout, this, &RowEditor::loadTokens);
  m_jsonPause.setSingleShot(true);
  m_jsonPause.setInterval(250);
  connect(&m_jsonPause, &QTimer::timeout, this, &RowEditor::onJsonTyped);
  connect(m_json, &TextBox::textChanged, this, [this] { m_jsonPause.start(); });
  connect(m_views, &SegmentedSwitch::changed, this, &RowEditor::showView);
  connect(m_more, &QPushButton::clicked, this, [this] {
    m_limit += kCardsAtOnce;
    showCards();
  });
  connect(m_addTurn, &QPushButton::clicked, this, [this] {
    if (!m_shown) return;
    int64_t turns = 0;
    for (const api::RowField &field : m_shown->fields) turns = std::max(turns, field.turn + 1);
    const bool answer = !m_shown->fields.empty() && m_shown->fields.back().role == "user";
    m_session.edit([row = *m_row, turns, answer](api::DatasetDocument &document) {
      return document.addTurn(row, turns, answer ? "assistant" : "user");
    });
  });
  connect(m_delete, &QPushButton::clicked, this, &RowEditor::deleteWanted);
  connect(m_next, &QPushButton::clicked, this, &RowEditor::nextProblemWanted);
  connect(&m_session, &DatasetSession::changed, this, [this](const api::DocumentChange &change) {
    const bool mine = m_row && (change.count > static_cast<int64_t>(change.rows.size()) ||
                                std::find(change.rows.begin(), change.rows.end(), *m_row) != change.rows.end());
    if (mine) load();
    showTexts();
  });
  connect(&m_session, &DatasetSession::surveyed, this, [this] {
    if (m_row && m_session.isOpen()) load();
  });
  connect(&m_session, &DatasetSession::textsWanted, this, &RowEditor::sendTexts);
  connect(&m_session, &DatasetSession::closed, this, [this] {
    setRow(std::nullopt);
    m_jsonRow.reset();
    m_drafts.clear();
  });
  onLanguage(this, [this] {
    m_views->setChoices(viewKeys(), {tr("Turns"), tr("Tokens"), QStringLiteral("JSON")});
    m_views->setAccessibleName(tr("How the row is shown"));
    m_addTurn->setText(tr("Turn"));
    m_addTurn->setToolTip(tr("Adds a turn at the end."));
    m_addTurn->setAccessibleName(tr("Add a turn"));
    m_delete->setText(tr("Delete row"));
    m_next->setText(tr("Next problem F8"));
    m_json->setAccessibleName(tr("The row as JSON"));
    showTexts();
    if (m_shown) show(*m_shown);
  });
  onTheme(this, [this] { m_tokenView->update(); });
}

void RowEditor::setRow(std::optional<api::RowId> row) {
  if (row == m_row) return;
  sendTexts();
  m_session.keepTyped();
  m_row = row;
  m_limit = kCardsAtOnce;
  m_shown.reset();
  m_tokens.reset();
  m_reading.cancel();
  m_tokenising.cancel();
  if (row) load();
  showTexts();
}

void RowEditor::sendTexts() {
  for (TurnCard *card : m_cards) card->flush();
  if (m_jsonPause.isActive()) onJsonTyped();
}

void RowEditor::load() {
  m_reading = m_session.read(this, *m_row, [this](const Result<api::DatasetRow> &row) {
    if (!row.ok()) {
      m_shown.reset();
      showCards();
      m_problem->setText(errorText(row.error()));
      return m_problem->show();
    }
    m_shown = *row;
    for (api::RowField &field : m_shown->fields) // what is typed is ahead of what was read
      if (const std::string *typed = m_session.typed(m_shown->id, field.path)) field.text = *typed;
    show(*m_shown);
  });
  if (m_views->current() == QLatin1String("tokens")) m_tokenPause.start();
}

void RowEditor::show(const api::DatasetRow &row) {
  QStringList general;
  for (const api::RowProblem &problem : row.problems) {
    const bool placed = std::any_of(row.fields.begin(), row.fields.end(), [&](const auto &field) { return field.path == problem.field; });
    if (!placed) general.append(problemText(problem));
  }
  m_problem->setText(general.mid(0, 5).join(QLatin1Char('\n')));
  m_problem->setVisible(!general.isEmpty());
  showCards();
  if (m_views->current() == QLatin1String("json") && (!m_json->hasFocus() || m_jsonRow != row.id)) showJson(row);
  showTexts();
  if (m_focusPath) focusField(*std::exchange(m_focusPath, std::nullopt));
}

void RowEditor::showJson(const api::DatasetRow &row) {
  const QSignalBlocker quiet(m_json);
  m_jsonRow = row.id;
  const bool draft = m_drafts.contains(row.id), layOut = row.parsed && row.json.size() <= size_t(TextBox::kMost);
  const QString text = draft ? m_drafts.value(row.id) : QString::fromStdString(row.json);
  m_json->setText(layOut && !draft ? indentedJson(text) : text);
  const bool refused = draft && !m_session.typed(row.id, {}); // else it waits to be kept
  m_jsonProblem->setText(
      refused ? tr("This is no JSON yet; the row stays as it was.")
      : m_json->hidden() > 0
          ? tr("Only the beginning is shown, so it cannot be edited here: %1 more characters follow.").arg(countText(m_json->hidden()))
          : QString());
  m_jsonProblem->setVisible(!m_jsonProblem->text().isEmpty());
}

TurnCard *RowEditor::makeCard() {
  auto *card = new TurnCard(m_scroll->widget());
  const auto change = [this, card](auto act) {
    m_session.edit(
        [row = card->row(), turn = card->field().turn, act](api::DatasetDocument &document) { return act(document, row, turn); });
  };
  connect(card, &TurnCard::typed, this,
          [this, card](const QString &text, bool joined) { m_session.type(card->row(), card->field().path, text.toStdString(), joined); });
  connect(card, &TurnCard::roleChosen, this, [change](const QString &role) {
    change([role = role.toStdString()](auto &document, api::RowId row, int64_t turn) { return document.setRole(row, turn, role); });
  });
  connect(card, &TurnCard::turnWanted, this, [change, card](int offset) {
    const bool answer = (card->field().role == "user") == (offset == 1);
    change([offset, answer](auto &document, api::RowId row, int64_t turn) {
      return document.addTurn(row, turn + offset, answer ? "assistant" : "user");
    });
  });
  connect(card, &TurnCard::moveWanted, this, [change](int offset) {
    change([offset](auto &document, api::RowId row, int64_t turn) { return document.moveTurn(row, turn, turn + offset); });
  });
  connect(card, &TurnCard::removeWanted, this,
          [change] { change([](auto &document, api::RowId row, int64_t turn) { return document.removeTurn(row, turn); }); });
  return card;
}

/// One card a field; cards are kept from row to row, because making them is what takes time.
void RowEditor::showCards() {
  const size_t fields = m_shown ? m_shown->fields.size() : 0;
  const size_t shown = std::min(fields, m_limit);
  while (m_cards.size() < shown) {
    m_cards.push_back(makeCard());
    m_list->insertWidget(static_cast<int>(m_cards.size()) - 1, m_cards.back());
  }
  while (m_cards.size() > shown) {
    m_cards.back()->deleteLater();
    m_cards.back()->hide();
    m_list->removeWidget(m_cards.back());
    m_cards.pop_back();
  }
  for (size_t i = 0; i < shown; ++i) {
    m_cards[i]->setField(m_shown->id, m_shown->fields[i]);
    m_cards[i]->setProblems(m_shown->problems);
    m_cards[i]->show();
  }
  m_more->setVisible(fields > shown);
  if (fields > shown) m_more->setText(tr("Show %n more turn(s)", "", static_cast<int>(fields - shown)));
}

void RowEditor::showView(const QString &key) {
  m_views->setCurrent(key);
  m_stack->setCurrentIndex(static_cast<int>(viewKeys().indexOf(key)));
  if (key == QLatin1String("tokens")) loadTokens();
  if (key == QLatin1String("json") && m_shown && !m_json->hasFocus()) show(*m_shown);
}

void RowEditor::focusField(const std::string &path) {
  if (!m_shown) {
    m_focusPath = path;
    return;
  }
  std::string wanted = path;
  if (wanted.empty() && !m_shown->problems.empty()) wanted = m_shown->problems.front().field;
  showView(m_shown->fields.empty() ? QStringLiteral("json") : QStringLiteral("turns"));
  if (m_shown->fields.empty()) return m_json->setFocus();
  for (TurnCard *card : m_cards)
    if (card->field().path == wanted) {
      card->editor()->setFocus();
      return m_scroll->ensureWidgetVisible(card);
    }
}

void RowEditor::loadTokens() {
  if (!m_row || !m_session.isOpen()) return;
  if (m_session.lens().model.empty()) {
    m_tokenView->setTokens({});
    m_trained->setText(tr("Choose a model below the table to see its tokens."));
    return;
  }
  m_tokenising = m_session.readTokens(this, *m_row, [this](const Result<api::RowTokens> &tokens) {
    m_tokenView->setTokens(tokens.ok() ? tokens->tokens : std::vector<api::PreviewToken>());
    if (!tokens.ok()) return m_trained->setText(errorText(tokens.error()));
    m_trained->setText(trainedText(*tokens));
  });
}

void RowEditor::onJsonTyped() {
  m_jsonPause.stop();
  if (!m_jsonRow) return;
  m_jsonProblem->hide();
  const QString text = m_json->toPlainText();
  m_drafts.insert(*m_jsonRow, text); // until it is a row
  m_session.type(*m_jsonRow, {}, text.toStdString(), false, [this, row = *m_jsonRow, text](const std::optional<Error> &error) {
    if (!error && m_drafts.value(row) == text) m_drafts.remove(row);
    if (!error || m_jsonRow != row) return;
    m_jsonProblem->setText(errorText(*error));
    m_jsonProblem->show();
  });
}

void RowEditor::showTexts() {
  const bool some = m_row.has_value() && m_session.isOpen();
  m_title->setText(some ? tr("Row %1").arg(countText(m_session.number(*m_row))) : tr("Choose a row"));
  m_stack->setVisible(some);
  for (QPushButton *button : {m_addTurn, m_delete, m_next}) button->setVisible(some);
  m_views->setVisible(some);
  if (!some) m_problem->hide();
  const bool turns = m_shown && !m_shown->fields.empty() && m_shown->format != api::DatasetFormat::Text;
  m_addTurn->setEnabled(turns);
}

} // namespace attune::ui
