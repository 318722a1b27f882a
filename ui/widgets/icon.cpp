#include "ui/widgets/icon.h"

#include <QFile>
#include <QHash>
#include <QIconEngine>
#include <QPainter>
#include <QSvgRenderer>

namespace attune::ui {

namespace {

QByteArray drawing(const QString &name) {
  static QHash<QString, QByteArray> cache;
  auto found = cache.find(name);
  if (found == cache.end()) {
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly)) qFatal("The icon %s is missing.", qPrintable(name));
    found = cache.insert(name, file.readAll());
  }
  return *found;
}

class TintedEngine : public QIconEngine {
public:
  TintedEngine(QString name, Tone tone) : m_name(std::move(name)), m_tone(tone) {}

  void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State) override {
    const QColor color =
        mode == QIcon::Disabled ? mixed(theme().color(Tone::Window), theme().color(Tone::Muted), 0.5) : theme().color(m_tone);
    QByteArray svg = drawing(m_name);
    svg.replace("#000", color.name().toLatin1());
    QSvgRenderer(svg).render(painter, rect);
  }

  QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override {
    QPixmap pixmap(size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paint(&painter, QRect(QPoint(0, 0), size), mode, state);
    return pixmap;
  }

  QIconEngine *clone() const override { return new TintedEngine(*this); }

private:
  QString m_name;
  Tone m_tone;
};

} // namespace

QIcon icon(const QString &name, Tone tone) { return QIcon(new TintedEngine(name, tone)); }

} // namespace attune::ui
