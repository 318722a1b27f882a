#include "ui/shell/drop_overlay.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/icon.h"
#include "ui/widgets/retranslate.h"

#include <QApplication>
#include <QDropEvent>
#include <QLabel>
#include <QMimeData>
#include <QPainter>
#include <QTimer>
#include <QUrl>
#include <QVBoxLayout>

namespace attune::ui {

namespace {

QStringList localPaths(const QMimeData *data) {
  QStringList paths;
  for (const QUrl &url : data->urls())
    if (url.isLocalFile()) paths.append(url.toLocalFile());
  return paths;
}

} // namespace

DropOverlay::DropOverlay(QWidget *window) : QWidget(window) {
  setAcceptDrops(true);
  window->setAcceptDrops(true);
  auto *layout = new QVBoxLayout(this);
  layout->setSpacing(8);
  m_picture = new QLabel(this);
  m_title = makeLabel(TextRole::Title, this);
  m_text = makeLabel(TextRole::Muted, this);
  layout->addStretch(1);
  for (QLabel *label : {m_picture, m_title, m_text}) {
    label->setAlignment(Qt::AlignCenter);
    layout->addWidget(label);
  }
  layout->addStretch(1);
  onTheme(this, [this] { m_picture->setPixmap(icon(QStringLiteral("open"), Tone::Accent).pixmap(40, 40)); });
  onLanguage(this, [this] {
    m_title->setText(tr("Drop it here"));
    m_text->setText(tr("A dataset, a model folder or GGUF file, an adapter folder, or a run folder."));
  });
  hide();
  qApp->installEventFilter(this);
}

/// Whichever widget is under the pointer: files never reach it.
bool DropOverlay::eventFilter(QObject *watched, QEvent *event) {
  const QEvent::Type type = event->type();
  if (type == QEvent::DragLeave && m_inside && isOurs(watched)) {
    m_inside = false; // true again at once when only the widget under the pointer has changed
    QTimer::singleShot(0, this, [this] { setVisible(m_inside); });
    return true;
  }
  if (type != QEvent::DragEnter && type != QEvent::DragMove && type != QEvent::Drop) return false;
  auto *drag = static_cast<QDropEvent *>(event);
  const QStringList paths = localPaths(drag->mimeData());
  if (paths.isEmpty() || !isOurs(watched)) return false;
  drag->acceptProposedAction();
  m_inside = type != QEvent::Drop;
  setGeometry(parentWidget()->rect());
  setVisible(m_inside);
  raise();
  if (!m_inside) Q_EMIT dropped(paths);
  return true;
}

bool DropOverlay::isOurs(QObject *watched) const {
  return watched->isWidgetType() && static_cast<QWidget *>(watched)->window() == parentWidget();
}

void DropOverlay::paintEvent(QPaintEvent *) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  QColor veil = theme().color(Tone::Window);
  veil.setAlphaF(0.94f);
  painter.fillRect(rect(), veil);
  painter.setPen(QPen(theme().color(Tone::Accent), 2, Qt::DashLine));
  painter.drawRoundedRect(QRectF(rect()).adjusted(24, 24, -24, -24), 8, 8);
}

} // namespace attune::ui
