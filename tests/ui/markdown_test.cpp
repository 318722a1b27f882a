// What Markdown of a model shows, hostile or long: offscreen, real widgets.
#include "tests/support/find_button.h"
#include "ui/widgets/code_view.h"
#include "ui/widgets/markdown_blocks.h"
#include "ui/widgets/markdown_view.h"
#include "ui/widgets/prose_view.h"
#include "ui/widgets/toast.h"

#include <QClipboard>
#include <QDesktopServices>
#include <QLabel>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTextBlock>

#include <ctime>

using namespace attune::ui;
using attune::test::button;
using attune::test::click;

namespace {

QString shownText(const MarkdownView &view) {
  QString text;
  for (const ProseView *prose : view.findChildren<ProseView *>()) text += prose->toPlainText() + u'\n';
  for (const CodeView *code : view.findChildren<CodeView *>()) text += code->findChild<QPlainTextEdit *>()->toPlainText() + u'\n';
  return text;
}

bool showsPicture(const MarkdownView &view) {
  for (const ProseView *prose : view.findChildren<ProseView *>())
    for (QTextBlock block = prose->document()->begin(); block.isValid(); block = block.next())
      for (auto part = block.begin(); !part.atEnd(); ++part)
        if (part.fragment().charFormat().isImageFormat()) return true;
  return false;
}

/// A place whose links the test catches instead of a browser.
class Browser : public QObject {
  Q_OBJECT

public:
  Browser() {
    for (const char *scheme : {"http", "https", "file", "javascript"}) QDesktopServices::setUrlHandler(QLatin1String(scheme), this, "open");
  }
  ~Browser() override {
    for (const char *scheme : {"http", "https", "file", "javascript"}) QDesktopServices::unsetUrlHandler(QLatin1String(scheme));
  }
  QList<QUrl> opened;

public Q_SLOTS:
  void open(const QUrl &url) { opened.append(url); }
};

} // namespace

class MarkdownTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }

  void markdownIsCutIntoProseAndCode() {
    const QString text = QStringLiteral("Look:\n\n```py\nx = 1\n  ```\nbetween `a` ~~b~~\n~~~\nopen ``` still\n");
    const auto blocks = markdownBlocks(text);
    QCOMPARE(blocks.size(), size_t(4));
    QVERIFY(!blocks[0].code && blocks[1].code && !blocks[2].code && blocks[3].code);
    QCOMPARE(blocks[1].text, QStringLiteral("x = 1"));
    QCOMPARE(blocks[1].language, QStringLiteral("py"));
    QCOMPARE(blocks[3].text, QStringLiteral("open ``` still"));
    for (size_t i = 0; i < blocks.size(); ++i) // cut again from any block: the same
      QCOMPARE(markdownBlocks(text, blocks[i].begin).size(), blocks.size() - i);
  }

  void growingShowsWhatTheWholeShows() {
    const QString text = QStringLiteral("# Title\n\nSome **bold** text.\n\n```cpp\nint a;\nint b;\n```\n\n1. one\n2. two\n\nEnd `code`.\n");
    MarkdownView grown, whole;
    for (const QChar c : text) grown.append(QString(c));
    whole.setText(text);
    QCOMPARE(shownText(grown), shownText(whole));
    QVERIFY(shownText(whole).contains(QStringLiteral("int a;\nint b;")));
  }

  void aLongAnswerCostsWhatIsNew() {
    const auto cost = [](int tokens, bool code) {
      MarkdownView view;
      view.resize(500, 100);
      QString text = code ? QStringLiteral("```\n") : QString();
      for (int i = 0; i < tokens; ++i)
        text += i % 12 == 11 ? (i % 60 == 59 ? QStringLiteral("end.\n\n") : QStringLiteral("line\n")) : QStringLiteral("word ");
      const clock_t start = std::clock();
      for (int i = 0; i < text.size(); i += 20) view.append(text.mid(i, 20)); // four tokens a tenth of a second
      const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
      qInfo("%d tokens of %s in %lld pieces: %.2f s, %lld characters rendered", tokens, code ? "code" : "prose",
            static_cast<long long>(text.size() / 20), seconds, static_cast<long long>(view.renderedCharacters()));
      return std::pair(view.renderedCharacters(), seconds);
    };
    const auto half = cost(2000, false), whole = cost(4000, false);
    QVERIFY(whole.first < half.first * 5 / 2); // linear; rendering all of it each time would be four times
    QVERIFY2(whole.second / 1000 < 0.033, "a piece must not cost a frame");
    static_cast<void>(cost(4000, true));
  }

  void hostileMarkdownStaysText() {
    Browser browser;
    const QTemporaryDir folder;
    const QString picture = folder.filePath(QStringLiteral("secret.png"));
    QVERIFY(QImage(8, 8, QImage::Format_RGB32).save(picture));
    QWidget window;
    auto *view = new MarkdownView(&window);
    view->resize(400, 100);
    view->setText(
        QStringLiteral(
            "<script>alert(1)</script> <b>not bold</b> <img src='file://%1'>\n\n![pic](%1) ![](http://tracker.example/x.png) "
            "![f](file://%1)\n\n[run](javascript:alert(1)) [file](file:///etc/passwd) [web](https://user@evil.example/%E2%80%AEmoc)\n")
            .arg(picture));
    QVERIFY(!showsPicture(*view));
    QVERIFY(shownText(*view).contains(QStringLiteral("<b>not bold</b>")));
    QVERIFY(shownText(*view).contains(QStringLiteral("[🖼 pic]")));
    auto *prose = view->findChild<ProseView *>();
    window.show();
    const auto toast = [&] { return window.findChild<Toast *>(); };
    Q_EMIT prose->anchorClicked(QUrl(QStringLiteral("javascript:alert(1)")));
    Q_EMIT prose->anchorClicked(QUrl(QStringLiteral("file:///etc/passwd")));
    QVERIFY(toast() && !button(toast(), QStringLiteral("Open in the browser")));
    Q_EMIT prose->anchorClicked(QUrl(QStringLiteral("https://evil.example/%E2%80%AEmoc")));
    QVERIFY(toast()->findChild<QLabel *>()->text().contains(QStringLiteral("https://evil.example/%E2%80%AEmoc")));
    QVERIFY(browser.opened.isEmpty()); // seen, not opened
    click(toast(), "Open in the browser");
    QCOMPARE(browser.opened.size(), 1);
  }

  void hiddenControlsAreShown() {
    MarkdownView view;
    view.setText(QStringLiteral("safe \u202Etxt.exe\u202C and \u2066x\u2069\n\n```\nif (a\u202E) {\u0007}\n```\nעברית and العربية stay\n"));
    const QString shown = shownText(view);
    QVERIFY(shown.contains(QStringLiteral("⟨U+202E⟩")) && shown.contains(QStringLiteral("⟨U+2066⟩")));
    QVERIFY(!shown.contains(QChar(0x202E)) && !shown.contains(QChar(7)));
    QVERIFY(shown.contains(QStringLiteral("עברית")) && shown.contains(QStringLiteral("العربية")));
    QVERIFY(view.text().contains(QChar(0x202E))); // what is copied is what was said
  }

  void marksPiledOnALetterAreBounded() {
    MarkdownView view;
    view.resize(400, 100);
    const QString pile = QStringLiteral("a") + QString(20000, QChar(0x301)) + QStringLiteral("b"),
                  vietnamese = QStringLiteral("e\u0323\u0302");
    view.setText(pile + vietnamese);
    QVERIFY(shownText(view).count(QChar(0x301)) < 100);
    QVERIFY(shownText(view).contains(QStringLiteral("b") + vietnamese));
    QCOMPARE(view.text(), pile + vietnamese);
  }

  void aMegabyteDoesNotFreeze() {
    const QString pieces[] = {QStringLiteral("a"), QStringLiteral("word "), QStringLiteral("> "),    QStringLiteral("- "),
                              QStringLiteral("*"), QStringLiteral("["),     QStringLiteral("|"),     QStringLiteral("\n"),
                              QStringLiteral("`"), QStringLiteral("```\n"), QStringLiteral("![x]("), QStringLiteral("|a|b|\n|-|-|\n")};
    for (const QString &piece : pieces) {
      MarkdownView view;
      view.resize(400, 100);
      const clock_t start = std::clock();
      view.setText(piece.repeated((1 << 20) / piece.size()));
      const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
      qInfo("1 MiB of %s: %.2f s", qPrintable(QString(piece).replace(u'\n', QStringLiteral("\\n"))), seconds);
      QVERIFY2(seconds < 3, qPrintable(piece));
      const auto labels = view.findChildren<QLabel *>();
      QVERIFY(
          std::any_of(labels.begin(), labels.end(), [](const QLabel *one) { return one->text().contains(QStringLiteral("not shown")); }));
    }
  }

  void codeIsCopiedAndScrollsSideways() {
    MarkdownView view;
    view.resize(300, 200);
    const QString line = QStringLiteral("x").repeated(400);
    view.setText(QStringLiteral("```\n%1\nsecond\n```\n").arg(line));
    view.show();
    auto *text = view.findChild<CodeView *>()->findChild<QPlainTextEdit *>();
    QTRY_VERIFY(text->horizontalScrollBar()->maximum() > 0);
    click(&view, "Copy the code");
    QCOMPARE(QGuiApplication::clipboard()->text(), line + QStringLiteral("\nsecond"));
  }
};

QTEST_MAIN(MarkdownTest)
#include "markdown_test.moc"
