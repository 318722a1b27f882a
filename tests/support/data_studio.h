// A window at the Data page on a workspace and a file of its own, for QtTest; header-only. Links attune_composition.
#pragma once

#include "app/gui/composition.h"
#include "ui/pages/data_page.h"
#include "ui/pages/row_editor.h"
#include "ui/pages/turn_card.h"
#include "ui/shell/main_window.h"
#include "ui/widgets/text_box.h"

#include <QPushButton>
#include <QTableView>
#include <QTemporaryDir>
#include <QtTest>

#include <memory>

namespace attune::test {

inline QByteArray bytesOf(const QString &path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

inline QString writeRows(const QString &path, const QByteArray &rows) {
  QFile file(path);
  if (file.open(QIODevice::WriteOnly)) file.write(rows);
  return path;
}

inline const QByteArray kRows =
    R"({"messages": [{"role": "user", "content": "One?"}, {"role": "assistant", "content": "First."}], "id": 1.50}
{"messages": [{"role": "user", "content": "Two?"}, {"role": "assistant", "content": ""}]}
{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Three?"}, {"role": "assistant", "content": "Third."}]}
)";

inline QPushButton *visibleButton(const QWidget *in, const QString &text) {
  for (QPushButton *candidate : in->findChildren<QPushButton *>())
    if (candidate->text() == text && candidate->isVisible()) return candidate;
  return nullptr;
}

/// A window on a workspace of its own, with three rows open.
struct DataStudio {
  QTemporaryDir folder;
  std::unique_ptr<app::Composition> composition;
  ui::Appearance appearance;
  ui::Preferences preferences;
  std::unique_ptr<ui::MainWindow> window;
  QString file;

  explicit DataStudio(const QByteArray &rows = kRows) : file(writeRows(folder.filePath(QStringLiteral("rows.jsonl")), rows)) {
    preferences.language = QStringLiteral("en");
    appearance.apply(preferences);
    start();
  }
  void start() {
    window.reset();
    composition = std::make_unique<app::Composition>(folder.path(), QCoreApplication::applicationDirPath(), 0);
    window = std::make_unique<ui::MainWindow>(composition->services(), appearance, preferences);
    window->show();
    window->goTo(ui::Place::Data);
    QObject::connect(&session(), &ui::DatasetSession::failed, [](const QString &message) { qInfo("%s", qPrintable(message)); });
    page().openDataset(file);
  }
  ui::DataPage &page() const { return *window->dataPage(); }
  ui::DatasetSession &session() const { return page().session(); }
  QString cell(int row, int column) const { return page().table()->model()->index(row, column).data().toString(); }
  QPlainTextEdit *text(size_t card) const {
    [&] { QTRY_VERIFY(page().editor()->cards().size() > card); }(); // none while another row or file is read
    return page().editor()->cards().at(card)->editor();
  }
  QPlainTextEdit *json() const {
    for (QPlainTextEdit *edit : page().editor()->findChildren<QPlainTextEdit *>())
      if (edit->accessibleName() == QLatin1String("The row as JSON")) return edit;
    return nullptr;
  }
  QPushButton *button(const QString &text) const { return visibleButton(&page(), text); }
  void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) const {
    QTest::keyClick(window->focusWidget() ? window->focusWidget() : static_cast<QWidget *>(&page()), key, modifiers);
  }
};

} // namespace attune::test
