// What goes wrong on the Data page, or would: keys taken by the page, a marked row that is not the one shown, a full disk, a
// killed session, very long texts, files without rows.
#include "tests/support/data_studio.h"
#include "tests/support/file_size_limit.h"
#include "ui/models/dataset_table_model.h"
#include "ui/pages/start_page.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/toast.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QStandardPaths>
#include <QTranslator>
#include <QWindow>

using namespace attune;
using namespace attune::ui;
using test::bytesOf;
using test::kRows;
using test::visibleButton;
using test::writeRows;
using Studio = test::DataStudio;

namespace {

/// Marks what is shown in another language.
class OtherLanguage : public QTranslator {
public:
  OtherLanguage() { QCoreApplication::installTranslator(this); }
  ~OtherLanguage() override { QCoreApplication::removeTranslator(this); }
  bool isEmpty() const override { return false; }
  QString translate(const char *context, const char *source, const char *, int) const override {
    return qstrcmp(context, "CoreError") == 0 ? QLatin1Char('{') + QLatin1String(source) + QLatin1Char('}') : QString();
  }
};

} // namespace

class DataTroubleTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }

  void whatIsDoneAfterARecoveryIsNotDiscardedWithIt() {
    Studio studio;
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QTest::keyClicks(studio.text(0), QStringLiteral("Really "));
    studio.start();
    auto *banner = studio.page().findChild<Banner *>();
    QTRY_VERIFY(banner->isVisible());
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QTest::keyClicks(studio.text(0), QStringLiteral("Oh. "));
    QTRY_VERIFY(!banner->isVisible());
    studio.start();
    banner = studio.page().findChild<Banner *>();
    QTRY_VERIFY(banner->isVisible());
    studio.session().save();
    QTRY_VERIFY(!banner->isVisible());
    QVERIFY(bytesOf(studio.file).contains("Oh. Really One?"));
  }

  void keysThatEditTextWinOverThePage() {
    Studio studio;
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QPlainTextEdit *text = studio.text(0);
    text->setFocus();
    text->moveCursor(QTextCursor::Start);
    studio.key(Qt::Key_Delete, Qt::ControlModifier);
    QTRY_COMPARE(text->toPlainText(), QStringLiteral("?"));
    auto *search = studio.page().findChild<QLineEdit *>();
    search->setFocus();
    QTest::keyClicks(search, QStringLiteral("first"));
    search->home(false);
    studio.key(Qt::Key_Delete, Qt::ControlModifier);
    QCOMPARE(search->text(), QString());
    studio.key(Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(search->text(), QStringLiteral("first"));
    studio.key(Qt::Key_Y, Qt::ControlModifier);
    QCOMPARE(search->text(), QString());
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 3);
    QCOMPARE(studio.session().state().order->size(), size_t(3));
  }

  void theRowMarkedIsTheRowShown() {
    QByteArray rows;
    for (int i = 1; i <= 5; ++i) rows += "{\"instruction\": \"q" + QByteArray::number(i) + "\", \"output\": \"a\"}\n";
    Studio studio(rows);
    QTableView *table = studio.page().table();
    const auto marked = [&] {
      const QModelIndexList selected = table->selectionModel()->selectedRows();
      const auto row = studio.page().editor()->row();
      return selected.size() == 1 && row && studio.session().viewIndex(*row) == selected.front().row() &&
                     table->currentIndex().row() == selected.front().row()
                 ? selected.front().row()
                 : -1;
    };
    const auto type = [&](int row) {
      table->selectRow(row);
      QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
      QTRY_COMPARE(studio.text(0)->toPlainText(), QStringLiteral("q%1").arg(row + 1));
      studio.text(0)->setFocus();
      QTest::keyClicks(studio.text(0), QStringLiteral("X"));
    };
    QTRY_COMPARE(table->model()->rowCount(), 5);
    QTRY_COMPARE(marked(), 0);
    type(0);
    type(3);
    QTRY_COMPARE(studio.session().state().undoSteps, int64_t(2));
    QWindow *window = studio.window->windowHandle();
    QTest::keyPress(window, Qt::Key_Control, Qt::ControlModifier); // held all the while
    const auto press = [&](Qt::Key key, int steps, int row) {
      QTest::keyClick(window, key, Qt::ControlModifier);
      QTRY_COMPARE(studio.session().state().undoSteps, int64_t(steps));
      QTRY_COMPARE(marked(), row);
    };
    press(Qt::Key_Z, 1, 3);
    press(Qt::Key_Z, 0, 0);
    press(Qt::Key_Y, 1, 0);
    press(Qt::Key_Y, 2, 3);
    QTest::keyRelease(window, Qt::Key_Control);
    studio.session().discardChanges();
    QTRY_VERIFY(!studio.session().state().changed);
    QTRY_COMPARE(marked(), 3);
    // A row that goes gives its place to the next one.
    table->setFocus();
    studio.key(Qt::Key_Delete);
    QTRY_COMPARE(table->model()->rowCount(), 4);
    QCOMPARE(marked(), 3);
    QTRY_COMPARE(studio.text(0)->toPlainText(), QStringLiteral("q5"));
  }

  void whatCannotBeKeptSafeIsHeldAndAskedForAgain() {
    Studio studio;
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QSignalSpy failed(&studio.session(), &DatasetSession::failed), saved(&studio.session(), &DatasetSession::saved);
    QTableView *table = studio.page().table();
    {
      const test::FileSizeLimit full(1);
      QTest::keyClicks(studio.text(0), QStringLiteral("Well. "));
      QTRY_VERIFY(!failed.empty());
      QVERIFY(studio.session().hasUnsaved());
      table->selectRow(1);
      QTRY_COMPARE(studio.text(0)->toPlainText(), QStringLiteral("Two?"));
      table->selectRow(0);
      QTRY_COMPARE(studio.text(0)->toPlainText(), QStringLiteral("Well. One?"));
      failed.clear();
      QVERIFY(studio.button(QStringLiteral("Save and train")));
      studio.session().save();
      QTRY_VERIFY(!failed.empty());
      QVERIFY(saved.empty());
    }
    table->setFocus();
    studio.key(Qt::Key_S, Qt::ControlModifier);
    QTRY_COMPARE(saved.size(), 1);
    QVERIFY(bytesOf(studio.file).contains("Well. One?"));
    QTRY_VERIFY(!studio.session().hasUnsaved());
  }

  void veryLongTexts() {
    const auto row = [](const QByteArray &text) { return "{\"instruction\": \"" + text + "\", \"output\": \"a\"}\n"; };
    Studio studio(row("Short.") + row(QByteArray(300000, 'x')) + row(QByteArray(int(TextBox::kMost) + 7, 'y')) + QByteArray(200000, '[') +
                  "\n");
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QTableView *table = studio.page().table();
    QCOMPARE(studio.json()->toPlainText(), QString()); // filled when it is looked at
    QCOMPARE(studio.text(0)->wordWrapMode(), QTextOption::WrapAtWordBoundaryOrAnywhere);
    table->selectRow(1);
    QTRY_COMPARE(studio.text(0)->toPlainText().size(), 300000);
    QCOMPARE(studio.text(0)->wordWrapMode(), QTextOption::WrapAnywhere); // the other takes quadratic time
    table->selectRow(0);
    QTRY_COMPARE(studio.text(0)->toPlainText(), QStringLiteral("Short."));
    QCOMPARE(studio.text(0)->wordWrapMode(), QTextOption::WrapAtWordBoundaryOrAnywhere);
    QGuiApplication::clipboard()->setText(QString(200000, QLatin1Char('z')));
    studio.text(0)->paste();
    QCOMPARE(studio.text(0)->wordWrapMode(), QTextOption::WrapAnywhere);
    table->selectRow(2);
    QTRY_VERIFY(studio.text(0)->toPlainText().startsWith(QLatin1Char('y')));
    QVERIFY(studio.text(0)->isReadOnly()); // what is hidden cannot be lost
    table->selectRow(3);
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(0));
    studio.page().editor()->showView(QStringLiteral("json"));
    QTRY_COMPARE(studio.json()->toPlainText().size(), 200000);
    QCOMPARE(studio.json()->wordWrapMode(), QTextOption::WrapAnywhere);
  }

  void aFileThatOpensTakesTheKeys() {
    Studio studio;
    QTRY_VERIFY(studio.page().table()->hasFocus());
    studio.window->goTo(Place::Start);
    studio.window->goTo(Place::Data);
    QTRY_VERIFY(studio.page().table()->hasFocus());
  }

  void startTellsOfChangesThatWereNotSaved() {
    Studio studio;
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QVERIFY(QDir(studio.folder.path()).mkpath(QStringLiteral("datasets")));
    studio.page().openDataset(writeRows(studio.folder.filePath(QStringLiteral("datasets/mine.jsonl")), kRows));
    QTRY_VERIFY(studio.session().path().endsWith(QStringLiteral("mine.jsonl")));
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QTest::keyClicks(studio.text(0), QStringLiteral("Really "));
    QTRY_VERIFY(studio.session().state().changed);
    studio.start();
    studio.window->goTo(Place::Start);
    auto *start = studio.window->findChild<StartPage *>();
    QPushButton *open = nullptr;
    QTRY_VERIFY((open = visibleButton(start, QStringLiteral("Open it"))));
    QTest::mouseClick(open, Qt::LeftButton);
    QCOMPARE(studio.window->place(), Place::Data);
    QTRY_VERIFY(studio.session().path().endsWith(QStringLiteral("mine.jsonl")));
    QTRY_COMPARE(studio.text(0)->toPlainText(), QStringLiteral("Really One?"));
  }

  void aToastLeavesTheButtonsFree() {
    Studio studio;
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    Toast::show(studio.window.get(), QStringLiteral("Something happened."));
    const auto *toast = studio.window->findChild<Toast *>();
    QVERIFY(toast->isVisible());
    const auto free = [&](const QString &text) {
      const QPushButton *button = studio.button(text);
      return button && !QRect(button->mapTo(studio.window.get(), QPoint()), button->size()).intersects(toast->geometry());
    };
    QTRY_VERIFY(free(QStringLiteral("Delete row"))); // once it has risen
    QTRY_VERIFY(free(QStringLiteral("Next problem F8")));
  }

  void whatCoreSaysStandsUnderASentenceOfTheWindowsLanguage() {
    const OtherLanguage other;
    Studio studio;
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 3);
    QSignalSpy failed(&studio.session(), &DatasetSession::failed);
    studio.session().setQuery({"/(/", false, false, false});
    QTRY_COMPARE(failed.size(), 1);
    QSignalSpy counted(&studio.session(), &DatasetSession::surveyed);
    api::RunConfig longer = studio.session().lens();
    longer.maxLength += 1;
    studio.session().setLens(longer);
    QTRY_VERIFY(counted.size() >= 2);
    QTRY_COMPARE(studio.session().work(), DatasetSession::Work::None);
    QCOMPARE(failed.size(), 1); // the search that follows a count by itself is not told of again
    QVERIFY(failed.front().front().toString().startsWith(QLatin1String("{bad_search}\nThe regular expression")));
    studio.page().openDataset(
        writeRows(studio.folder.filePath(QStringLiteral("list.json")), "[{\"instruction\": \"q\", \"output\": \"a\"}"));
    const auto *banner = studio.page().findChild<Banner *>();
    QTRY_VERIFY(banner->isVisible());
    QVERIFY(banner->findChildren<QLabel *>().last()->text().startsWith(QLatin1String("{file_problem}\n")));
  }

  void aFileWithoutRowsOffersOne() {
    Studio studio(QByteArray(""));
    QTRY_VERIFY(studio.button(QStringLiteral("Add a row")));
    QTest::mouseClick(studio.button(QStringLiteral("Add a row")), Qt::LeftButton);
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 1);
    QTRY_VERIFY(!studio.button(QStringLiteral("Add a row")));
  }

  void aLongTextJustTypedIsSafeWhenAnotherFileOpens() {
    Studio studio;
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    studio.text(0)->setPlainText(QStringLiteral("word ").repeated(30000)); // sent with a pause
    studio.session().close();
    studio.page().openDataset(studio.file);
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QTRY_VERIFY(studio.text(0)->toPlainText().startsWith(QLatin1String("word word")));
  }
};

QTEST_MAIN(DataTroubleTest)
#include "data_trouble_test.moc"
