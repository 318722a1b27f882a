#include "ui/widgets/code_view.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/visible_text.h"

#include <QClipboard>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QTimer>
#include <QWheelEvent>

namespace attune::ui {

namespace {
constexpr int kVisibleLines = 24;
}

CodeView::CodeView(QWidget *parent) : QFrame(parent) {
  setProperty("kind", QStringLiteral("code"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 4, 4, 8);
  layout->setSpacing(0);
  auto *head = new QHBoxLayout;
  m_language = makeLabel(TextRole::Caption, this);
  m_copy = makeButton(ButtonKind::Quiet, QStringLiteral("copy"), this);
  head->addWidget(m_language);
  head->addStretch(1);
  head->addWidget(m_copy);
  layout->addLayout(head);
  m_text = new QPlainTextEdit(this);
  m_text->setProperty("kind", QStringLiteral("code"));
  m_text->setReadOnly(true);
  m_text->setUndoRedoEnabled(false);
  m_text->setTabChangesFocus(true);
  m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
  m_text->document()->setDocumentMargin(0);
  m_text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  m_text->viewport()->installEventFilter(this);
  connect(m_text->horizontalScrollBar(), &QScrollBar::rangeChanged, this, &CodeView::fitHeight);
  layout->addWidget(m_text);
  connect(m_copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_code); });
  onLanguage(this, [this] {
    m_copy->setToolTip(tr("Copy the code"));
    m_copy->setAccessibleName(tr("Copy the code"));
    m_text->setAccessibleName(tr("Code"));
  });
}

void CodeView::setCode(const QString &code, const QString &language) {
  m_code = code;
  m_language->setText(withVisibleControls(language));
  const QString shown = withVisibleControls(code);
  if (shown == m_shown) return;
  if (!m_shown.isEmpty() && shown.startsWith(m_shown)) {
    QTextCursor end(m_text->document());
    end.movePosition(QTextCursor::End);
    end.insertText(shown.mid(m_shown.size()));
  } else {
    m_text->setPlainText(shown);
  }
  m_shown = shown;
  fitHeight();
}

void CodeView::fitHeight() {
  const int lines = std::clamp(m_text->document()->blockCount(), 1, kVisibleLines);
  const QScrollBar *bar = m_text->horizontalScrollBar();
  const int below = bar->maximum() > 0 ? bar->sizeHint().height() : 0;
  m_text->setVerticalScrollBarPolicy(m_text->document()->blockCount() > kVisibleLines ? Qt::ScrollBarAsNeeded : Qt::ScrollBarAlwaysOff);
  m_text->setFixedHeight(lines * m_text->fontMetrics().lineSpacing() + below + 6);
}

bool CodeView::eventFilter(QObject *watched, QEvent *event) {
  if (event->type() == QEvent::Wheel) {
    const QPoint turn = static_cast<QWheelEvent *>(event)->angleDelta();
    const QScrollBar *bar = m_text->verticalScrollBar();
    const bool sideways = std::abs(turn.x()) > std::abs(turn.y()) || (static_cast<QWheelEvent *>(event)->modifiers() & Qt::AltModifier);
    const bool atEdge = turn.y() > 0 ? bar->value() == bar->minimum() : bar->value() == bar->maximum();
    if (!sideways && atEdge) {
      event->ignore(); // the conversation scrolls on
      return true;
    }
  }
  return QFrame::eventFilter(watched, event);
}

} // namespace attune::ui
