#include "ui/models/json_text.h"

namespace attune::ui {

QString indentedJson(const QString &json) {
  QString out;
  out.reserve(json.size() + json.size() / 4);
  int depth = 0;
  bool quoted = false;
  const auto newLine = [&] { out += QLatin1Char('\n') + QString(2 * std::min(depth, 40), QLatin1Char(' ')); };
  for (qsizetype i = 0; i < json.size(); ++i) {
    const QChar c = json[i];
    if (quoted) {
      out += c;
      if (c == QLatin1Char('\\') && i + 1 < json.size()) out += json[++i];
      quoted = c != QLatin1Char('"');
      continue;
    }
    if (c.isSpace()) continue;
    if (c == QLatin1Char('}') || c == QLatin1Char(']')) {
      --depth;
      const QChar before = out.isEmpty() ? QChar() : out.back();
      if (before != QLatin1Char('{') && before != QLatin1Char('[')) newLine();
    } else if (!out.isEmpty() && (out.back() == QLatin1Char('{') || out.back() == QLatin1Char('['))) {
      newLine();
    }
    out += c;
    if (c == QLatin1Char('{') || c == QLatin1Char('[')) ++depth;
    if (c == QLatin1Char(',')) newLine();
    if (c == QLatin1Char(':')) out += QLatin1Char(' ');
    quoted = c == QLatin1Char('"');
  }
  return out;
}

} // namespace attune::ui
