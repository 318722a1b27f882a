#include "ui/widgets/number_text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include <cmath>

namespace attune::ui {

namespace {

/// Texts of this file, for the translator.
struct Words {
  Q_DECLARE_TR_FUNCTIONS(Numbers)
};

const QString kUnknown = QStringLiteral("–");

} // namespace

QString bytesText(qint64 bytes) {
  if (bytes < 0) return kUnknown;
  const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return Words::tr("%n byte(s)", "", static_cast<int>(bytes));
  double value = static_cast<double>(bytes) / 1024.0;
  int unit = 0;
  while (value >= 1024.0 && unit < 4) {
    value /= 1024.0;
    ++unit;
  }
  return QLocale().toString(value, 'f', value < 99.95 && unit > 0 ? 1 : 0) + QChar(0x00A0) + QLatin1String(units[unit]);
}

QString durationText(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return kUnknown;
  const auto whole = static_cast<qint64>(seconds + 0.5);
  if (whole < 60) return Words::tr("%1 s").arg(whole);
  const qint64 minutes = (whole + 30) / 60;
  if (minutes < 60) return Words::tr("%1 min").arg(minutes);
  const qint64 hours = minutes / 60;
  if (hours < 48) return minutes % 60 == 0 ? Words::tr("%1 h").arg(hours) : Words::tr("%1 h %2 min").arg(hours).arg(minutes % 60);
  return Words::tr("%n day(s)", "", static_cast<int>((hours + 12) / 24));
}

QString countText(qint64 count) { return QLocale().toString(count); }

QString numberText(double value) {
  if (!std::isfinite(value)) return kUnknown;
  const double size = std::fabs(value);
  if (size != 0 && (size < 1e-3 || size >= 1e7)) return rateText(value);
  const int decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4;
  return QLocale().toString(value, 'f', decimals);
}

QString percentText(double share) {
  const double percent = 100 * share;
  return Words::tr("%1 %").arg(QLocale().toString(percent, 'f', percent > 99.95 || percent < 0.05 ? 0 : 1));
}

QString rateText(double value) {
  if (!std::isfinite(value)) return kUnknown;
  if (value == 0) return QStringLiteral("0");
  // C locale on purpose: this is how the field is typed, too.
  QString text = QString::number(value, 'e', 2);
  const qsizetype e = text.indexOf(QLatin1Char('e'));
  QString mantissa = text.left(e);
  while (mantissa.endsWith(QLatin1Char('0'))) mantissa.chop(1);
  if (mantissa.endsWith(QLatin1Char('.'))) mantissa.chop(1);
  return mantissa + QLatin1Char('e') + QString::number(text.mid(e + 1).toInt());
}

QString timeText(double seconds) {
  if (!(seconds > 0)) return kUnknown;
  const QDateTime when = QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(seconds * 1000));
  if (when.date() == QDate::currentDate()) return QLocale().toString(when.time(), QLocale::ShortFormat);
  return QLocale().toString(when, Words::tr("d MMM HH:mm", "date and time of a run"));
}

} // namespace attune::ui
