// A person's ways through the Data page, on real files: rows mended, searched, moved, saved, brought back after a kill.
#include "tests/support/data_studio.h"
#include "ui/models/dataset_table_model.h"
#include "ui/models/json_text.h"
#include "ui/pages/data_page.h"
#include "ui/pages/row_editor.h"
#include "ui/pages/train_page.h"
#include "ui/pages/turn_card.h"
#include "ui/shell/main_window.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/button_action.h"

#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStandardPaths>
#include <QTableView>
#include <QTemporaryDir>
#include <QtTest>

using namespace attune;
using namespace attune::ui;
using test::bytesOf;
using test::kRows;
using test::writeRows;
using Studio = test::DataStudio;

class DataPageTest : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QStandardPaths::setTestModeEnabled(true); }

  void theUndoButtonAndItsMenuEntryAreOne() {
    Studio studio;
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 3);
    QVERIFY(QTest::qWaitForWindowActive(studio.window.get()));
    ButtonAction *undo = nullptr, *redo = nullptr;
    for (QAction *action : studio.page().actions()) {
      if (action->shortcuts().contains(QKeySequence(QKeySequence::Undo))) undo = qobject_cast<ButtonAction *>(action);
      if (action->shortcuts().contains(QKeySequence(Qt::CTRL | Qt::Key_Y))) redo = qobject_cast<ButtonAction *>(action);
    }
    QVERIFY(undo && redo);
    const auto possible = [](ButtonAction *action) {
      action->refresh(); // as a menu does before it opens
      const bool can = action->isEnabled();
      action->setEnabled(true);
      return can && action->button()->isEnabled();
    };
    QVERIFY(!possible(undo) && !possible(redo));
    QCOMPARE(undo->text(), QStringLiteral("Undo"));
    studio.page().table()->selectRow(0);
    studio.page().table()->setFocus();
    studio.key(Qt::Key_Delete);
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 2);
    QTRY_VERIFY(possible(undo) && !possible(redo));
    studio.key(Qt::Key_Z, Qt::ControlModifier);
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 3);
    QTRY_VERIFY(!possible(undo) && possible(redo));
    redo->trigger();
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 2);
  }

  void undoCountsEachHalfOfADoubleClick() {
    Studio studio;
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 3);
    QTRY_VERIFY(studio.session().survey());
    for (const int left : {2, 1}) {
      // Not selectRow(): of an earlier test's keys Ctrl may count as held.
      studio.page().table()->selectionModel()->setCurrentIndex(studio.page().table()->model()->index(0, 0),
                                                               QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
      studio.page().table()->setFocus();
      QTest::keyClick(studio.page().table(), Qt::Key_Delete);
      QTRY_COMPARE(studio.page().table()->model()->rowCount(), left);
    }
    QPushButton *undo = nullptr;
    for (QPushButton *button : studio.page().findChildren<QPushButton *>())
      if (button->accessibleName() == QStringLiteral("Undo")) undo = button;
    QVERIFY(undo);
    QTRY_VERIFY(undo->isEnabled());
    QTest::mouseClick(undo, Qt::LeftButton);
    QMouseEvent second(QEvent::MouseButtonDblClick, undo->rect().center(), undo->mapToGlobal(undo->rect().center()), Qt::LeftButton,
                       Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(undo, &second);
    QTest::mouseRelease(undo, Qt::LeftButton);
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 3);
  }

  void fixARowUndoRedoSaveAndTrain() {
    Studio studio;
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 3);
    QTRY_COMPARE(studio.cell(0, DatasetTableModel::Text), QStringLiteral("One?"));
    QTRY_VERIFY(studio.session().survey());
    QCOMPARE(studio.session().survey()->errorRows, int64_t(1));
    studio.page().table()->setFocus();
    studio.key(Qt::Key_F8);
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QTRY_COMPARE(studio.text(0)->toPlainText(), QStringLiteral("Two?"));
    QTRY_VERIFY(studio.text(1)->hasFocus()); // the field with the problem
    QTest::keyClicks(studio.text(1), QStringLiteral("Second."));
    QTRY_COMPARE(studio.session().state().undoSteps, int64_t(1)); // typing is one step
    QTRY_COMPARE(studio.page().table()->model()->index(1, DatasetTableModel::Problems).data().toString(), QString());
    QCOMPARE(studio.text(1)->toPlainText(), QStringLiteral("Second."));
    studio.key(Qt::Key_Z, Qt::ControlModifier);
    QTRY_COMPARE(studio.text(1)->toPlainText(), QString());
    QVERIFY(!studio.session().state().changed);
    studio.key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QTRY_COMPARE(studio.text(1)->toPlainText(), QStringLiteral("Second."));
    QVERIFY(studio.session().state().changed);
    QTest::mouseClick(studio.button(QStringLiteral("Save and train")), Qt::LeftButton);
    QTRY_COMPARE(studio.window->place(), Place::Train);
    QCOMPARE(studio.window->trainPage()->draft().config().dataset.at(0).path, studio.file.toStdString());
    // Untouched rows stay byte for byte; what stood there before is kept.
    const QList<QByteArray> lines = bytesOf(studio.file).split('\n');
    QCOMPARE(lines.at(0), kRows.split('\n').at(0));
    QVERIFY(lines.at(1).contains("Second."));
    QCOMPARE(bytesOf(studio.file + QStringLiteral(".orig")), kRows);
    // Undo reaches behind the save.
    studio.session().undo();
    QTRY_VERIFY(studio.session().state().changed);
  }

  void changesOfAKilledSessionComeBack() {
    Studio studio;
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QTest::keyClicks(studio.text(0), QStringLiteral("Really "));
    studio.start(); // nothing was saved, nothing was asked
    auto *banner = studio.page().findChild<Banner *>();
    QTRY_VERIFY(banner->isVisible());
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QTRY_COMPARE(studio.text(0)->toPlainText(), QStringLiteral("Really One?"));
    QCOMPARE(bytesOf(studio.file), kRows);
    QTest::mouseClick(studio.button(QStringLiteral("Discard them")), Qt::LeftButton);
    QTRY_COMPARE(studio.text(0)->toPlainText(), QStringLiteral("One?"));
    QVERIFY(!studio.session().state().changed);
    QTRY_COMPARE(studio.session().figures(studio.session().view().at(1)).errors, uint16_t(1)); // judged anew by itself
  }

  void searchFilterAndReplace() {
    Studio studio;
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 3);
    QTRY_VERIFY(studio.session().survey());
    auto *search = studio.page().findChild<QLineEdit *>();
    search->setText(QStringLiteral("role:system"));
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 1);
    QTRY_COMPARE(studio.cell(0, DatasetTableModel::Text), QStringLiteral("Three?"));
    QCOMPARE(studio.cell(0, DatasetTableModel::Number), QStringLiteral("3"));
    search->setText(QStringLiteral("/(/"));
    QTest::qWait(0);
    search->clear();
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 3);
    studio.session().replaceAll("(\\w+)\\?", "$1!", true, true);
    QTRY_COMPARE(studio.cell(2, DatasetTableModel::Text), QStringLiteral("Three!"));
    QCOMPARE(studio.session().state().undoSteps, int64_t(1));
    studio.session().undo();
    QTRY_COMPARE(studio.cell(2, DatasetTableModel::Text), QStringLiteral("Three?"));
    studio.page().table()->sortByColumn(DatasetTableModel::Text, Qt::DescendingOrder);
    QTRY_COMPARE(studio.cell(0, DatasetTableModel::Text), QStringLiteral("Two?"));
    QCOMPARE(studio.cell(0, DatasetTableModel::Number), QStringLiteral("2"));
  }

  void rowsAreAddedCopiedMovedAndDeleted() {
    Studio studio;
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 3);
    studio.page().table()->setFocus();
    studio.key(Qt::Key_D, Qt::ControlModifier);
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 4);
    QTRY_COMPARE(studio.cell(1, DatasetTableModel::Text), QStringLiteral("One?"));
    studio.page().table()->selectionModel()->setCurrentIndex(studio.page().table()->model()->index(0, 0),
                                                             QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    studio.key(Qt::Key_Down, Qt::AltModifier);
    studio.key(Qt::Key_Down, Qt::AltModifier); // before the first has moved it
    QTRY_COMPARE(studio.cell(1, DatasetTableModel::Text), QStringLiteral("Two?"));
    QTRY_COMPARE(studio.page().table()->currentIndex().row(), 2);
    studio.key(Qt::Key_Delete);
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 3);
    studio.key(Qt::Key_N, Qt::ControlModifier);
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 4);
    for (int i = 0; i < 5; ++i) studio.session().undo();
    QTRY_VERIFY(!studio.session().state().changed);
    QCOMPARE(studio.page().table()->model()->rowCount(), 3);
    QTRY_COMPARE(studio.cell(0, DatasetTableModel::Text), QStringLiteral("One?"));
  }

  void turnsAndJson() {
    Studio studio;
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    studio.page().editor()->showView(QStringLiteral("json"));
    QPlainTextEdit *json = studio.json();
    QVERIFY(json);
    QVERIFY(json->toPlainText().contains(QStringLiteral("1.50"))); // numbers as they are written
    QTest::mouseClick(studio.button(QStringLiteral("Turn")), Qt::LeftButton);
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(3));
    QCOMPARE(studio.page().editor()->cards().at(2)->field().role, std::string("user"));
    Q_EMIT studio.page().editor()->cards().at(2)->removeWanted();
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QString text = json->toPlainText();
    json->setFocus();
    json->setPlainText(text.replace(QStringLiteral("First."), QStringLiteral("Premier.")));
    QTRY_COMPARE(studio.text(1)->toPlainText(), QStringLiteral("Premier."));
    json->setPlainText(QStringLiteral("{\"messages\": ["));
    const auto problemShown = [&studio] {
      const auto labels = studio.page().editor()->findChildren<QLabel *>();
      return std::any_of(labels.begin(), labels.end(),
                         [](QLabel *label) { return label->isVisible() && label->property("role") == QLatin1String("problem"); });
    };
    QTRY_VERIFY(problemShown());
    QCOMPARE(studio.text(1)->toPlainText(), QStringLiteral("Premier."));
  }

  void whatIsTypedGoesToTheRowItWasTypedInto() {
    Studio studio;
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    studio.page().editor()->showView(QStringLiteral("json"));
    QPlainTextEdit *json = studio.json();
    QVERIFY(json);
    json->setFocus();
    QString text = json->toPlainText();
    json->setPlainText(text.replace(QStringLiteral("One?"), QStringLiteral("Eins?")));
    studio.page().table()->selectRow(2); // before the pause is over; the caret stays in the JSON view
    QTRY_VERIFY(json->toPlainText().contains(QStringLiteral("Three?")));
    QTRY_COMPARE(studio.cell(0, DatasetTableModel::Text), QStringLiteral("Eins?"));
    QCOMPARE(studio.cell(2, DatasetTableModel::Text), QStringLiteral("Three?"));
    // What is no JSON yet waits at its row.
    json->setPlainText(QStringLiteral("{\"messages\": ["));
    studio.page().table()->selectRow(1);
    QTRY_VERIFY(json->toPlainText().contains(QStringLiteral("Two?")));
    studio.page().table()->selectRow(2);
    QTRY_COMPARE(json->toPlainText(), QStringLiteral("{\"messages\": ["));
    QCOMPARE(studio.cell(2, DatasetTableModel::Text), QStringLiteral("Three?"));
    // A very long text is sent with a pause; it goes to its row, too.
    studio.page().editor()->showView(QStringLiteral("turns"));
    studio.page().table()->selectRow(0);
    QTRY_COMPARE(studio.text(0)->toPlainText(), QStringLiteral("Eins?"));
    studio.text(0)->setPlainText(QString(150000, QLatin1Char('a')));
    studio.page().table()->selectRow(1);
    QTRY_COMPARE(studio.text(0)->toPlainText(), QStringLiteral("Two?"));
    QTRY_VERIFY(studio.cell(0, DatasetTableModel::Text).startsWith(QStringLiteral("aaa")));
  }

  void severalRowsMoveTogether() {
    Studio studio;
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 3);
    QTRY_COMPARE(studio.cell(2, DatasetTableModel::Text), QStringLiteral("Three?"));
    studio.page().table()->setFocus();
    studio.page().table()->selectRow(2);
    studio.page().table()->selectionModel()->select(studio.page().table()->model()->index(1, 0),
                                                    QItemSelectionModel::Select | QItemSelectionModel::Rows);
    studio.key(Qt::Key_Up, Qt::AltModifier);
    QTRY_COMPARE(studio.cell(0, DatasetTableModel::Text), QStringLiteral("Two?"));
    QCOMPARE(studio.cell(1, DatasetTableModel::Text), QStringLiteral("Three?"));
    QTRY_COMPARE(studio.page().table()->selectionModel()->selectedRows().size(), 2);
    studio.key(Qt::Key_Down, Qt::AltModifier);
    QTRY_COMPARE(studio.cell(0, DatasetTableModel::Text), QStringLiteral("One?"));
  }

  void aSaveJustAskedForIsDoneBeforeTheWindowGoes() {
    Studio studio;
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QTest::keyClicks(studio.text(0), QStringLiteral("At last: "));
    studio.session().save();
    studio.window.reset();
    QVERIFY(bytesOf(studio.file).contains("At last: One?"));
  }

  void whatIsTypedDuringASaveIsNotInTheFile() {
    Studio studio;
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QSignalSpy saved(&studio.session(), &DatasetSession::saved);
    studio.text(0)->setFocus();
    QTest::keyClicks(studio.text(0), QStringLiteral("Before. "));
    QTRY_VERIFY(studio.session().state().changed);
    studio.key(Qt::Key_S, Qt::ControlModifier);
    QCOMPARE(saved.size(), 0);
    QTest::keyClicks(studio.text(0), QStringLiteral("After. "));
    QTRY_COMPARE(saved.size(), 1);
    const QByteArray first = bytesOf(studio.file);
    QVERIFY(first.contains("Before. One?"));
    QVERIFY(!first.contains("After."));
    QTRY_COMPARE(studio.cell(0, DatasetTableModel::Text), QStringLiteral("Before. After. One?"));
    QVERIFY(studio.session().state().changed);
    const auto notSaved = [&studio] {
      const auto labels = studio.page().findChildren<QLabel *>();
      return std::any_of(labels.begin(), labels.end(), [](QLabel *label) { return label->text().contains(QLatin1String("not saved")); });
    };
    QTRY_VERIFY(notSaved());
    studio.start(); // nothing was saved since, nothing was asked
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QTRY_COMPARE(studio.text(0)->toPlainText(), QStringLiteral("Before. After. One?"));
    QCOMPARE(bytesOf(studio.file), first);
  }

  void trainingWaitsForTheSaveThatHoldsAllThatWasTyped() {
    Studio studio;
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QSignalSpy saved(&studio.session(), &DatasetSession::saved);
    QSignalSpy train(&studio.page(), &DataPage::trainRequested);
    QTest::keyClicks(studio.text(0), QStringLiteral("One. "));
    QTRY_VERIFY(studio.session().state().changed);
    studio.session().save();
    QTest::keyClicks(studio.text(0), QStringLiteral("Two. "));
    QTest::mouseClick(studio.button(QStringLiteral("Save and train")), Qt::LeftButton);
    QTRY_COMPARE(train.size(), 1);
    QCOMPARE(saved.size(), 1);
    QVERIFY(bytesOf(studio.file).contains("One. Two. One?"));
    QVERIFY(!studio.session().state().changed);
  }

  void splitAndConvert() {
    QByteArray rows;
    for (int i = 0; i < 20; ++i) rows += "{\"instruction\": \"q" + QByteArray::number(i) + "\", \"output\": \"a\"}\n";
    Studio studio(rows);
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 20);
    QSignalSpy split(&studio.session(), &DatasetSession::wasSplit);
    const QString train = studio.folder.filePath(QStringLiteral("a.jsonl")), validation = studio.folder.filePath(QStringLiteral("b.jsonl"));
    studio.session().split({train.toStdString(), validation.toStdString(), 0.1, 0, false});
    QTRY_COMPARE(split.size(), 1);
    QCOMPARE(bytesOf(train).count('\n'), 18);
    QCOMPARE(bytesOf(validation).count('\n'), 2);
    QSignalSpy exported(&studio.session(), &DatasetSession::exported);
    const QString list = studio.folder.filePath(QStringLiteral("c.json"));
    studio.session().exportTo(list, api::DatasetFormat::Messages);
    QTRY_COMPARE(exported.size(), 1);
    studio.page().openDataset(list);
    QTRY_COMPARE(studio.session().path(), list);
    QTRY_COMPARE(studio.cell(19, DatasetTableModel::Text), QStringLiteral("q19"));
  }

  void anotherProgramChangedTheFile() {
    Studio studio;
    QTRY_COMPARE(studio.page().editor()->cards().size(), size_t(2));
    QTest::keyClicks(studio.text(0), QStringLiteral("X"));
    QTRY_VERIFY(studio.session().state().changed);
    const QByteArray other = kRows + kRows;
    writeRows(studio.file, other);
    studio.session().save();
    auto *banner = studio.page().findChild<Banner *>();
    QTRY_VERIFY(banner->isVisible());
    QCOMPARE(bytesOf(studio.file), other);
  }

  void tokensOfTheStarterModel() {
    Studio studio;
    if (studio.composition->services().starterModel.empty()) QSKIP("The starter model is not here: ./dev setup fetches it.");
    QTRY_VERIFY(studio.session().survey());
    QVERIFY(studio.session().survey()->lengths.tokens > 10);
    QTRY_VERIFY(studio.cell(0, DatasetTableModel::Tokens).toInt() > studio.cell(0, DatasetTableModel::Trained).toInt());
    QVERIFY(studio.cell(0, DatasetTableModel::Trained).toInt() > 0);
  }

  void filesThatCannotBeReadSayWhy() {
    Studio studio;
    QTRY_COMPARE(studio.page().table()->model()->rowCount(), 3);
    QSignalSpy failed(&studio.session(), &DatasetSession::failed);
    studio.page().openDataset(studio.folder.filePath(QStringLiteral("none.jsonl")));
    QTRY_COMPARE(failed.size(), 1);
    QVERIFY(failed.front().front().toString().contains(QStringLiteral("none.jsonl")));
    QCOMPARE(studio.session().path(), studio.file); // what was open stays open
  }

  void jsonIsOnlyLaidOut() {
    const char *const compact = "{\"a\":[1.50,{\"b\":\"x, \\\" y: {\"}],\"c\":{},\"d\":[]}";
    const char *const laidOut = "{\n  \"a\": [\n    1.50,\n    {\n      \"b\": \"x, \\\" y: {\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}";
    QCOMPARE(indentedJson(QLatin1String(compact)), QLatin1String(laidOut));
  }
};

QTEST_MAIN(DataPageTest)
#include "data_page_test.moc"
