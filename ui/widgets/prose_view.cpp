#include "ui/widgets/prose_view.h"

#include "ui/widgets/theme.h"
#include "ui/widgets/toast.h"
#include "ui/widgets/visible_text.h"

#include <QDesktopServices>
#include <QImage>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextTable>
#include <QWheelEvent>

#include <algorithm>
#include <utility>

namespace attune::ui {

namespace {

QString linkText(const QUrl &link) {
  const QString text = withVisibleControls(QString::fromUtf8(link.toEncoded()));
  return text.size() > 200 ? text.left(120) + QStringLiteral("…") + text.right(60) : text;
}

/// A picture's place becomes its description: a name of a file or an address must not even be looked up.
void replacePictures(QTextDocument &document) {
  for (QTextBlock block = document.begin(); block.isValid(); block = block.next())
    for (auto part = block.begin(); !part.atEnd();) {
      const QTextFragment fragment = part.fragment();
      if (!fragment.charFormat().isImageFormat()) {
        ++part;
        continue;
      }
      QString alt = fragment.charFormat().property(QTextFormat::ImageAltText).toString();
      if (alt.isEmpty()) alt = fragment.charFormat().toImageFormat().name();
      QTextCursor cursor(&document);
      cursor.setPosition(fragment.position());
      cursor.setPosition(fragment.position() + fragment.length(), QTextCursor::KeepAnchor);
      cursor.insertText(QStringLiteral("[🖼 %1]").arg(alt.left(120)), QTextCharFormat());
      part = block.begin(); // the fragments have changed
    }
}

void styleBlocks(QTextDocument &document) {
  constexpr int kHeadings[] = {18, 16, 15};
  const QColor code = mixed(theme().color(Tone::Surface), theme().color(Tone::Line), 0.6);
  for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
    QTextCursor cursor(block);
    QTextBlockFormat format = block.blockFormat();
    format.setLineHeight(110, QTextBlockFormat::ProportionalHeight);
    if (format.hasProperty(QTextFormat::BlockCodeFence) || format.hasProperty(QTextFormat::BlockCodeLanguage)) {
      format.setBackground(code);
      format.setLeftMargin(8);
    }
    if (format.headingLevel() > 0) {
      QTextCharFormat heading;
      heading.setProperty(QTextFormat::FontSizeAdjustment, 0);
      heading.setProperty(QTextFormat::FontPixelSize, kHeadings[std::min(format.headingLevel(), 3) - 1]);
      heading.setFontWeight(QFont::DemiBold);
      cursor.select(QTextCursor::BlockUnderCursor);
      cursor.mergeCharFormat(heading);
    }
    cursor.setBlockFormat(format);
  }
  for (QTextFrame *frame : document.rootFrame()->childFrames())
    if (auto *table = qobject_cast<QTextTable *>(frame)) {
      QTextTableFormat format = table->format();
      format.setBorderCollapse(true);
      format.setBorderBrush(theme().color(Tone::Line));
      format.setBorderStyle(QTextFrameFormat::BorderStyle_Solid);
      format.setCellPadding(5);
      format.setTopMargin(8);
      format.setBottomMargin(4);
      table->setFormat(format);
    }
}

} // namespace

ProseView::ProseView(QWidget *parent) : QTextBrowser(parent) {
  setProperty("kind", QStringLiteral("bubble"));
  setFrameShape(QFrame::NoFrame);
  setOpenLinks(false);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setLineWrapMode(QTextEdit::WidgetWidth);
  setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  connect(this, &QTextBrowser::anchorClicked, this, &ProseView::offerLink);
  connect(this, &QTextBrowser::highlighted, this, [this](const QUrl &link) { setToolTip(link.isEmpty() ? QString() : linkText(link)); });
}

QVariant ProseView::loadResource(int, const QUrl &) {
  return QImage(1, 1, QImage::Format_ARGB32); // never empty: Qt would look for a file of that name
}

void ProseView::setText(const QString &markdown) {
  QTextDocument *fresh = freshDocument(); // laid out only after the pictures are out
  fresh->setMarkdown(withVisibleControls(markdown),
                     QTextDocument::MarkdownFeatures(QTextDocument::MarkdownDialectGitHub) | QTextDocument::MarkdownNoHTML);
  replacePictures(*fresh);
  styleBlocks(*fresh);
  take(fresh);
}

void ProseView::setPlain(const QString &text) {
  QTextDocument *fresh = freshDocument();
  fresh->setPlainText(withVisibleControls(text));
  take(fresh);
}

QTextDocument *ProseView::freshDocument() {
  auto *fresh = new QTextDocument(this);
  fresh->setDefaultFont(font());
  fresh->setDocumentMargin(0);
  fresh->setUndoRedoEnabled(false);
  return fresh;
}

void ProseView::take(QTextDocument *fresh) {
  setDocument(fresh);
  delete std::exchange(m_document, fresh);
  fitHeight();
}

void ProseView::offerLink(const QUrl &link) {
  const QString scheme = link.scheme().toLower();
  if ((scheme == QLatin1String("http") || scheme == QLatin1String("https")) && !link.host().isEmpty())
    Toast::show(this, tr("The link leads to %1").arg(linkText(link)), tr("Open in the browser"),
                [link] { QDesktopServices::openUrl(link); });
  else
    Toast::show(this, tr("This link does not lead to a web page, so it is not opened: %1").arg(linkText(link)));
}

void ProseView::fitHeight() {
  document()->setTextWidth(viewport()->width());
  setFixedHeight(static_cast<int>(document()->size().height()) + 2);
}

void ProseView::resizeEvent(QResizeEvent *event) {
  QTextBrowser::resizeEvent(event);
  if (event->size().width() != event->oldSize().width()) fitHeight();
}

void ProseView::wheelEvent(QWheelEvent *event) { event->ignore(); } // the conversation scrolls

} // namespace attune::ui
