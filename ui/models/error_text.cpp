#include "ui/models/error_text.h"

#include <QCoreApplication>

namespace attune::ui {

namespace {

/// The sentence for a code in the language of the program; in English the code's name, which has none.
const char *sentenceOf(ErrorCode code) {
  switch (code) {
  case ErrorCode::FileNotFound: return QT_TRANSLATE_NOOP("CoreError", "file_not_found");
  case ErrorCode::IoFailed: return QT_TRANSLATE_NOOP("CoreError", "io_failed");
  case ErrorCode::DeviceFailed: return QT_TRANSLATE_NOOP("CoreError", "device_failed");
  case ErrorCode::Internal: return QT_TRANSLATE_NOOP("CoreError", "internal");
  case ErrorCode::Usage: return QT_TRANSLATE_NOOP("CoreError", "usage");
  case ErrorCode::InvalidConfig: return QT_TRANSLATE_NOOP("CoreError", "invalid_config");
  case ErrorCode::UnknownKey: return QT_TRANSLATE_NOOP("CoreError", "unknown_key");
  case ErrorCode::NotSupportedYet: return QT_TRANSLATE_NOOP("CoreError", "not_supported_yet");
  case ErrorCode::MalformedFile: return QT_TRANSLATE_NOOP("CoreError", "malformed_file");
  case ErrorCode::UnsupportedModel: return QT_TRANSLATE_NOOP("CoreError", "unsupported_model");
  case ErrorCode::UnsupportedFormat: return QT_TRANSLATE_NOOP("CoreError", "unsupported_format");
  case ErrorCode::MissingInFolder: return QT_TRANSLATE_NOOP("CoreError", "missing_in_folder");
  case ErrorCode::AdapterMismatch: return QT_TRANSLATE_NOOP("CoreError", "adapter_mismatch");
  case ErrorCode::InvalidData: return QT_TRANSLATE_NOOP("CoreError", "invalid_data");
  case ErrorCode::NothingToTrain: return QT_TRANSLATE_NOOP("CoreError", "nothing_to_train");
  case ErrorCode::TemplateFailed: return QT_TRANSLATE_NOOP("CoreError", "template_failed");
  case ErrorCode::NewerSchema: return QT_TRANSLATE_NOOP("CoreError", "newer_schema");
  case ErrorCode::DoesNotFit: return QT_TRANSLATE_NOOP("CoreError", "does_not_fit");
  case ErrorCode::OutOfMemory: return QT_TRANSLATE_NOOP("CoreError", "out_of_memory");
  case ErrorCode::NotFinite: return QT_TRANSLATE_NOOP("CoreError", "not_finite");
  case ErrorCode::Interrupted: return QT_TRANSLATE_NOOP("CoreError", "interrupted");
  }
  return "";
}

QString wordsOf(const Error &error) {
  const QString words = QString::fromStdString(error.text());
  return error.hint.empty() ? words : words + QLatin1Char(' ') + QString::fromStdString(error.hint);
}

QString under(const char *code, const QString &words) {
  const QString sentence = QCoreApplication::translate("CoreError", code);
  return sentence == QLatin1String(code) ? words : sentence + QLatin1Char('\n') + words;
}

} // namespace

QString errorText(const Error &error) { return under(sentenceOf(error.code), wordsOf(error)); }

QString searchErrorText(const Error &error) {
  if (error.code != ErrorCode::InvalidData) return errorText(error);
  return under(QT_TRANSLATE_NOOP("CoreError", "bad_search"), wordsOf(error));
}

QString fileProblemText(const std::string &problem) {
  return under(QT_TRANSLATE_NOOP("CoreError", "file_problem"), QString::fromStdString(problem));
}

} // namespace attune::ui
