#include "ui/models/row_text.h"

#include "ui/models/template_text.h"
#include "ui/widgets/number_text.h"

#include <QCoreApplication>

#include <algorithm>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(RowText)
};

/// The codes of core/data, whose sentences a translation may have; English shows core's own, which name fields and values.
[[maybe_unused]] constexpr const char *kCodes[] = {
    QT_TRANSLATE_NOOP("RowProblem", "bad_csv"),
    QT_TRANSLATE_NOOP("RowProblem", "duplicate"),
    QT_TRANSLATE_NOOP("RowProblem", "empty_answer"),
    QT_TRANSLATE_NOOP("RowProblem", "empty_question"),
    QT_TRANSLATE_NOOP("RowProblem", "empty_row"),
    QT_TRANSLATE_NOOP("RowProblem", "id_out_of_range"),
    QT_TRANSLATE_NOOP("RowProblem", "invalid_utf8"),
    QT_TRANSLATE_NOOP("RowProblem", "labels_length_mismatch"),
    QT_TRANSLATE_NOOP("RowProblem", "missing_field"),
    QT_TRANSLATE_NOOP("RowProblem", "mixed_formats"),
    QT_TRANSLATE_NOOP("RowProblem", "no_answer"),
    QT_TRANSLATE_NOOP("RowProblem", "not_json"),
    QT_TRANSLATE_NOOP("RowProblem", "roles_out_of_order"),
    QT_TRANSLATE_NOOP("RowProblem", "row_too_large"),
    QT_TRANSLATE_NOOP("RowProblem", "template_failed"),
    QT_TRANSLATE_NOOP("RowProblem", "too_long"),
    QT_TRANSLATE_NOOP("RowProblem", "tool_calls_not_trained"),
    QT_TRANSLATE_NOOP("RowProblem", "tool_calls_trained"),
    QT_TRANSLATE_NOOP("RowProblem", "unknown_format"),
    QT_TRANSLATE_NOOP("RowProblem", "unknown_role"),
    QT_TRANSLATE_NOOP("RowProblem", "wrong_columns"),
    QT_TRANSLATE_NOOP("RowProblem", "wrong_type"),
};

} // namespace

QString roleText(const std::string &role) {
  if (role == "system" || role == "developer") return Words::tr("System");
  if (role == "user") return Words::tr("User");
  if (role == "assistant") return Words::tr("Assistant");
  if (role == "tool") return Words::tr("Tool");
  return role.empty() ? Words::tr("Text") : QString::fromStdString(role);
}

QString formatText(api::DatasetFormat format) {
  switch (format) {
  case api::DatasetFormat::Auto: return Words::tr("As it is");
  case api::DatasetFormat::Alpaca: return QStringLiteral("Alpaca");
  case api::DatasetFormat::Sharegpt: return QStringLiteral("ShareGPT");
  case api::DatasetFormat::Messages: return Words::tr("Messages");
  case api::DatasetFormat::Text: return Words::tr("Text");
  case api::DatasetFormat::Tokens: return Words::tr("Token ids");
  }
  return {};
}

QString problemText(const api::RowProblem &problem) {
  const QString text = QCoreApplication::translate("RowProblem", problem.code.c_str());
  if (text != QString::fromStdString(problem.code)) return text;
  const QString message = QString::fromStdString(problem.message);
  return problem.fix.empty() ? message : message + QLatin1Char(' ') + QString::fromStdString(problem.fix);
}

QString trainedText(const api::RowTokens &row) {
  const auto trained = std::count_if(row.tokens.begin(), row.tokens.end(), [](const auto &token) { return token.trained; });
  const auto kept = static_cast<int64_t>(row.tokens.size());
  QStringList parts = {Words::tr("Coloured tokens are trained: %1 of %2").arg(countText(trained), countText(kept))};
  if (row.fullLength > kept) parts.append(Words::tr("cut from %1").arg(countText(row.fullLength)));
  if (row.templateUsed != "none") parts.append(Words::tr("Template: %1").arg(templateText(row.templateUsed)));
  return parts.join(QStringLiteral(" · "));
}

} // namespace attune::ui
