// Edits while a dataset is saved: which of them the file holds, what is unsaved still, and what a kill at any moment leaves.
#include "tests/support/dataset_fixture.h"
#include "tests/support/file_calls.h"

#include <atomic>
#include <doctest/doctest.h>
#include <future>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace attune;
using test::DatasetFixture;
using Rows = std::vector<std::string>;

namespace {

std::string row(const std::string &answer) { return "{\"instruction\":\"q\",\"output\":\"" + answer + "\"}"; }

std::string fileOf(const Rows &rows) {
  std::string text;
  for (const std::string &one : rows) text += one + "\n";
  return text;
}

const Rows kThree = {row("a"), row("b"), row("c")};

/// Edits before, in and between two saves. `done` is told after each; nothing else happens in between.
void editAndSave(api::DatasetDocument &document, const std::function<void()> &done, test::FileCalls &calls) {
  const auto step = [&](const Result<api::DocumentChange> &change) {
    REQUIRE(change.ok());
    done();
  };
  const auto id = [&](size_t position) { return document.state().order->at(position); };
  step(document.insertRow(3, row("d")));
  step(document.setField(id(0), "output", "one", true));
  const auto first = document.save(false);
  step(document.setField(id(0), "output", "one more", true)); // no step with what was typed before
  bool reported = false;
  const auto meanwhile = [&](int64_t, int64_t) {
    if (std::exchange(reported, true)) return;
    step(document.undo());
    step(document.duplicateRows({id(2)}));
    step(document.undo());
    step(document.undo()); // takes back what the save writes
    step(document.setField(id(1), "output", "two", false));
    step(document.redo());
    step(document.insertRow(0, row("e")));
  };
  calls.onRename = [&] {
    step(document.undo());
    step(document.setField(id(2), "output", "three", false));
  };
  REQUIRE(first({}, meanwhile).ok());
  calls.onRename = {};
  step(document.removeRows({id(0)}));
  step(document.undo());
  const auto second = document.save(false);
  step(document.moveRows({id(0)}, 2));
  REQUIRE(second({}, {}).ok());
  step(document.duplicateRows({id(1)}));
  step(document.undo());
  step(document.undo());
  step(document.undo()); // beyond the save
  step(document.redo());
}

} // namespace

TEST_CASE("A save writes the rows of the moment it was asked for, and what is changed meanwhile is unsaved") {
  DatasetFixture data(fileOf(kThree));
  REQUIRE(data.document->setField(0, "output", "saved", false).ok());
  auto save = data.document->save(false);
  REQUIRE(data.document->setField(1, "output", "later", false).ok());
  std::future<bool> edited;
  const auto edit = [&](int64_t, int64_t) { // from another thread, as a person does; a save that holds it up shows here
    edited = std::async(std::launch::async, [&] { return data.document->removeRows({2}).ok(); });
    CHECK(edited.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  };
  REQUIRE(std::exchange(save, {})({}, edit).ok());
  CHECK(edited.get());
  CHECK(data.saved() == fileOf({row("saved"), row("b"), row("c")}));
  CHECK(data.all() == Rows{row("saved"), row("later")});
  CHECK(data.document->state().changed);
  CHECK(data.document->state().undoSteps == 3);
  SUBCASE("back to what was saved") {
    REQUIRE(data.document->undo().ok());
    REQUIRE(data.document->undo().ok());
    CHECK(!data.document->state().changed);
    REQUIRE(data.document->undo().ok()); // over the save
    CHECK(data.all() == kThree);
    CHECK(data.document->state().changed);
    data.open();
    CHECK(data.all() == kThree);
  }
  SUBCASE("killed") {
    data.open();
    CHECK(data.document->state().recoveredEdits == 2);
    CHECK(data.all() == Rows{row("saved"), row("later")});
    REQUIRE(data.document->undo().ok());
    CHECK(data.all() == Rows{row("saved"), row("later"), row("c")});
  }
  SUBCASE("killed, and the file changed by another program") {
    data.folder.write("rows.jsonl", row("theirs") + "\n");
    data.open();
    CHECK(data.all() == Rows{row("theirs")});
    CHECK(data.document->state().fileProblem.find("not saved") != std::string::npos); // and kept beside
  }
  SUBCASE("saved again") {
    REQUIRE(data.document->save(false)({}, {}).ok());
    CHECK(data.saved() == fileOf({row("saved"), row("later")}));
    CHECK(!data.document->state().changed);
    data.open();
    CHECK(data.document->state().recoveredEdits == 0);
    CHECK(data.all() == Rows{row("saved"), row("later")});
  }
}

TEST_CASE("Exports and splits hold the rows of the moment they were asked for") {
  DatasetFixture data(fileOf(kThree));
  const std::string base = data.folder.path();
  const auto copy = data.document->exportTo(base + "/copy.jsonl", api::DatasetFormat::Auto, false);
  const auto csv = data.document->exportTo(base + "/copy.csv", api::DatasetFormat::Auto, false);
  const auto parts = data.document->split({base + "/t.jsonl", base + "/v.jsonl", 0.4, 0, false});
  REQUIRE(data.document->setField(0, "output", "later", false).ok());
  REQUIRE(data.document->removeRows({2}).ok());
  REQUIRE(data.document->save(false)({}, {}).ok());
  REQUIRE(copy({}, {}).ok());
  CHECK(test::readAll(base + "/copy.jsonl") == fileOf(kThree));
  REQUIRE(csv({}, {}).ok());
  CHECK(test::readAll(base + "/copy.csv") == "instruction,output\nq,a\nq,b\nq,c\n");
  const auto rows = parts({}, {});
  REQUIRE(rows.ok());
  CHECK(rows->first + rows->second == 3);
}

TEST_CASE("Saves that were asked for one after another leave the newest rows, whichever is written first") {
  DatasetFixture data(fileOf(kThree));
  REQUIRE(data.document->setField(0, "output", "one", false).ok());
  const auto first = data.document->save(false);
  REQUIRE(data.document->setField(0, "output", "two", false).ok());
  const auto second = data.document->save(false);
  REQUIRE(second({}, {}).ok());
  REQUIRE(first({}, {}).ok());
  CHECK(data.json(0) == row("two"));
  CHECK(data.saved() == fileOf({row("two"), row("b"), row("c")}));
  CHECK(!data.document->state().changed);
  // One that was asked for before everything was discarded writes nothing.
  REQUIRE(data.document->setField(0, "output", "three", false).ok());
  const auto third = data.document->save(false);
  REQUIRE(data.document->discardChanges().ok());
  CHECK(third({}, {}).error().code == ErrorCode::Interrupted);
  CHECK(data.saved() == fileOf({row("two"), row("b"), row("c")}));
}

TEST_CASE("Undo goes a thousand steps back over a save that they went on beside") {
  DatasetFixture data(fileOf(kThree));
  const auto change = [&](int i) { REQUIRE(data.document->setField(1, "output", std::to_string(i), false).ok()); };
  for (int i = 0; i < 500; ++i) change(i);
  bool reported = false;
  const auto meanwhile = [&](int64_t, int64_t) {
    if (std::exchange(reported, true)) return;
    for (int i = 500; i < 1000; ++i) change(i);
  };
  REQUIRE(data.document->save(false)({}, meanwhile).ok());
  for (int i = 998; i >= 0; --i) {
    REQUIRE(data.document->undo().ok());
    CHECK(data.json(1) == row(std::to_string(i)));
    CHECK(data.document->state().changed == (i != 499));
  }
  REQUIRE(data.document->undo().ok());
  CHECK(data.all() == kThree);
  CHECK(data.document->state().undoSteps == 0);
  for (int i = 0; i < 1000; ++i) REQUIRE(data.document->redo().ok());
  CHECK(data.json(1) == row("999"));
  data.open();
  CHECK(data.json(1) == row("999"));
}

TEST_CASE("A kill in any write or rename of a save with edits beside it loses nothing and does nothing twice") {
  std::vector<Rows> states = {kThree}; // after so many edits
  {
    DatasetFixture data(fileOf(kThree));
    test::FileCalls calls;
    editAndSave(
        *data.document, [&] { states.push_back(data.all()); }, calls);
  }
  auto *const edits =
      static_cast<std::atomic<int> *>(::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  REQUIRE(edits != MAP_FAILED);
  bool finished = false;
  int kills = 0;
  for (int change = 1; !finished; ++change) {
    DatasetFixture data(fileOf(kThree));
    data.document.reset();
    *edits = 0;
    const pid_t child = ::fork();
    if (child == 0) {
      test::FileCalls calls;
      calls.dieAt(change);
      store::FolderDatasetStore store(data.folder.path() + "/work", std::make_shared<store::TokenizerCache>());
      const auto document = store.open(data.file, {}).value();
      editAndSave(
          *document, [&] { ++*edits; }, calls);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    finished = WIFEXITED(status);
    REQUIRE((finished ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGKILL));
    kills += !finished;
    data.open();
    REQUIRE(data.document);
    const auto done = static_cast<size_t>(edits->load());
    INFO("change " << change << ", after " << done << " edits, file " << data.saved());
    CHECK(data.document->state().fileProblem.empty());
    const Rows now = data.all();
    // One more may have been written whole when the kill came.
    REQUIRE((now == states[done] || (done + 1 < states.size() && now == states[done + 1])));
    CHECK((data.document->state().changed || data.saved() == fileOf(now)));
    REQUIRE(data.document->setField(data.id(0), "output", "on", false).ok());
    REQUIRE(data.document->save(false)({}, {}).ok());
    Rows last = now;
    last[0] = row("on");
    CHECK(data.saved() == fileOf(last));
  }
  CHECK(kills > 25);
  ::munmap(edits, sizeof *edits);
}
