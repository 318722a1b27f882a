// Looking through all rows: the search line, sorting, replacing, and what a survey tells of them.
#include "core/data/chat_dataset.h"
#include "core/data/dataset_stats.h"
#include "core/tokenizer/tokenizer.h"
#include "tests/support/dataset_fixture.h"

#include <atomic>
#include <doctest/doctest.h>
#include <filesystem>
#include <thread>

using namespace attune;
using test::DatasetFixture;
using Ids = std::vector<api::RowId>;

namespace {

std::string chat(const std::string &question, const std::string &answer, const std::string &system = "") {
  std::string row = "{\"messages\":[";
  if (!system.empty()) row += "{\"role\":\"system\",\"content\":\"" + system + "\"},";
  return row + "{\"role\":\"user\",\"content\":\"" + question + "\"},{\"role\":\"assistant\",\"content\":\"" + answer + "\"}]}\n";
}

Ids found(DatasetFixture &data, const std::string &text, api::RowSort sort = api::RowSort::File, bool descending = false) {
  api::DocumentQuery query;
  query.text = text;
  const auto rows = data.document->find(query, sort, descending, {}, {});
  REQUIRE_MESSAGE(rows.ok(), rows.error().text());
  return *rows;
}

api::RunConfig lensOf(const DatasetFixture &data) {
  const std::string model = data.folder.path() + "/model";
  std::filesystem::create_directories(model);
  std::filesystem::copy_file(ATTUNE_SOURCE_DIR "/tests/data/tokenizer/qwen2.json", model + "/tokenizer.json",
                             std::filesystem::copy_options::skip_existing);
  api::RunConfig lens;
  lens.model = model;
  lens.templateName = "chatml";
  lens.maxLength = 24;
  return lens;
}

} // namespace

TEST_CASE("The search line finds words, roles, figures and expressions") {
  DatasetFixture data(chat("The cat sat", "on a mat", "be kind") + chat("caf\\u00e9 au lait", "\\u4f60\\u597d, Attune") +
                      chat("say \\\"hi\\\"", "path/to/cat") + "{broken cat\n" + chat("\xc3\x89t\xc3\xa9", "user"));
  CHECK(found(data, "") == Ids{0, 1, 2, 3, 4});
  CHECK(found(data, "CAT") == Ids{0, 2, 3});
  CHECK(found(data, "cat mat") == Ids{0});
  CHECK(found(data, "cat -mat") == Ids{2, 3});
  CHECK(found(data, "\"cat sat\"") == Ids{0});
  CHECK(found(data, "content") == Ids{}); // a key is no text
  CHECK(found(data, "user") == Ids{4});
  CHECK(found(data, "CAF\u00c9") == Ids{1});
  CHECK(found(data, "\u4f60\u597d") == Ids{1});
  CHECK(found(data, "\u00e9t\u00e9") == Ids{4});
  CHECK(found(data, "\"\\\"hi\\\"\"").empty()); // a quoted word ends at the quote
  CHECK(found(data, "/\"hi\"/") == Ids{2});
  CHECK(found(data, "path/to") == Ids{2});
  CHECK(found(data, "role:system") == Ids{0});
  CHECK(found(data, "-role:human") == Ids{3});
  CHECK(found(data, "turns>2") == Ids{0});
  CHECK(found(data, "turns=2 cat") == Ids{2});
  CHECK(found(data, "bytes<20") == Ids{3});
  CHECK(found(data, "/^The .at/") == Ids{0});
  CHECK(found(data, "/^the/i -/dog/") == Ids{0});
  CHECK(found(data, "cat", api::RowSort::File, true) == Ids{3, 2, 0});
  api::DocumentQuery query;
  query.text = "/(/";
  const auto bad = data.document->find(query, api::RowSort::File, false, {}, {});
  REQUIRE(!bad.ok());
  CHECK(bad.error().code == ErrorCode::InvalidData);
  query.text = "role:nobody";
  CHECK(!data.document->find(query, api::RowSort::File, false, {}, {}).ok());
  query.text = "";
  query.onlyErrors = true;
  CHECK(data.document->find(query, api::RowSort::File, false, {}, {}).value() == Ids{3});
}

TEST_CASE("An expression that would run for ever ends with an error, and a stop ends the search") {
  std::string rows;
  for (int i = 0; i < 3000; ++i) rows += chat(std::string(40, 'a'), "b");
  DatasetFixture data(rows);
  api::DocumentQuery query;
  query.text = "/(a+)+$x/";
  const auto costly = data.document->find(query, api::RowSort::File, false, {}, {});
  CHECK((costly.ok() || costly.error().code == ErrorCode::InvalidData));
  query.text = "aaaaaaaa";
  const StopSource stop;
  stop.requestStop();
  CHECK(data.document->find(query, api::RowSort::File, false, stop.token(), {}).error().code == ErrorCode::Interrupted);
  int64_t last = 0;
  REQUIRE(data.document
              ->find(query, api::RowSort::File, false, {},
                     [&](int64_t done, int64_t total) {
                       CHECK(total == 3000);
                       last = done;
                     })
              .ok());
  CHECK(last > 0);
}

TEST_CASE("Rows are sorted by text, turns and problems before any survey") {
  DatasetFixture data(chat("b", "1", "s") + chat("a", "") + chat("c", "1"));
  CHECK(found(data, "", api::RowSort::Text) == Ids{1, 0, 2});
  CHECK(found(data, "", api::RowSort::Turns, true) == Ids{0, 1, 2});
  CHECK(found(data, "", api::RowSort::Problems, true) == Ids{1, 0, 2});
}

TEST_CASE("Replacing changes texts only, in one step, or nothing") {
  DatasetFixture data(chat("role user", "a1 b2") + "{broken user\n" + chat("User", "x", "user"));
  const auto before = data.all();
  const Ids all = {0, 1, 2};
  SUBCASE("plain") {
    const auto change = data.document->replaceAll(all, "user", "$1", false, false, {}, {});
    REQUIRE(change.ok());
    CHECK(change->rows == Ids{0, 2});
    CHECK(data.json(0) == chat("role $1", "a1 b2").substr(0, data.json(0).size()));
    CHECK(data.json(1) == before[1]);
    CHECK(data.json(2) + "\n" == chat("$1", "x", "$1"));
    CHECK(data.document->state().undoSteps == 1);
  }
  SUBCASE("matching case, chosen rows") {
    REQUIRE(data.document->replaceAll({2}, "user", "u", false, true, {}, {}).ok());
    CHECK(data.json(0) == before[0]);
    CHECK(data.json(2) + "\n" == chat("User", "x", "u"));
  }
  SUBCASE("an expression with groups") {
    REQUIRE(data.document->replaceAll(all, "([a-z])(\\d)", "$2$1$$", true, true, {}, {}).ok());
    CHECK(data.json(0) + "\n" == chat("role user", "1a$ 2b$"));
  }
  SUBCASE("empty matches") {
    REQUIRE(data.document->replaceAll({0}, "^|$", "'", true, true, {}, {}).ok());
    CHECK(data.json(0) + "\n" == chat("'role user'", "'a1 b2'"));
  }
  SUBCASE("no match, a bad expression, a stop") {
    CHECK(data.document->replaceAll(all, "nowhere", "x", false, false, {}, {})->count == 0);
    CHECK(data.document->replaceAll(all, "(", "x", true, false, {}, {}).error().code == ErrorCode::InvalidData);
    CHECK(data.document->replaceAll(all, "", "x", false, false, {}, {}).error().code == ErrorCode::InvalidData);
    CHECK(!data.document->replaceAll({0, 9}, "user", "x", false, false, {}, {}).ok());
    const std::string large(size_t(17) << 20, 'x');
    CHECK(data.document->replaceAll({2}, "User", large, false, true, {}, {}).error().where == data.file + ":3");
    const StopSource stop;
    stop.requestStop();
    CHECK(data.document->replaceAll(all, "user", "x", false, false, stop.token(), {}).error().code == ErrorCode::Interrupted);
    CHECK(data.document->state().undoSteps == 0);
    CHECK(data.all() == before);
    return;
  }
  const auto after = data.all();
  REQUIRE(data.document->undo().ok());
  CHECK(data.all() == before);
  REQUIRE(data.document->redo().ok());
  data.open();
  CHECK(data.all() == after);
}

TEST_CASE("Replacing in many rows is written in blocks and comes back whole, also when it is undone after a save") {
  std::string rows;
  for (int i = 0; i < 6000; ++i) rows += chat(std::string(900, 'q'), std::string("a").append(std::to_string(i)));
  DatasetFixture data(rows);
  const auto before = data.all();
  REQUIRE(data.document->replaceAll(*data.document->state().order, "qqqqqqqqqq", "z", false, true, {}, {}).ok());
  const auto after = data.all();
  CHECK(after != before);
  data.open();
  CHECK(data.all() == after);
  REQUIRE(data.document->save(false)({}, {}).ok());
  REQUIRE(data.document->undo().ok());
  data.open();
  CHECK(data.all() == before);
}

TEST_CASE("A survey tells the figures training would see and keeps up with changes") {
  DatasetFixture data(chat("What is 1+1?", "2") + chat("long", "one two three four five six seven eight nine ten eleven twelve") +
                      chat("empty", "") + "{broken\n");
  const api::RunConfig lens = lensOf(data);
  CHECK(data.document->figures(0).tokens == -1);
  CHECK(!data.document->surveyNow().has_value());
  const auto survey = data.document->survey(lens, {}, {});
  REQUIRE_MESSAGE(survey.ok(), survey.error().text());
  CHECK(survey->errorRows == 2);
  CHECK(survey->lengths.rows == 4);
  CHECK(survey->lengths.usableRows == 2);
  CHECK(survey->lengths.refusal.find("2 mistakes") != std::string::npos);

  const auto bundle = tokenizer::loadTokenizer(lens.model);
  REQUIRE(bundle.ok());
  data::DatasetOptions options;
  options.templateName = lens.templateName;
  options.maxLength = lens.maxLength;
  options.keepFacts = true;
  const auto trained = data::surveyDataset({{data.file}}, &*bundle, options);
  REQUIRE(trained.ok());
  REQUIRE(trained->facts.size() == 2);
  for (const data::RowFacts &fact : trained->facts) {
    const api::RowFigures figures = data.document->figures(static_cast<api::RowId>(fact.row));
    CHECK(figures.tokens == fact.tokens);
    CHECK(figures.trainedTokens == fact.trainedTokens);
    CHECK(figures.turns == fact.turns);
    CHECK(figures.bytes == fact.bytes);
  }
  const data::DatasetStats stats = data::datasetStats(*trained, lens.maxLength);
  CHECK(survey->lengths.tokens == stats.tokens);
  CHECK(survey->lengths.trainedTokens == stats.trainedTokens);
  CHECK(survey->lengths.overCutoff == 1);
  REQUIRE(survey->lengths.histogram.size() == stats.histogram.size());
  for (size_t i = 0; i < stats.histogram.size(); ++i) CHECK(survey->lengths.histogram[i].rows == stats.histogram[i].rows);

  CHECK(found(data, "tokens>24") == Ids{1});
  CHECK(found(data, "", api::RowSort::Tokens, true)[0] == 1);
  const int32_t tokens = data.document->figures(0).tokens;
  REQUIRE(data.document->setField(0, "messages[1].content", "two, of course", false).ok());
  CHECK(data.document->figures(0).tokens > tokens);
  REQUIRE(data.document->undo().ok());
  CHECK(data.document->figures(0).tokens == tokens);
  REQUIRE(data.document->setField(2, "messages[1].content", "mended", false).ok());
  CHECK(data.document->figures(2).errors == 0);
  REQUIRE(data.document->duplicateRows({0}).ok());
  CHECK(data.document->figures(4).tokens == tokens);
  const auto added = data.document->surveyNow();
  REQUIRE(added.has_value());
  const auto fresh = data.document->survey(lens, {}, {});
  REQUIRE(fresh.ok());
  CHECK(added->errorRows == 1);
  CHECK(added->errorRows == fresh->errorRows);
  CHECK(added->lengths.rows == 5);
  CHECK(added->lengths.tokens == fresh->lengths.tokens);
  CHECK(added->lengths.overCutoff == fresh->lengths.overCutoff);
  CHECK(added->lengths.refusal == fresh->lengths.refusal);
  CHECK(added->lengths.histogram.size() == fresh->lengths.histogram.size());

  const auto seen = data.document->tokens(1, lens);
  REQUIRE(seen.ok());
  CHECK(seen->tokens.size() == 24);
  CHECK(seen->fullLength == data.document->figures(1).tokens);
  CHECK(!seen->tokens[0].trained);
  CHECK(seen->templateUsed == "chatml");
  CHECK(data.document->tokens(3, lens).error().code == ErrorCode::InvalidData);

  api::RunConfig judging;
  const auto judged = data.document->survey(judging, {}, {});
  REQUIRE(judged.ok());
  CHECK(judged->errorRows == 1);
  CHECK(data.document->figures(0).tokens == -1);
  const StopSource stop;
  stop.requestStop();
  CHECK(data.document->survey(lens, stop.token(), {}).error().code == ErrorCode::Interrupted);
}

TEST_CASE("A row tells every mistake that the survey counts") {
  DatasetFixture data("{\"ids\":[1,2,99999999],\"labels\":[1,2,99999999]}\n{\"ids\":[1,2],\"labels\":[1,2]}\n");
  CHECK(data.document->row(0)->problems.empty()); // nothing is known of the model yet
  const auto survey = data.document->survey(lensOf(data), {}, {});
  REQUIRE_MESSAGE(survey.ok(), survey.error().text());
  CHECK(survey->errorRows == 1);
  CHECK(data.document->figures(0).errors == data.document->row(0)->problems.size());
  CHECK(data.document->row(1)->problems.empty());
  CHECK(survey->lengths.refusal.find("99999999") != std::string::npos);
}

TEST_CASE("Reading, searching and surveying go on while rows change, and the survey ends with the figures of what stands") {
  std::string rows;
  for (int i = 0; i < 2000; ++i) rows += chat("q", "a");
  DatasetFixture data(rows);
  const api::RunConfig lens = lensOf(data);
  api::DatasetDocument &document = *data.document;
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  readers.emplace_back([&] {
    while (!done) (void)document.survey(lens, {}, {}).ok();
  });
  readers.emplace_back([&] {
    api::DocumentQuery query;
    query.text = "a -zebra turns>1";
    while (!done) (void)document.find(query, api::RowSort::Turns, true, {}, {}).ok();
  });
  readers.emplace_back([&] {
    while (!done) {
      const api::DocumentState state = document.state();
      (void)document.glances({state.order->front(), state.order->back()});
      (void)document.row(state.order->front()).ok();
      (void)document.figures(state.order->back());
    }
  });
  for (int i = 0; i < 300; ++i) {
    const auto row = static_cast<api::RowId>(i % 5);
    REQUIRE(document.setField(row, "messages[1].content", std::string(static_cast<size_t>(i % 7) + 1, 'b'), false).ok());
    if (i % 10 == 0) REQUIRE(document.duplicateRows({row}).ok());
    if (i % 15 == 0) REQUIRE(document.undo().ok());
    if (i % 50 == 49) REQUIRE(document.save(false)({}, {}).ok());
  }
  done = true;
  for (std::thread &reader : readers) reader.join();
  std::vector<api::RowFigures> kept;
  for (const api::RowId id : *document.state().order) kept.push_back(document.figures(id));
  REQUIRE(document.survey(lens, {}, {}).ok());
  size_t wrong = 0;
  for (size_t i = 0; i < kept.size(); ++i) {
    const api::RowFigures fresh = document.figures(data.id(i));
    wrong += kept[i].tokens >= 0 && (kept[i].tokens != fresh.tokens || kept[i].bytes != fresh.bytes);
  }
  CHECK(wrong == 0);
  REQUIRE(document.discardChanges().ok());
}
