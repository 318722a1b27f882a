#include "ui/widgets/theme.h"

#include <QApplication>
#include <QFile>
#include <QFont>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPalette>
#include <QRegularExpression>
#include <QStyleFactory>

#include <utility>

namespace attune::ui {

namespace {

constexpr const char *kToneNames[] = {"window", "surface",  "raised", "line",    "text",    "muted",
                                      "accent", "onAccent", "tint",   "success", "warning", "danger"};

QByteArray resource(const QString &path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) qFatal("The resource %s is missing.", qPrintable(path));
  return file.readAll();
}

Theme &currentTheme() {
  static Theme current;
  return current;
}

bool &motion() {
  static bool allowed = true;
  return allowed;
}

QPalette paletteOf(const Theme &theme) {
  QPalette palette;
  const auto set = [&](QPalette::ColorRole role, Tone tone) { palette.setColor(role, theme.color(tone)); };
  set(QPalette::Window, Tone::Window);
  set(QPalette::WindowText, Tone::Text);
  set(QPalette::Base, Tone::Surface);
  set(QPalette::AlternateBase, Tone::Raised);
  set(QPalette::Text, Tone::Text);
  set(QPalette::PlaceholderText, Tone::Muted);
  set(QPalette::Button, Tone::Surface);
  set(QPalette::ButtonText, Tone::Text);
  set(QPalette::BrightText, Tone::Danger);
  set(QPalette::Highlight, Tone::Accent);
  set(QPalette::HighlightedText, Tone::OnAccent);
  set(QPalette::ToolTipBase, Tone::Raised);
  set(QPalette::ToolTipText, Tone::Text);
  set(QPalette::Link, Tone::Accent);
  set(QPalette::LinkVisited, Tone::Accent);
  set(QPalette::Mid, Tone::Line);
  set(QPalette::Dark, Tone::Line);
  const QColor faint = mixed(theme.color(Tone::Window), theme.color(Tone::Muted), 0.6);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) palette.setColor(QPalette::Disabled, role, faint);
  return palette;
}

} // namespace

QColor mixed(const QColor &under, const QColor &over, double share) {
  const auto part = [share](int a, int b) { return static_cast<int>(a + (b - a) * share + 0.5); };
  return {part(under.red(), over.red()), part(under.green(), over.green()), part(under.blue(), over.blue())};
}

Theme Theme::load(bool dark) {
  const QJsonObject root = QJsonDocument::fromJson(resource(QStringLiteral(":/themes/theme.json"))).object();
  const QJsonObject tones = root.value(dark ? QLatin1String("dark") : QLatin1String("light")).toObject();
  Theme theme;
  theme.m_dark = dark;
  for (int i = 0; i < 12; ++i) theme.m_colors[i] = QColor(tones.value(QLatin1String(kToneNames[i])).toString());
  const QJsonArray series = root.value(QLatin1String("series")).toArray();
  for (int i = 0; i < 8; ++i) theme.m_series[i] = QColor(series.at(i).toString());
  return theme;
}

QColor Theme::series(int index) const { return m_series[index % 8]; }

QString Theme::styleSheet() const {
  QString sheet = QString::fromUtf8(resource(QStringLiteral(":/themes/style.qss")));
  const auto replace = [&sheet](const QString &name, const QString &value) {
    sheet.replace(QRegularExpression(QStringLiteral("@%1\\b").arg(name)), value);
  };
  replace(QStringLiteral("accentHover"), mixed(color(Tone::Accent), color(Tone::Text), 0.15).name());
  replace(QStringLiteral("faint"), mixed(color(Tone::Window), color(Tone::Muted), 0.6).name());
  const QString name = m_dark ? QStringLiteral("dark") : QStringLiteral("light");
  replace(QStringLiteral("chevronUp"), QStringLiteral(":/themes/chevron-up-%1.svg").arg(name));
  replace(QStringLiteral("chevron"), QStringLiteral(":/themes/chevron-%1.svg").arg(name));
  replace(QStringLiteral("check"), QStringLiteral(":/themes/check-%1.svg").arg(name));
  for (int i = 0; i < 12; ++i) replace(QLatin1String(kToneNames[i]), m_colors[i].name());
  return sheet;
}

bool motionAllowed() { return motion(); }

void setMotionAllowed(bool allowed) {
  motion() = allowed;
  for (const Qt::UIEffect effect : {Qt::UI_AnimateMenu, Qt::UI_FadeMenu, Qt::UI_AnimateCombo, Qt::UI_AnimateTooltip, Qt::UI_FadeTooltip})
    QApplication::setEffectEnabled(effect, allowed);
}

const Theme &theme() { return currentTheme(); }

void applyTheme(QApplication &application, const Theme &theme) {
  currentTheme() = theme;
  static bool styled = false; // once: each of these goes through every widget
  if (!std::exchange(styled, true)) {
    application.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QFont font(QStringList{QStringLiteral("Noto Sans"), QStringLiteral("Noto Sans CJK SC"), QStringLiteral("sans-serif")});
    font.setPixelSize(13);
    application.setFont(font);
  }
  application.setStyleSheet({}); // Qt polishes a widget once for a first sheet, but once an ancestor for another one
  application.setPalette(paletteOf(theme));
  application.setStyleSheet(theme.styleSheet());
}

} // namespace attune::ui
