// A window on fakes, opened at Chat, and what a person does there. For QtTest; GUI thread.
#pragma once

#include "tests/support/fake_conversation_store.h"
#include "tests/support/fake_dataset_store.h"
#include "tests/support/studio_fixture.h"
#include "ui/pages/chat_page.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/toast.h"

#include <QLabel>
#include <QPlainTextEdit>
#include <QSettings>
#include <QtTest>

namespace attune::test {

struct ChatStudio : StudioFixture {
  FakeConversationStore conversations;
  FakeDatasetStore datasets;

  ChatStudio() {
    QSettings().remove(QStringLiteral("chat"));
    store.addRun("done", 100, 1.5);
    services.conversations = &conversations;
    services.datasets = &datasets;
    engine.steps = 100000;
  }
  ~ChatStudio() { window.reset(); } // before what it uses
  ui::ChatPage *open() {
    StudioFixture::open();
    window->goTo(ui::Place::Chat);
    return chat();
  }
  ui::ChatPage *chat() { return window->chatPage(); }
  /// Base and tuned, loaded.
  ui::ChatPage *openBoth() {
    ui::ChatPage *page = open();
    [&] { QTRY_VERIFY(window->runs().known()); }();
    page->useRun(QStringLiteral("/fake/runs/done"));
    [&] { QTRY_VERIFY(page->isReady()); }();
    return page;
  }
  void ask(const QString &question) {
    QTest::keyClicks(chat()->questionField(), question);
    QTest::keyClick(chat()->questionField(), Qt::Key_Return);
    [&] { QTRY_VERIFY(!chat()->isBusy()); }();
  }
  /// A run that goes, from the sample preset.
  void train() {
    window->tryIt();
    [&] { QTRY_VERIFY(!window->runs().active().isEmpty()); }();
    [&] { QTRY_VERIFY(window->runs().find(window->runs().active())->step > 2); }();
    window->goTo(ui::Place::Chat);
  }
  void stopRun() {
    window->runs().requestStop(window->runs().active());
    [&] { QTRY_VERIFY(window->runs().active().isEmpty()); }();
  }
  QString banner() const {
    const auto *shown = window->chatPage()->findChild<ui::Banner *>();
    return shown->isVisible() ? shown->findChildren<QLabel *>().last()->text() : QString();
  }
  QString toast() const {
    const auto *shown = window->findChild<ui::Toast *>();
    return shown && shown->isVisible() ? shown->findChild<QLabel *>()->text() : QString();
  }
};

} // namespace attune::test
