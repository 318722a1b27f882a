#include "ui/widgets/visible_text.h"

#include <QTextDocument>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr int kMostMarks = 30; // on one letter; laying out more of them takes quadratic time

} // namespace

QString withVisibleControls(const QString &text) {
  const auto hidden = [](QChar c) {
    const char16_t code = c.unicode();
    return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  };
  const auto broken = [](QChar c) { return (c.unicode() < 0x20 && c != u'\n' && c != u'\t' && c != u'\r') || c.unicode() == 0x7F; };
  int marks = 0; // in a row
  const auto piled = [&marks](QChar c) { return (marks = c.isMark() ? marks + 1 : 0) > kMostMarks; };
  if (std::none_of(text.begin(), text.end(), [&](QChar c) { return hidden(c) || broken(c) || piled(c); })) return text;
  QString shown;
  marks = 0;
  for (const QChar c : text) {
    if (piled(c)) continue;
    if (hidden(c))
      shown += QStringLiteral("⟨U+%1⟩").arg(QString::number(c.unicode(), 16).toUpper());
    else
      shown += broken(c) ? QChar(QChar::ReplacementCharacter) : c;
  }
  return shown;
}

QString onOneLine(const QString &text) {
  QString line = text;
  line.replace(QLatin1Char('\n'), QLatin1String("\\n")).replace(QLatin1Char('\r'), QLatin1String("\\r"));
  line.replace(QChar::LineSeparator, QLatin1String("\\n")).replace(QChar::ParagraphSeparator, QLatin1String("\\n"));
  return withVisibleControls(line);
}

QString toolTipText(const QString &text) { return Qt::mightBeRichText(text) ? text.toHtmlEscaped().prepend(QLatin1String("<qt>")) : text; }

} // namespace attune::ui
