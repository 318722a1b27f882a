// A document and its file: saving byte for byte, other programs, full disks, kills, torn journals and hostile rows.
#include "core/data/dataset_convert.h"
#include "tests/support/dataset_fixture.h"
#include "tests/support/file_size_limit.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace attune;
using test::DatasetFixture;
using test::readAll;
using Rows = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

std::string alpaca(const std::string &question, const std::string &answer) {
  return "{\"instruction\":\"" + question + "\",\"output\":\"" + answer + "\"}";
}

std::string journalOf(const DatasetFixture &data) {
  for (const auto &entry : fs::directory_iterator(data.folder.path() + "/work/datasets/.edits")) {
    if (entry.path().extension() == ".jsonl") return entry.path().string();
  }
  return "";
}

Status save(DatasetFixture &data, bool force = false) { return data.document->save(force)({}, {}); }

} // namespace

TEST_CASE("Saving keeps every other byte of the rows, the layout and the original") {
  SUBCASE("JSON lines") {
    const std::string odd = "{ \"output\" : \"B\",\"instruction\":\"b\", \"n\": 1.50e3 }";
    DatasetFixture data(alpaca("a", "A") + "\n" + odd + "\n{broken\n\xff\xfe not text\n" + alpaca("c", "C") + "\n");
    const std::string before = data.saved();
    REQUIRE(data.document->setField(0, "output", "\u4f60\u597d", false).ok());
    REQUIRE(save(data).ok());
    CHECK(data.saved() == alpaca("a", "\u4f60\u597d") + "\n" + odd + "\n{broken\n\xff\xfe not text\n" + alpaca("c", "C") + "\n");
    CHECK(readAll(data.file + ".orig") == before);
    CHECK(!data.document->state().changed);
    REQUIRE(data.document->undo().ok()); // across the save
    CHECK(data.document->state().changed);
    REQUIRE(save(data).ok());
    CHECK(data.saved() == before);
    REQUIRE(data.document->redo().ok());
    REQUIRE(save(data).ok());
    CHECK(readAll(data.file + ".orig") == before); // the first, never replaced
    data.open();
    CHECK(data.json(0) == alpaca("a", "\u4f60\u597d"));
    CHECK(data.document->state().recoveredEdits == 0);
  }
  SUBCASE("a list, its elements as they were written") {
    const std::string first = "{\n    \"instruction\": \"a\",\n    \"output\": \"A\"\n  }";
    DatasetFixture data("[\n  " + first + ",\n  " + alpaca("b", "B") + "\n]\n", "rows.json");
    CHECK(data.document->state().layout == "json");
    REQUIRE(data.document->setField(1, "output", "C", false).ok());
    REQUIRE(save(data).ok());
    CHECK(data.saved() == "[\n" + first + ",\n" + alpaca("b", "C") + "\n]\n");
  }
  SUBCASE("lines in a .json file stay lines") {
    DatasetFixture data(alpaca("a", "A") + "\n" + alpaca("b", "B") + "\n", "rows.json");
    REQUIRE(data.document->removeRows({0}).ok());
    REQUIRE(save(data).ok());
    CHECK(data.saved() == alpaca("b", "B") + "\n");
  }
  SUBCASE("CSV") {
    DatasetFixture data("instruction;output\n\"a;1\";A\nb;\"B\"\n", "rows.csv");
    CHECK(data.document->state().layout == "csv");
    CHECK(data.json(0) == "{\"instruction\":\"a;1\",\"output\":\"A\"}");
    REQUIRE(data.document->setField(0, "output", "x\n\"y\"", false).ok());
    CHECK(data.document->setJson(1, "{\"instruction\":\"a\",\"output\":\"b\",\"more\":1}").error().where == data.file + ":2"); // no column
    CHECK(data.document->setField(9, "output", "b", false).error().where == data.file);
    REQUIRE(data.document->insertRow(2, "").ok());
    REQUIRE(save(data).ok());
    CHECK(data.saved() == "instruction;output\n\"a;1\";\"x\n\"\"y\"\"\"\nb;\"B\"\n\"\";\"\"\n");
    REQUIRE(data.document->undo().ok()); // journalled with the rows as the first file spelled them
    REQUIRE(data.document->undo().ok());
    data.open();
    CHECK(data.all() == Rows{"{\"instruction\":\"a;1\",\"output\":\"A\"}", "{\"instruction\":\"b\",\"output\":\"B\"}"});
  }
  SUBCASE("text") {
    DatasetFixture data("one\ntwo\n", "rows.txt");
    REQUIRE(data.document->setField(1, "text", "zwei", false).ok());
    CHECK(!data.document->setField(1, "text", "a\nb", false).ok());
    REQUIRE(save(data).ok());
    CHECK(data.saved() == "one\nzwei\n");
    REQUIRE(data.document->setField(1, "text", "", false).ok()); // while someone types
    CHECK(save(data).error().code == ErrorCode::InvalidData);
    CHECK(data.saved() == "one\nzwei\n");
  }
  SUBCASE("no rows") {
    DatasetFixture data("");
    CHECK(data.count() == 0);
    REQUIRE(data.document->insertRow(0, "").ok());
    REQUIRE(save(data).ok());
    CHECK(data.saved() == "{\"messages\":[{\"role\":\"user\",\"content\":\"\"},{\"role\":\"assistant\",\"content\":\"\"}]}\n");
    REQUIRE(data.document->undo().ok());
    REQUIRE(save(data).ok());
    CHECK(data.saved().empty());
  }
}

TEST_CASE("What another program did to the file is noticed") {
  DatasetFixture data(alpaca("a", "A") + "\n");
  REQUIRE(data.document->setField(0, "output", "mine", false).ok());
  SUBCASE("it is asked before saving over it") {
    data.folder.write("rows.jsonl", alpaca("a", "theirs") + "\n" + alpaca("b", "B") + "\n");
    CHECK(save(data).error().code == ErrorCode::Usage);
    CHECK(data.saved() == alpaca("a", "theirs") + "\n" + alpaca("b", "B") + "\n");
    REQUIRE(save(data, true).ok());
    CHECK(data.saved() == alpaca("a", "mine") + "\n");
  }
  SUBCASE("edits of a killed session are put aside") {
    data.folder.write("rows.jsonl", alpaca("a", "theirs") + "\n");
    data.open();
    REQUIRE(data.document);
    CHECK(data.json(0) == alpaca("a", "theirs"));
    const api::DocumentState state = data.document->state();
    CHECK(state.recoveredEdits == 0);
    CHECK(!state.changed);
    const size_t at = state.fileProblem.find(data.folder.path());
    REQUIRE(at != std::string::npos);
    const std::string kept = state.fileProblem.substr(at, state.fileProblem.find(".conflict") + 9 - at);
    CHECK(readAll(kept).find("mine") != std::string::npos);
  }
  SUBCASE("deleted") {
    fs::remove(data.file);
    CHECK(save(data).error().code == ErrorCode::FileNotFound);
    REQUIRE(save(data, true).ok());
    CHECK(data.saved() == alpaca("a", "mine") + "\n");
  }
  SUBCASE("changed after it was saved: nothing is missing") {
    REQUIRE(save(data).ok());
    fs::copy_file(journalOf(data), data.folder.path() + "/kept"); // as after a kill
    const std::string journal = journalOf(data);
    data.document.reset();
    fs::copy_file(data.folder.path() + "/kept", journal, fs::copy_options::overwrite_existing);
    data.folder.write("rows.jsonl", alpaca("a", "theirs") + "\n");
    data.open();
    CHECK(data.document->state().fileProblem.empty());
  }
}

TEST_CASE("Another time of the same content is no change, and rows written over in place cost only themselves") {
  DatasetFixture data(alpaca("a", "A") + "\n" + alpaca("b", "B") + "\n" + alpaca("c", "C") + "\n");
  REQUIRE(data.document->setField(0, "output", "mine", false).ok());
  SUBCASE("touched") {
    fs::last_write_time(data.file, fs::last_write_time(data.file) + std::chrono::seconds(5));
    CHECK(data.json(1) == alpaca("b", "B"));
    REQUIRE(data.document->exportTo(data.folder.path() + "/copy.jsonl", api::DatasetFormat::Auto, false)({}, {}).ok());
    data.open(); // the edits still fit
    CHECK(data.document->state().recoveredEdits == 1);
    CHECK(data.document->state().fileProblem.empty());
    CHECK(data.json(0) == alpaca("a", "mine"));
    fs::last_write_time(data.file, fs::last_write_time(data.file) + std::chrono::seconds(5));
    REQUIRE(save(data).ok());
    REQUIRE(data.document->setField(1, "output", "more", false).ok()); // from the content that was saved
    fs::last_write_time(data.file, fs::last_write_time(data.file) + std::chrono::seconds(5));
    data.open();
    CHECK(data.all() == Rows{alpaca("a", "mine"), alpaca("b", "more"), alpaca("c", "C")});
    REQUIRE(save(data).ok());
  }
  SUBCASE("added to") {
    std::ofstream(data.file, std::ios::app) << alpaca("d", "theirs") << "\n";
    CHECK(data.json(2) == alpaca("c", "C"));
    CHECK(save(data).error().code == ErrorCode::Usage);
    REQUIRE(save(data, true).ok());
    CHECK(data.saved() == alpaca("a", "mine") + "\n" + alpaca("b", "B") + "\n" + alpaca("c", "C") + "\n");
    CHECK(data.document->state().undoSteps == 1);
  }
  SUBCASE("a row written over") {
    data.folder.write("rows.jsonl", alpaca("x", "X") + "\n" + alpaca("y", "Y") + "\n" + alpaca("c", "C") + "\n");
    const auto over = data.document->row(1);
    CHECK((!over.ok() || !over->parsed));
    CHECK(save(data).error().code == ErrorCode::Usage);
    REQUIRE(save(data, true).ok());
    CHECK(data.saved() == alpaca("a", "mine") + "\n" + alpaca("c", "C") + "\n");
    CHECK(data.all() == Rows{alpaca("a", "mine"), alpaca("c", "C")});
    CHECK(data.document->state().fileProblem.find("1 of the rows") != std::string::npos);
    CHECK(readAll(data.file + ".orig").find(alpaca("y", "Y")) != std::string::npos);
  }
}

TEST_CASE("A kill between the two halves of a save loses nothing and brings nothing back twice") {
  DatasetFixture data(alpaca("a", "A") + "\n");
  REQUIRE(data.document->insertRow(1, alpaca("b", "B")).ok());
  const std::string old = data.saved();
  REQUIRE(save(data).ok());
  const std::string whole = readAll(journalOf(data));
  const std::string journal = journalOf(data);
  const std::string unfinished = whole.substr(0, whole.find("{\"saved\""));
  REQUIRE(unfinished.size() < whole.size());
  data.document.reset();
  SUBCASE("the file was replaced") {
    std::ofstream(journal, std::ios::binary) << unfinished;
    data.open();
    CHECK(data.all() == Rows{alpaca("a", "A"), alpaca("b", "B")});
    CHECK(!data.document->state().changed);
  }
  SUBCASE("the file was not replaced") {
    fs::rename(data.file + ".orig", data.file); // with its time
    std::ofstream(journal, std::ios::binary) << unfinished;
    data.open();
    CHECK(data.all() == Rows{alpaca("a", "A"), alpaca("b", "B")});
    CHECK(data.document->state().changed);
    REQUIRE(data.document->undo().ok());
    CHECK(data.all() == Rows{alpaca("a", "A")});
  }
}

TEST_CASE("A torn journal gives every record before the tear") {
  DatasetFixture data(alpaca("a", "A") + "\n");
  std::vector<size_t> ends;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(data.document->setField(0, "output", std::string("v").append(std::to_string(i)), false).ok());
    ends.push_back(fs::file_size(journalOf(data)));
  }
  const std::string journal = journalOf(data);
  const std::string whole = readAll(journal);
  data.document.reset();
  for (size_t cut = ends[0]; cut <= whole.size(); cut += 7) {
    for (const bool noise : {false, true}) {
      std::ofstream(journal, std::ios::binary) << whole.substr(0, cut) << (noise ? std::string(20, '\0') : "");
      data.open();
      REQUIRE(data.document);
      size_t records = 0;
      while (records < ends.size() && ends[records] <= cut) ++records;
      REQUIRE(data.json(0) == alpaca("a", std::string("v").append(std::to_string(records - 1))));
      // What follows the tear is written over.
      REQUIRE(data.document->setField(0, "output", "after", false).ok());
      data.open();
      REQUIRE(data.json(0) == alpaca("a", "after"));
      data.document.reset();
    }
  }
}

TEST_CASE("After a kill at any moment every edit that was acknowledged is there") {
  for (int round = 0; round < 12; ++round) {
    DatasetFixture data(alpaca("a", "A") + "\n" + alpaca("b", "B") + "\n");
    data.document.reset();
    int acknowledged[2];
    REQUIRE(::pipe(acknowledged) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto store = std::make_unique<store::FolderDatasetStore>(data.folder.path() + "/work", std::make_shared<store::TokenizerCache>());
      const auto document = store->open(data.file, {});
      if (!document.ok()) ::_exit(1);
      std::string text;
      for (int32_t i = 1;; ++i) {
        text += static_cast<char>('a' + i % 26);
        if (!(*document)->setField(static_cast<api::RowId>(i % 2), "output", text, true).ok()) ::_exit(1);
        if (i % 50 == 0 && !(*document)->save(false)({}, {}).ok()) ::_exit(1);
        if (::write(acknowledged[1], &i, sizeof i) != sizeof i) ::_exit(1);
      }
    }
    ::close(acknowledged[1]);
    int32_t last = 0;
    const int32_t enough = 20 + round * 17;
    while (last < enough) REQUIRE(::read(acknowledged[0], &last, sizeof last) == sizeof last);
    ::usleep(static_cast<useconds_t>(round * 211));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    while (::read(acknowledged[0], &last, sizeof last) == sizeof last) {
    }
    ::close(acknowledged[0]);
    std::string text;
    for (int32_t i = 1; i <= last; ++i) text += static_cast<char>('a' + i % 26);
    const std::string next = text + static_cast<char>('a' + (last + 1) % 26); // may have been under way
    data.open();
    REQUIRE(data.document);
    const std::string now = data.json(static_cast<size_t>(last % 2));
    CHECK_MESSAGE((now == alpaca(last % 2 ? "b" : "a", text)), now);
    const std::string other = data.json(static_cast<size_t>((last + 1) % 2));
    const std::string before = text.substr(0, text.size() - 1);
    const std::string question = (last + 1) % 2 ? "b" : "a";
    CHECK_MESSAGE((other == alpaca(question, before) || other == alpaca(question, next)), other);
  }
}

TEST_CASE("A full disk refuses the change and leaves file and rows as they were") {
  DatasetFixture data(alpaca("a", std::string(3000, 'x')) + "\n");
  REQUIRE(data.document->setField(0, "instruction", "b", false).ok());
  const Rows before = data.all();
  const std::string file = data.saved();
  const auto journal = fs::file_size(journalOf(data));
  {
    const test::FileSizeLimit full(journal + 100);
    const auto change = data.document->setField(0, "output", std::string(5000, 'y'), false);
    CHECK(change.error().code == ErrorCode::IoFailed);
    CHECK(data.all() == before);
    CHECK(data.document->state().undoSteps == 1);
  }
  CHECK(fs::file_size(journalOf(data)) == journal);
  {
    const test::FileSizeLimit full(1000);
    CHECK(save(data).error().code == ErrorCode::IoFailed);
    CHECK(data.saved() == file);
    CHECK(!fs::exists(data.file + ".orig"));
    CHECK(data.document->state().changed);
  }
  REQUIRE(save(data).ok());
  data.open();
  CHECK(data.all() == before);
}

TEST_CASE("One window edits a dataset at a time, and a journal stays only while something is unsaved") {
  DatasetFixture data(alpaca("a", "A") + "\n");
  store::FolderDatasetStore other(data.folder.path() + "/work", std::make_shared<store::TokenizerCache>());
  const auto second = other.open(data.file, {});
  REQUIRE(!second.ok());
  CHECK(second.error().code == ErrorCode::Usage);
  CHECK(data.store->open(data.file, {}).value() == data.document); // the same window
  CHECK(!journalOf(data).empty());
  data.document.reset();
  CHECK(journalOf(data).empty());
  CHECK(other.open(data.file, {}).ok());
  CHECK(other.open(data.folder.path() + "/missing.jsonl", {}).error().code == ErrorCode::FileNotFound);
  CHECK(journalOf(data).empty());
  store::FolderDatasetStore nowhere(data.file, std::make_shared<store::TokenizerCache>()); // where no folder can be made
  const auto refused = nowhere.open(data.file, {});
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == ErrorCode::IoFailed);
  CHECK(refused.error().where.find(".edits") != std::string::npos);
}

TEST_CASE("A document that cannot be opened leaves the journal alone") {
  DatasetFixture data(alpaca("a", "A") + "\n");
  REQUIRE(data.document->setField(0, "output", "mine", false).ok());
  data.document.reset();
  const std::string journal = readAll(journalOf(data));
  SUBCASE("the file is away") {
    fs::rename(data.file, data.file + ".away");
    data.open();
    CHECK(!data.document);
    fs::rename(data.file + ".away", data.file);
  }
  SUBCASE("the file is not a dataset now, and back again") {
    fs::rename(data.file, data.file + ".away");
    data.folder.write("rows.jsonl", "PAR1");
    data.open();
    CHECK(!data.document);
    fs::rename(data.file + ".away", data.file);
  }
  SUBCASE("old edits cannot be put aside") {
    fs::rename(data.file, data.file + ".away");
    data.folder.write("rows.jsonl", alpaca("a", "B") + "\n");
    fs::create_directory(journalOf(data) + ".new"); // in the way of the next journal
    data.open();
    CHECK(!data.document);
    fs::remove(journalOf(data) + ".new");
    fs::rename(data.file + ".away", data.file);
  }
  CHECK(readAll(journalOf(data)) == journal);
  data.open();
  REQUIRE(data.document);
  CHECK(data.json(0) == alpaca("a", "mine"));
}

TEST_CASE("Discarding goes back to the file and forgets") {
  DatasetFixture data(alpaca("a", "A") + "\n");
  REQUIRE(data.document->insertRow(0, "").ok());
  REQUIRE(data.document->discardChanges().ok());
  CHECK(data.all() == Rows{alpaca("a", "A")});
  CHECK(data.document->state().undoSteps == 0);
  CHECK(!data.document->state().changed);
  REQUIRE(data.document->setField(0, "output", "B", false).ok());
  data.open();
  CHECK(data.document->state().recoveredEdits == 1);
  CHECK(data.all() == Rows{alpaca("a", "B")});
  REQUIRE(data.document->discardChanges().ok());
  const std::string journal = readAll(journalOf(data)); // as after a kill
  const std::string name = journalOf(data);
  data.document.reset();
  std::ofstream(name, std::ios::binary) << journal;
  data.open();
  CHECK(data.document->state().recoveredEdits == 0);
  CHECK(data.all() == Rows{alpaca("a", "A")});
}

TEST_CASE("An export that runs while the changes are discarded still writes them") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += alpaca(std::to_string(i), "A") + "\n";
  DatasetFixture data(text);
  REQUIRE(data.document->setField(4999, "output", "edited", false).ok());
  const std::string copy = data.folder.path() + "/copy.jsonl";
  bool discarded = false;
  const auto discard = [&](int64_t, int64_t) {
    if (!discarded) CHECK(data.document->discardChanges().ok());
    discarded = true;
  };
  const Status written = data.document->exportTo(copy, api::DatasetFormat::Auto, false)({}, discard);
  REQUIRE_MESSAGE(written.ok(), written.error().text());
  CHECK(discarded);
  CHECK(readAll(copy).find("edited") != std::string::npos);
}

TEST_CASE("Hostile rows are shown, and saved untouched") {
  const std::string large = alpaca("big", std::string((size_t(16) << 20) - 100, 'x'));
  DatasetFixture data("\xfd\xff{\"a\":1}\n" + large + "\n[1,2]\n{\"instruction\":\"a\",\"instruction\":\"b\"}\n" + alpaca("a", "A") + "\n");
  REQUIRE(data.count() == 5);
  const auto broken = data.document->row(0);
  REQUIRE(broken.ok());
  CHECK(!broken->parsed);
  CHECK(broken->json == "\uFFFD\uFFFD{\"a\":1}");
  CHECK(broken->problems.at(0).code == "invalid_utf8");
  CHECK(!data.document->setField(0, "output", "x", false).ok());
  const auto list = data.document->row(2);
  CHECK(list->parsed);
  CHECK(list->format == api::DatasetFormat::Auto);
  CHECK(list->fields.empty());
  CHECK(data.document->row(3)->problems.at(0).code == "not_json");
  CHECK(data.document->glances({0, 1, 2, 3})[1].text == "big");
  CHECK(data.document->setField(1, "output", std::string(size_t(17) << 20, 'y'), false).error().code == ErrorCode::InvalidData);
  const std::string before = data.saved();
  REQUIRE(data.document->setField(1, "output", "small", false).ok());
  REQUIRE(data.document->undo().ok());
  REQUIRE(save(data).ok());
  CHECK(data.saved() == before);
  REQUIRE(data.document->setJson(0, "{\"text\":\"mended\"}").ok());
  CHECK(data.json(0) == "{\"text\":\"mended\"}");
}

TEST_CASE("Splitting and exporting do what the command line does with the saved file") {
  std::string text;
  for (int i = 0; i < 50; ++i) text += alpaca(std::to_string(i), "A") + "\n";
  DatasetFixture data(text);
  REQUIRE(data.document->removeRows({3, 9}).ok());
  REQUIRE(data.document->setField(20, "output", "edited", false).ok());
  REQUIRE(data.document->moveRows({40}, 0).ok());
  const std::string base = data.folder.path();
  const auto parts = data.document->split({base + "/t1.jsonl", base + "/v1.jsonl", 0.25, 7, false})({}, {});
  REQUIRE(parts.ok());
  CHECK(parts->first == 36);
  CHECK(parts->second == 12);
  REQUIRE(data.document->exportTo(base + "/m1.json", api::DatasetFormat::Messages, false)({}, {}).ok());
  REQUIRE(data.document->exportTo(base + "/c1.csv", api::DatasetFormat::Auto, false)({}, {}).ok());
  CHECK(data.document->exportTo(base + "/c1.csv", api::DatasetFormat::Auto, false)({}, {}).error().code == ErrorCode::Usage);
  CHECK(data.document->exportTo(data.file, api::DatasetFormat::Auto, true)({}, {}).error().code == ErrorCode::Usage);
  CHECK(data.document->exportTo(base + "/t.jsonl", api::DatasetFormat::Text, false)({}, {}).error().code == ErrorCode::InvalidData);
  CHECK(data.saved() == text); // it stayed where it was
  REQUIRE(save(data).ok());
  REQUIRE(data::splitDataset({{data.file}}, 0.25, 7, {base + "/t2.jsonl", base + "/v2.jsonl"}).ok());
  REQUIRE(data::convertDataset({{data.file}}, api::DatasetFormat::Messages, base + "/m2.json").ok());
  REQUIRE(data::convertDataset({{data.file}}, api::DatasetFormat::Alpaca, base + "/c2.csv").ok());
  CHECK(readAll(base + "/t1.jsonl") == readAll(base + "/t2.jsonl"));
  CHECK(readAll(base + "/v1.jsonl") == readAll(base + "/v2.jsonl"));
  CHECK(readAll(base + "/m1.json") == readAll(base + "/m2.json"));
  CHECK(readAll(base + "/c1.csv") == readAll(base + "/c2.csv"));
}

TEST_CASE("The store lists datasets, makes new ones and adds conversations to them") {
  DatasetFixture data(alpaca("a", "A") + "\n");
  store::FolderDatasetStore &store = *data.store;
  const auto made = store.create("talks", api::DatasetFormat::Sharegpt);
  REQUIRE(made.ok());
  CHECK(store.create("talks", api::DatasetFormat::Text).error().code == ErrorCode::Usage);
  for (const char *name : {"", "../up", ".hidden", "a/b"}) CHECK(!store.create(name, api::DatasetFormat::Text).ok());
  REQUIRE(store.append(*made, {{"system", "be kind"}, {"user", "q"}, {"assistant", "a"}}).ok());
  CHECK(readAll(*made) == "{\"conversations\":[{\"from\":\"system\",\"value\":\"be kind\"},{\"from\":\"human\",\"value\":\"q\"},"
                          "{\"from\":\"gpt\",\"value\":\"a\"}]}\n");
  int told = 0;
  data.document->onForeignChange([&told] { ++told; });
  REQUIRE(store.append(data.file, {{"user", "q"}, {"assistant", "b"}}).ok()); // open: a change like any other
  CHECK(told == 1);
  CHECK(data.json(1) == "{\"instruction\":\"q\",\"input\":\"\",\"output\":\"b\"}");
  CHECK(data.document->state().changed);
  CHECK(data.saved() == alpaca("a", "A") + "\n");
  REQUIRE(data.document->undo().ok());
  CHECK(data.count() == 1);
  CHECK(told == 1);
  const auto listed = store.list();
  REQUIRE(listed.size() == 2);
  CHECK(listed[0].path == *made);
  CHECK(listed[1].path == fs::canonical(data.file).string());
  CHECK(listed[1].hasJournal);

  const std::string csv = data.folder.write("c.csv", "instruction,output,id\na,A,1\n");
  REQUIRE(store.append(csv, {{"user", "q"}, {"assistant", "x,y"}}).ok());
  CHECK(readAll(csv) == "instruction,output,id\na,A,1\nq,\"x,y\",\"\"\n");
  CHECK(store.append(csv, {{"system", "s"}, {"user", "q"}, {"assistant", "a"}}).error().code == ErrorCode::InvalidData);
  CHECK(store.append(csv, {{"user", "q"}}).error().code == ErrorCode::InvalidData);
  CHECK(store.append(data.folder.write("t.txt", "one\n"), {{"user", "q"}, {"assistant", "a"}}).error().code == ErrorCode::InvalidData);
  CHECK(readAll(csv) == "instruction,output,id\na,A,1\nq,\"x,y\",\"\"\n");
}
