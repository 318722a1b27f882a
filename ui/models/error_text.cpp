#include "ui/models/error_text.h"

#include <QCoreApplication>

namespace attune::ui {

namespace {

/// One sentence a code in the language of the program, found by the name of the code; English has none.
[[maybe_unused]] constexpr const char *kCodes[] = {
    QT_TRANSLATE_NOOP("CoreError", "file_not_found"),
    QT_TRANSLATE_NOOP("CoreError", "io_failed"),
    QT_TRANSLATE_NOOP("CoreError", "device_failed"),
    QT_TRANSLATE_NOOP("CoreError", "internal"),
    QT_TRANSLATE_NOOP("CoreError", "usage"),
    QT_TRANSLATE_NOOP("CoreError", "invalid_config"),
    QT_TRANSLATE_NOOP("CoreError", "unknown_key"),
    QT_TRANSLATE_NOOP("CoreError", "not_supported_yet"),
    QT_TRANSLATE_NOOP("CoreError", "malformed_file"),
    QT_TRANSLATE_NOOP("CoreError", "unsupported_model"),
    QT_TRANSLATE_NOOP("CoreError", "unsupported_format"),
    QT_TRANSLATE_NOOP("CoreError", "missing_in_folder"),
    QT_TRANSLATE_NOOP("CoreError", "adapter_mismatch"),
    QT_TRANSLATE_NOOP("CoreError", "invalid_data"),
    QT_TRANSLATE_NOOP("CoreError", "nothing_to_train"),
    QT_TRANSLATE_NOOP("CoreError", "template_failed"),
    QT_TRANSLATE_NOOP("CoreError", "newer_schema"),
    QT_TRANSLATE_NOOP("CoreError", "does_not_fit"),
    QT_TRANSLATE_NOOP("CoreError", "out_of_memory"),
    QT_TRANSLATE_NOOP("CoreError", "not_finite"),
    QT_TRANSLATE_NOOP("CoreError", "interrupted"),
};

QString wordsOf(const Error &error) {
  const QString words = QString::fromStdString(error.text());
  return error.hint.empty() ? words : words + QLatin1Char(' ') + QString::fromStdString(error.hint);
}

QString under(const char *code, const QString &words) {
  const QString sentence = QCoreApplication::translate("CoreError", code);
  return sentence == QLatin1String(code) ? words : sentence + QLatin1Char('\n') + words;
}

} // namespace

QString errorText(const Error &error) { return under(errorCodeName(error.code), wordsOf(error)); }

QString errorText(const std::string &code, const std::string &words) { return under(code.c_str(), QString::fromStdString(words)); }

QString searchErrorText(const Error &error) {
  if (error.code != ErrorCode::InvalidData) return errorText(error);
  return under(QT_TRANSLATE_NOOP("CoreError", "bad_search"), wordsOf(error));
}

QString fileProblemText(const std::string &problem) {
  return under(QT_TRANSLATE_NOOP("CoreError", "file_problem"), QString::fromStdString(problem));
}

} // namespace attune::ui
