#include "ui/models/error_text.h"

#include "ui/widgets/visible_text.h"

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
    // What a cluster's errors are called (Error::fault); they say more than their code.
    QT_TRANSLATE_NOOP("CoreError", "NET-DNS"),
    QT_TRANSLATE_NOOP("CoreError", "NET-REFUSED"),
    QT_TRANSLATE_NOOP("CoreError", "NET-TIMEOUT"),
    QT_TRANSLATE_NOOP("CoreError", "NET-LOST"),
    QT_TRANSLATE_NOOP("CoreError", "SSH-ALGO"),
    QT_TRANSLATE_NOOP("CoreError", "KEY-UNKNOWN"),
    QT_TRANSLATE_NOOP("CoreError", "KEY-CHANGED"),
    QT_TRANSLATE_NOOP("CoreError", "KEY-OTHER"),
    QT_TRANSLATE_NOOP("CoreError", "KEY-REVOKED"),
    QT_TRANSLATE_NOOP("CoreError", "AUTH-DENIED"),
    QT_TRANSLATE_NOOP("CoreError", "AUTH-LOCKED"),
    QT_TRANSLATE_NOOP("CoreError", "AUTH-NEEDS-CODE"),
    QT_TRANSLATE_NOOP("CoreError", "CHANNEL-REFUSED"),
    QT_TRANSLATE_NOOP("CoreError", "CMD-MISSING"),
    QT_TRANSLATE_NOOP("CoreError", "CMD-BROKEN"),
    QT_TRANSLATE_NOOP("CoreError", "CMD-TIMEOUT"),
    QT_TRANSLATE_NOOP("CoreError", "SLURM-DOWN"),
    QT_TRANSLATE_NOOP("CoreError", "SLURM-BUSY"),
    QT_TRANSLATE_NOOP("CoreError", "SLURM-AUTH"),
    QT_TRANSLATE_NOOP("CoreError", "SLURM-REFUSED"),
    QT_TRANSLATE_NOOP("CoreError", "SLURM-UNCLEAR"),
    QT_TRANSLATE_NOOP("CoreError", "REQ-PARTITION"),
    QT_TRANSLATE_NOOP("CoreError", "REQ-GRES"),
    QT_TRANSLATE_NOOP("CoreError", "REQ-TIME"),
    QT_TRANSLATE_NOOP("CoreError", "REQ-ACCOUNT"),
    QT_TRANSLATE_NOOP("CoreError", "REQ-REFUSED"),
    QT_TRANSLATE_NOOP("CoreError", "RUN-ENV"),
    QT_TRANSLATE_NOOP("CoreError", "RUN-LAUNCH"),
    QT_TRANSLATE_NOOP("CoreError", "RUN-WORKER"),
    QT_TRANSLATE_NOOP("CoreError", "DISK-FULL"),
    QT_TRANSLATE_NOOP("CoreError", "LOCAL-FULL"),
    QT_TRANSLATE_NOOP("CoreError", "LOCAL-FILE"),
    QT_TRANSLATE_NOOP("CoreError", "FILE-MISSING"),
    QT_TRANSLATE_NOOP("CoreError", "FILE-DENIED"),
    QT_TRANSLATE_NOOP("CoreError", "FILE-FAILED"),
    QT_TRANSLATE_NOOP("CoreError", "FETCH-HASH"),
    QT_TRANSLATE_NOOP("CoreError", "FETCH-CHANGED"),
    QT_TRANSLATE_NOOP("CoreError", "FETCH-NOTHING"),
    QT_TRANSLATE_NOOP("CoreError", "JOB-GONE"),
    QT_TRANSLATE_NOOP("CoreError", "JOB-WAITING"),
    QT_TRANSLATE_NOOP("CoreError", "JOB-SILENT"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-NO-TORCH"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-OLD-TORCH"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-NO-COMPILER"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-OLD-COMPILER"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-NO-CMAKE"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-OLD-CMAKE"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-NO-MAKE"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-NO-DISK"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-NO-MEMORY"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-ENVIRONMENT"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-LOCKED"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-CONFIGURE"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-COMPILE"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-LINK"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-RUN"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-BUNDLE"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-USAGE"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-STOPPED"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-GONE"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-OTHER"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-STUCK"),
    QT_TRANSLATE_NOOP("CoreError", "BUILD-FAILED"),
};

/// What a file or a cluster named may stand in it.
QString shownWords(const std::string &words) { return withVisibleControls(QString::fromStdString(words)); }

QString wordsOf(const Error &error) {
  const QString words = shownWords(error.text());
  return error.hint.empty() ? words : words + QLatin1Char(' ') + shownWords(error.hint);
}

QString under(const char *code, const QString &words) {
  const QString sentence = QCoreApplication::translate("CoreError", code);
  return sentence == QLatin1String(code) ? words : sentence + QLatin1Char('\n') + words;
}

} // namespace

QString errorText(const Error &error) {
  if (error.fault.empty()) return under(errorCodeName(error.code), wordsOf(error));
  const QString words = wordsOf(error), told = under(error.fault.c_str(), words);
  return told == words ? under(errorCodeName(error.code), words) : told;
}

QString errorText(const std::string &code, const std::string &words) { return under(code.c_str(), shownWords(words)); }

QString searchErrorText(const Error &error) {
  if (error.code != ErrorCode::InvalidData) return errorText(error);
  return under(QT_TRANSLATE_NOOP("CoreError", "bad_search"), wordsOf(error));
}

QString fileProblemText(const std::string &problem) { return under(QT_TRANSLATE_NOOP("CoreError", "file_problem"), shownWords(problem)); }

} // namespace attune::ui
