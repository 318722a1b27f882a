#include "ui/widgets/token_view.h"

#include "ui/widgets/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

namespace attune::ui {

namespace {

constexpr int kLine = 24, kPad = 1, kGap = 2;

} // namespace

TokenView::TokenView(QWidget *parent) : QWidget(parent) {
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::MinimumExpanding);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
}

void TokenView::setTokens(std::vector<api::PreviewToken> tokens) {
  m_tokens = std::move(tokens);
  QString spoken;
  for (const api::PreviewToken &token : m_tokens) spoken += QString::fromStdString(token.text);
  setAccessibleDescription(spoken.left(2000));
  layOut(width(), &m_pieces);
  updateGeometry();
  update();
}

int TokenView::layOut(int width, std::vector<Piece> *pieces) const {
  const QFontMetrics metrics(font());
  if (pieces) pieces->clear();
  int x = 0, y = 0;
  for (size_t i = 0; i < m_tokens.size(); ++i) {
    QString text = QString::fromStdString(m_tokens[i].text);
    const qsizetype breaks = text.count(QLatin1Char('\n'));
    text.replace(QLatin1Char('\n'), QChar(0x21B5)).replace(QLatin1Char('\t'), QChar(0x21E5));
    const int needed = std::max(3, metrics.horizontalAdvance(text)) + 2 * kPad;
    if (x > 0 && x + needed > width) {
      x = 0;
      y += kLine;
    }
    if (pieces) pieces->push_back({QRect(x, y, std::min(needed, width), kLine - 4), text, i});
    x += needed + kGap;
    if (breaks > 0) {
      x = 0;
      y += kLine;
    }
  }
  return y + kLine;
}

int TokenView::firstTrained() const {
  for (const Piece &piece : m_pieces)
    if (m_tokens[piece.token].trained) return piece.rect.top();
  return 0;
}

int TokenView::lineHeight() { return kLine; }

void TokenView::resizeEvent(QResizeEvent *) { layOut(width(), &m_pieces); }

void TokenView::paintEvent(QPaintEvent *event) {
  QPainter painter(this);
  const Theme &look = theme();
  const QColor trained = mixed(look.color(Tone::Surface), look.series(2), look.dark() ? 0.35 : 0.22);
  for (const Piece &piece : m_pieces) {
    if (!piece.rect.intersects(event->rect())) continue;
    const bool on = m_tokens[piece.token].trained;
    painter.fillRect(piece.rect, on ? trained : look.color(Tone::Raised));
    painter.fillRect(QRect(piece.rect.left(), piece.rect.bottom(), piece.rect.width(), 1), on ? look.series(2) : look.color(Tone::Line));
    painter.setPen(look.color(Tone::Text));
    painter.drawText(piece.rect.adjusted(kPad, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, piece.text);
  }
}

bool TokenView::event(QEvent *event) {
  if (event->type() == QEvent::ToolTip) {
    const QPoint position = static_cast<QHelpEvent *>(event)->pos();
    for (const Piece &piece : m_pieces)
      if (piece.rect.contains(position)) {
        const api::PreviewToken &token = m_tokens[piece.token];
        QToolTip::showText(static_cast<QHelpEvent *>(event)->globalPos(),
                           token.trained ? tr("token %1, trained").arg(token.id) : tr("token %1, not trained").arg(token.id), this,
                           piece.rect);
        return true;
      }
    QToolTip::hideText();
    return true;
  }
  return QWidget::event(event);
}

} // namespace attune::ui
