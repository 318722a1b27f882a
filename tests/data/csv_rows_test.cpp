#include "core/data/row_source.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::data;

namespace {

std::vector<Json> read(const std::string &text, ProblemList &problems, std::vector<int64_t> *lines = nullptr) {
  auto rows = RowSource::fromText(text, "rows.csv");
  REQUIRE(rows.ok());
  problems.append((*rows)->problems());
  std::vector<Json> values;
  for (int64_t i = 0; i < (*rows)->count(); ++i) {
    if (lines) lines->push_back((*rows)->line(i));
    if (auto value = (*rows)->read(i, problems)) values.push_back(std::move(*value));
  }
  return values;
}

} // namespace

TEST_CASE("CSV keeps quotes, commas and line breaks inside quoted fields") {
  ProblemList problems;
  std::vector<int64_t> lines;
  const auto rows = read("\xEF\xBB\xBFinstruction,output\r\n\"say \"\"hi\"\", now\",\"two\r\nlines\"\r\n\r\nplain,\"\"\r\nlast,5\" wide",
                         problems, &lines);
  CHECK(problems.errors() == 0);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["instruction"] == "say \"hi\", now");
  CHECK(rows[0]["output"] == "two\r\nlines");
  CHECK(rows[1]["output"] == "");
  CHECK(rows[2]["output"] == "5\" wide");
  CHECK(lines == std::vector<int64_t>{2, 5, 6});
}

TEST_CASE("A CR alone ends a record, as old Mac programs write it") {
  ProblemList problems;
  std::vector<int64_t> lines;
  const auto rows = read("a,b\r1,\"two\rlines\"\r\r3,4", problems, &lines);
  CHECK(problems.errors() == 0);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["b"] == "two\rlines");
  CHECK(rows[1]["b"] == "4");
  CHECK(read("a;b;c\r1;2;3,4,5,6", problems)[0]["c"] == "3,4,5,6"); // the header alone tells the delimiter
}

TEST_CASE("Semicolons and tabs separate fields when the header uses them") {
  ProblemList problems;
  CHECK(read("a;b\n1,5;2", problems)[0]["a"] == "1,5");
  CHECK(read("a\tb\n1,5\t2", problems)[0]["b"] == "2");
  CHECK(read("text\nonly one column, with a comma", problems).empty()); // two fields for one column
  CHECK(problems.errors() == 1);
}

TEST_CASE("CSV rows with the wrong number of fields do not hide the others") {
  ProblemList problems;
  const auto rows = read("a,b\n1\n1,2,3\n4,5\n", problems);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["b"] == "5");
  REQUIRE(problems.items().size() == 2);
  CHECK(problems.items()[0].code == "wrong_columns");
  CHECK(problems.items()[1].line == 3);
}

TEST_CASE("Broken quotes and headers are reported") {
  ProblemList open;
  CHECK(read("a,b\n1,2\n3,\"never closed\n5,6\n", open).size() == 1);
  REQUIRE(open.errors() == 1);
  CHECK(open.items()[0].code == "bad_csv");
  CHECK(open.items()[0].line == 3);
  ProblemList after;
  CHECK(read("a,b\n\"x\"y,2\n3,4", after).size() == 1);
  CHECK(after.items()[0].code == "bad_csv");
  for (const char *header : {"a,a\n1,2", "a,\n1,2", "\xFF,b\n1,2"}) {
    ProblemList problems;
    CHECK(read(header, problems).empty());
    CHECK(problems.errors() == 1);
  }
}

TEST_CASE("Columns that hold lists are read as JSON") {
  ProblemList problems;
  const auto rows = read("messages\n\"[{\"\"role\"\":\"\"user\"\",\"\"content\"\":\"\"hi\"\"}]\"\n[oops\n", problems);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["messages"][0]["content"] == "hi");
  CHECK(problems.items()[0].code == "not_json");
}

TEST_CASE("A .tsv is split at tabs whatever its header holds, and Parquet is told by both its ends") {
  const auto rows = RowSource::fromText("a,b,c\td;e\none, two\tthree\n", "rows.TSV");
  REQUIRE(rows.ok());
  CHECK((*rows)->columns() == std::vector<std::string>{"a,b,c", "d;e"});
  ProblemList problems;
  CHECK((*rows)->read(0, problems) == Json({{"a,b,c", "one, two"}, {"d;e", "three"}}));
  CHECK(RowSource::fromText("PAR1 is a word\n", "rows.txt").ok());
  CHECK(RowSource::fromText("PAR1 is a word PAR1", "rows.txt").error().code == ErrorCode::UnsupportedFormat);
}
