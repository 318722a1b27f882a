// Editing one dataset file: every change, going back and forth, and what the journal brings back.
#include "tests/support/dataset_fixture.h"

#include <doctest/doctest.h>
#include <random>

using namespace attune;
using test::DatasetFixture;
using Rows = std::vector<std::string>;

namespace {

const char *const kThree = "{\"instruction\":\"a\",\"output\":\"A\"}\n{\"instruction\":\"b\",\"output\":\"B\"}\n"
                           "{\"instruction\":\"c\",\"output\":\"C\",\"extra\":1.50}\n";

std::string chat(const std::string &question, const std::string &answer) {
  return "{\"messages\":[{\"role\":\"user\",\"content\":\"" + question + "\"},{\"role\":\"assistant\",\"content\":\"" + answer + "\"}]}";
}

/// The change is undone, done again and brought back by the journal, each time to the same rows.
void checkRoundTrip(DatasetFixture &data, const Rows &before, const Rows &after) {
  CHECK(data.all() == after);
  REQUIRE(data.document->undo().ok());
  CHECK(data.all() == before);
  REQUIRE(data.document->redo().ok());
  CHECK(data.all() == after);
  data.open();
  REQUIRE(data.document);
  CHECK(data.all() == after);
  CHECK(data.document->state().recoveredEdits > 0);
  REQUIRE(data.document->undo().ok());
  CHECK(data.all() == before);
}

} // namespace

TEST_CASE("A document shows rows as their file has them") {
  DatasetFixture data(kThree);
  REQUIRE(data.document);
  const api::DocumentState state = data.document->state();
  CHECK(state.layout == "jsonl");
  CHECK(state.format == api::DatasetFormat::Alpaca);
  CHECK(*state.order == std::vector<api::RowId>{0, 1, 2});
  CHECK(!state.changed);
  const auto row = data.document->row(2);
  REQUIRE(row.ok());
  CHECK(row->parsed);
  CHECK(row->json == "{\"instruction\":\"c\",\"output\":\"C\",\"extra\":1.50}");
  REQUIRE(row->fields.size() == 2);
  CHECK(row->fields[0].path == "instruction");
  CHECK(row->fields[1].role == "assistant");
  CHECK(row->problems.empty());
  const auto glances = data.document->glances({1, 7, 0});
  REQUIRE(glances.size() == 3);
  CHECK(glances[0].text == "b");
  CHECK(glances[0].turns == 2);
  CHECK(glances[1].text.empty());
  CHECK(!data.document->row(3).ok());
}

TEST_CASE("Fields, roles and turns of every format change, go back and come back from the journal") {
  SUBCASE("a field") {
    DatasetFixture data(kThree);
    const Rows before = data.all();
    const auto change = data.document->setField(1, "output", "B\n\"2\"", false);
    REQUIRE(change.ok());
    CHECK(change->rows == std::vector<api::RowId>{1});
    CHECK(!change->orderChanged);
    checkRoundTrip(data, before, {before[0], "{\"instruction\":\"b\",\"output\":\"B\\n\\\"2\\\"\"}", before[2]});
  }
  SUBCASE("a turn's role, in the spelling of the row") {
    const std::string row = "{\"conversations\":[{\"from\":\"human\",\"value\":\"q\"},{\"from\":\"gpt\",\"value\":\"a\"}],\"id\":7}";
    DatasetFixture data(row + "\n");
    REQUIRE(data.document->setRole(0, 0, "assistant").ok());
    checkRoundTrip(data, {row}, {"{\"conversations\":[{\"from\":\"gpt\",\"value\":\"q\"},{\"from\":\"gpt\",\"value\":\"a\"}],\"id\":7}"});
  }
  SUBCASE("turns of messages") {
    const std::string row = chat("q", "a");
    DatasetFixture data(row + "\n");
    REQUIRE(data.document->addTurn(0, 0, "system").ok());
    REQUIRE(data.document->setField(0, "messages[0].content", "be kind", false).ok());
    REQUIRE(data.document->moveTurn(0, 2, 1).ok());
    const std::string made = "{\"messages\":[{\"role\":\"system\",\"content\":\"be kind\"},{\"role\":\"assistant\",\"content\":\"a\"},"
                             "{\"role\":\"user\",\"content\":\"q\"}]}";
    CHECK(data.json(0) == made);
    REQUIRE(data.document->removeTurn(0, 0).ok());
    checkRoundTrip(data, {made}, {"{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"q\"}]}"});
  }
  SUBCASE("pairs of alpaca") {
    const std::string row = "{\"instruction\":\"q\",\"input\":\"i\",\"output\":\"a\"}";
    DatasetFixture data(row + "\n");
    REQUIRE(data.document->addTurn(0, 1, "user").ok()); // behind the last pair, which becomes history with its input
    checkRoundTrip(data, {row}, {"{\"instruction\":\"\",\"input\":\"\",\"output\":\"\",\"history\":[[\"q\\ni\",\"a\"]]}"});
    CHECK(!data.document->removeTurn(0, 0).ok()); // the only pair
    CHECK(!data.document->setRole(0, 0, "tool").ok());
    REQUIRE(data.document->redo().ok());
    REQUIRE(data.document->removeTurn(0, 1).ok());
    CHECK(data.json(0) == "{\"instruction\":\"q\\ni\",\"input\":\"\",\"output\":\"a\",\"history\":[]}");
  }
  SUBCASE("any JSON") {
    DatasetFixture data(kThree);
    const Rows before = data.all();
    const auto bad = data.document->setJson(0, "{\"a\":\n1,}");
    REQUIRE(!bad.ok());
    CHECK(bad.error().code == ErrorCode::InvalidData);
    CHECK(bad.error().where == "line 2");
    REQUIRE(data.document->setJson(0, "[1,\n 2]").ok());
    checkRoundTrip(data, before, {"[1,2]", before[1], before[2]});
  }
}

TEST_CASE("Rows are inserted, copied, moved and removed, and keep their numbers") {
  DatasetFixture data(kThree);
  const Rows before = data.all();
  const std::string a = before[0], b = before[1], c = before[2];
  SUBCASE("insert") {
    const auto change = data.document->insertRow(1, "");
    REQUIRE(change.ok());
    CHECK(change->orderChanged);
    CHECK(change->rows == std::vector<api::RowId>{3});
    checkRoundTrip(data, before, {a, "{\"instruction\":\"\",\"input\":\"\",\"output\":\"\"}", b, c});
  }
  SUBCASE("duplicate") {
    REQUIRE(data.document->duplicateRows({2, 0}).ok());
    checkRoundTrip(data, before, {a, a, b, c, c});
  }
  SUBCASE("remove") {
    REQUIRE(data.document->removeRows({0, 2}).ok());
    CHECK(*data.document->state().order == std::vector<api::RowId>{1});
    checkRoundTrip(data, before, {b});
  }
  SUBCASE("move down") {
    REQUIRE(data.document->moveRows({1, 0}, 3).ok());
    CHECK(*data.document->state().order == std::vector<api::RowId>{2, 0, 1});
    checkRoundTrip(data, before, {c, a, b});
  }
  SUBCASE("move up") {
    REQUIRE(data.document->moveRows({2}, 1).ok());
    checkRoundTrip(data, before, {a, c, b});
  }
  SUBCASE("nothing to do") {
    CHECK(!data.document->moveRows({1}, 2)->orderChanged);
    CHECK(data.document->removeRows({})->count == 0);
    CHECK(data.document->state().undoSteps == 0);
  }
  SUBCASE("what is not there") {
    for (const int64_t position : {-1, 4}) {
      CHECK(!data.document->insertRow(position, "").ok());
      CHECK(!data.document->moveRows({0}, position).ok());
    }
    REQUIRE(data.document->removeRows({1}).ok());
    CHECK(data.document->removeRows({1}).error().code == ErrorCode::InvalidData);
    CHECK(!data.document->removeRows({0, 99}).ok());
    CHECK(!data.document->setField(1, "output", "x", false).ok());
    CHECK(!data.document->setField(0, "nothing", "x", false).ok());
    CHECK(!data.document->setRole(4000000000u, 0, "user").ok());
    CHECK(data.document->state().undoSteps == 1);
  }
}

TEST_CASE("Typing into one field is one step, whatever was typed") {
  DatasetFixture data(kThree);
  for (const char *text : {"x", "xy", "xyz"}) REQUIRE(data.document->setField(0, "output", text, true).ok());
  CHECK(data.document->state().undoSteps == 1);
  REQUIRE(data.document->setField(0, "instruction", "i", true).ok());
  REQUIRE(data.document->setField(1, "instruction", "i", true).ok());
  CHECK(data.document->state().undoSteps == 3);
  data.open();
  CHECK(data.document->state().undoSteps == 3);
  for (int i = 0; i < 3; ++i) REQUIRE(data.document->undo().ok());
  CHECK(!data.document->state().changed);
  CHECK(data.document->undo()->count == 0);
  CHECK(data.json(0) == "{\"instruction\":\"a\",\"output\":\"A\"}");
}

TEST_CASE("A thousand steps go back, the oldest are forgotten") {
  DatasetFixture data(kThree);
  for (int i = 0; i < 1005; ++i) REQUIRE(data.document->setField(0, "output", std::to_string(i), false).ok());
  CHECK(data.document->state().undoSteps == 1000);
  while (data.document->state().undoSteps > 0) REQUIRE(data.document->undo().ok());
  CHECK(data.json(0) == "{\"instruction\":\"a\",\"output\":\"4\"}");
  CHECK(data.document->state().changed);
}

TEST_CASE("Any changes in any order do what a plain list does, go all the way back and come back from the journal") {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
    std::string file;
    Rows model;
    for (int i = 0; i < 20; ++i) {
      model.push_back(chat(std::string("q").append(std::to_string(i)), "a"));
      file += model.back() + "\n";
    }
    DatasetFixture data(file);
    std::vector<Rows> past = {model}; // the model after each step
    size_t now = 0;
    api::DocumentWork<Status> save; // asked for, and to be done some steps later
    std::string expected;
    const auto push = [&] {
      past.resize(now + 1);
      past.push_back(model);
      ++now;
    };
    for (int step = 0; step < 700; ++step) {
      const size_t rows = model.size();
      const size_t at = rows > 0 ? below(rows) : 0;
      const std::string text = std::string("t").append(std::to_string(step));
      switch (below(rows > 0 ? 12 : 2)) {
      case 0:
      case 1: {
        const size_t position = below(rows + 1);
        REQUIRE(data.document->insertRow(static_cast<int64_t>(position), chat(text, "new")).ok());
        model.insert(model.begin() + static_cast<std::ptrdiff_t>(position), chat(text, "new"));
        push();
        break;
      }
      case 2:
        REQUIRE(data.document->removeRows({data.id(at)}).ok());
        model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
        push();
        break;
      case 3: {
        REQUIRE(data.document->duplicateRows({data.id(at)}).ok());
        const std::string copy = model[at]; // inserting it from itself would be wrong
        model.insert(model.begin() + static_cast<std::ptrdiff_t>(at) + 1, copy);
        push();
        break;
      }
      case 4: {
        const size_t to = below(rows + 1);
        if (to == at || to == at + 1) break;
        REQUIRE(data.document->moveRows({data.id(at)}, static_cast<int64_t>(to)).ok());
        const std::string moved = model[at];
        model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
        model.insert(model.begin() + static_cast<std::ptrdiff_t>(to > at ? to - 1 : to), moved);
        push();
        break;
      }
      case 5:
      case 6:
        if (now == 0) break;
        REQUIRE(data.document->undo().ok());
        model = past[--now];
        break;
      case 7:
        if (now + 1 == past.size()) break;
        REQUIRE(data.document->redo().ok());
        model = past[++now];
        break;
      case 8:
        if (step % 2 == 0 && !save) {
          save = data.document->save(false);
          expected.clear();
          for (const std::string &row : model) expected += row + "\n";
        } else if (step % 2 == 0) {
          REQUIRE(std::exchange(save, {})({}, {}).ok());
          REQUIRE(data.saved() == expected);
        } else if (step % 7 == 0) {
          save = {};   // killed before it began
          data.open(); // only what was done since the last save can be undone now
          REQUIRE(data.document);
          REQUIRE(data.all() == model);
          const auto steps = static_cast<size_t>(data.document->state().undoSteps);
          const auto ahead = static_cast<size_t>(data.document->state().redoSteps);
          REQUIRE(steps <= now);
          past.assign(past.begin() + static_cast<std::ptrdiff_t>(now - steps), past.begin() + static_cast<std::ptrdiff_t>(now + ahead + 1));
          now = steps;
        }
        break;
      default:
        REQUIRE(data.document->setField(data.id(at), "messages[1].content", text, false).ok());
        model[at] = model[at].substr(0, model[at].rfind(",\"content\":\"")) + ",\"content\":\"" + text + "\"}]}";
        push();
      }
      if (step % 25 == 0) REQUIRE(data.all() == model);
    }
    REQUIRE(data.all() == model);
    while (now > 0) {
      REQUIRE(data.document->undo().ok());
      REQUIRE(data.all() == past[--now]);
    }
    CHECK(data.document->state().undoSteps == 0);
    while (now + 1 < past.size()) {
      REQUIRE(data.document->redo().ok());
      REQUIRE(data.all() == past[++now]);
    }
    save = {};
    data.open();
    REQUIRE(data.document);
    CHECK(data.all() == past.back());
  }
}
