#include "core/base/mapped_file.h"
#include "core/base/sha256.h"
#include "core/data/row_source.h"
#include "tests/support/temp_folder.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace attune;
using namespace attune::data;

namespace {

std::shared_ptr<const RowSource> source(const std::string &text, const std::string &name = "rows.json") {
  auto opened = RowSource::fromText(text, name);
  REQUIRE(opened.ok());
  return *opened;
}

/// The rows that could be read, in order, and all problems.
std::vector<Json> readAll(const RowSource &rows, ProblemList &problems) {
  std::vector<Json> values;
  problems.append(rows.problems());
  for (int64_t i = 0; i < rows.count(); ++i) {
    if (auto value = rows.read(i, problems)) values.push_back(std::move(*value));
  }
  return values;
}

std::vector<std::string> codes(const ProblemList &problems) {
  std::vector<std::string> found;
  for (const auto &item : problems.items()) found.push_back(item.code);
  return found;
}

} // namespace

TEST_CASE("Finding the rows of a file ends when it is told to") {
  const test::TempFolder folder;
  const StopSource stop;
  stop.requestStop();
  const auto opened = RowSource::open(folder.write("rows.jsonl", "{}\n"), stop.token());
  REQUIRE(!opened.ok());
  CHECK(opened.error().code == ErrorCode::Interrupted);
}

TEST_CASE("A JSON list gives its rows with the line each starts on") {
  const auto rows = source("\xEF\xBB\xBF[\n  {\"a\": 1},\n  {\n    \"a\": \"[}\\\"{\"\n  }, {\"a\": 3}\n]\n");
  CHECK(rows->layout() == RowLayout::JsonList);
  REQUIRE(rows->count() == 3);
  CHECK(rows->line(0) == 2);
  CHECK(rows->line(1) == 3);
  CHECK(rows->line(2) == 5);
  CHECK(*rows->raw(2) == "{\"a\": 3}");
  ProblemList problems;
  const auto values = readAll(*rows, problems);
  CHECK(problems.errors() == 0);
  REQUIRE(values.size() == 3);
  CHECK(values[1]["a"] == "[}\"{");
}

TEST_CASE("One broken row of a JSON list does not hide the others") {
  const char *broken[] = {
      "[{\"a\": 1},\n{\"a\": oops},\n{\"a\": 3}]",        // a bare word
      "[{\"a\": 1},\n{\"a\": \"open},\n{\"a\": 3}]",      // a quote that is never closed
      "[{\"a\": 1},\n{\"a\": 2,\n{\"a\": 3}]",            // a bracket that is never closed
      "[{\"a\": 1},\n{\"a\": [2},\n{\"a\": 3}]",          // an inner list that is never closed
      "[{\"a\": 1},\n{\"a\": \"\\x\"},\n{\"a\": 3}]",     // an unknown escape
      "[{\"a\": 1},\n{\"a\": \"\\ud800\"},\n{\"a\": 3}]", // half a surrogate pair
      "[{\"a\": 1},\n{\"a\": 1e999},\n{\"a\": 3}]",       // a number without end
      "[{\"a\": 1},\n{\"a\": 1, \"a\": 2},\n{\"a\": 3}]", // a key twice
      "[{\"a\": 1},\n{\"a\": NaN},\n{\"a\": 3}]",
  };
  for (const char *text : broken) {
    CAPTURE(text);
    const auto rows = source(text);
    ProblemList problems;
    const auto values = readAll(*rows, problems);
    CHECK(problems.errors() >= 1);
    CHECK(problems.firstError()->code == "not_json");
    CHECK(problems.firstError()->line >= 2);
    REQUIRE(values.size() >= 1);
    CHECK(values.front()["a"] == 1);
    if (std::string(text).find("open}") == std::string::npos) CHECK(values.back()["a"] == 3);
  }
}

TEST_CASE("A list that is cut off, unclosed or followed by more is reported and its rows are kept") {
  for (const char *text : {"[{\"a\": 1}, {\"a\": 2}", "[{\"a\": 1}, {\"a\": 2},]", "[{\"a\": 1} {\"a\": 2}]", "[{\"a\": 1}, {\"a\": 2}] x",
                           "[,{\"a\": 1}, {\"a\": 2}]"}) {
    CAPTURE(text);
    ProblemList problems;
    CHECK(readAll(*source(text), problems).size() == 2);
    CHECK(codes(problems) == std::vector<std::string>{"not_json"});
    CHECK(problems.items()[0].row == -1);
  }
  ProblemList problems;
  CHECK(readAll(*source("[{\"a\": 1}, {\"a\": \"tr"), problems).size() == 1);
  CHECK(problems.errors() == 2); // the list and its last row
}

TEST_CASE("JSON lines keep every line apart and skip blank ones") {
  const auto rows = source("{\"a\": 1}\r\n\n   \n{\"a\": \nnull\n{\"a\": 3}", "rows.jsonl");
  CHECK(rows->layout() == RowLayout::JsonLines);
  REQUIRE(rows->count() == 4);
  CHECK(rows->line(0) == 1);
  CHECK(rows->line(1) == 4);
  CHECK(rows->line(3) == 6);
  ProblemList problems;
  CHECK(readAll(*rows, problems).size() == 3);
  REQUIRE(problems.items().size() == 1);
  CHECK(problems.items()[0].line == 4);
  CHECK(problems.items()[0].row == 1);
}

TEST_CASE("Objects one after another over several lines are rows too") {
  const auto rows = source("{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n", "rows");
  ProblemList problems;
  CHECK(readAll(*rows, problems).size() == 2);
  CHECK(problems.errors() == 0);
  CHECK(rows->line(1) == 4);
}

TEST_CASE("The line of a syntax error inside a long row is the line of the error") {
  ProblemList problems;
  readAll(*source("[\n{\n\"a\": 1,\n\"b\": oops\n}\n]"), problems);
  REQUIRE(problems.items().size() == 1);
  CHECK(problems.items()[0].line == 4);
}

TEST_CASE("Invalid UTF-8 is found with its row and line") {
  for (const char *bad : {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE4\xB8", "\xC4\xE3\xBA\xC3"}) {
    ProblemList problems;
    const auto values = readAll(*source(std::string("[{\"a\": 1},\n{\"a\":\n \"") + bad + "\"}, {\"a\": 3}]"), problems);
    CHECK(values.size() == 2);
    REQUIRE(problems.items().size() == 1);
    CHECK(problems.items()[0].code == "invalid_utf8");
    CHECK(problems.items()[0].row == 1);
    CHECK(problems.items()[0].line == 3);
  }
  CHECK(findInvalidUtf8("a\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF") == std::string::npos);
}

TEST_CASE("Deep, wide and oversized rows end in a problem, not in a crash") {
  ProblemList problems;
  readAll(*source("[" + std::string(1000000, '[')), problems);
  CHECK(problems.errors() >= 1);
  ProblemList nested;
  readAll(*source("[" + std::string(500, '[') + std::string(500, ']') + ", {\"a\": 1}]"), nested);
  CHECK(codes(nested) == std::vector<std::string>{"not_json"});
  CHECK(nested.items()[0].message.find("nested") != std::string::npos);
  std::string wide = "[{";
  for (int i = 0; i < 200000; ++i) wide.append("\"k").append(std::to_string(i)).append("\":0,");
  wide += "\"end\":0}]";
  ProblemList keys; // quadratic without the limit: minutes
  readAll(*source(wide), keys);
  CHECK(codes(keys) == std::vector<std::string>{"not_json"});
  ProblemList large;
  readAll(*source("[\"" + std::string(RowSource::kMaxRowBytes, 'x') + "\", 1]"), large);
  CHECK(codes(large) == std::vector<std::string>{"row_too_large"});
}

TEST_CASE("The list of problems is bounded and its counts are not") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "nope\n";
  ProblemList problems;
  readAll(*source(text, "rows.jsonl"), problems);
  CHECK(problems.items().size() == ProblemList::kMaxProblems);
  CHECK(problems.errors() == 3000);
}

TEST_CASE("Empty files have no rows and NUL bytes are only bytes") {
  for (const char *name : {"a.json", "a.jsonl", "a.csv", "a.txt", "a"}) {
    CHECK(source("", name)->count() == 0);
    CHECK(source("\xEF\xBB\xBF \n\n", name)->count() == 0);
  }
  CHECK(source("[]")->count() == 0);
  ProblemList problems;
  CHECK(readAll(*source(std::string("a\0b\n", 4), "a.txt"), problems).size() == 1);
  readAll(*source(std::string("{\"a\0\": 1}\n", 10), "a.jsonl"), problems);
  CHECK(codes(problems) == std::vector<std::string>{"not_json"});
}

TEST_CASE("A text file has one row a line that is not blank") {
  const auto rows = source("first\r\n\n  second\n", "rows.txt");
  ProblemList problems;
  const auto values = readAll(*rows, problems);
  REQUIRE(values.size() == 2);
  CHECK(values[0]["text"] == "first");
  CHECK(values[1]["text"] == "  second");
  CHECK(rows->line(1) == 3);
}

TEST_CASE("Files that are not text are named for what they are") {
  for (const std::string &text :
       {std::string("\xFF\xFE[\0", 4), std::string("\x1F\x8B\x08"), std::string("PK\x03\x04"), std::string("PAR1 PAR1")}) {
    const auto opened = RowSource::fromText(text, "rows.json");
    REQUIRE(!opened.ok());
    CHECK(opened.error().code == ErrorCode::UnsupportedFormat);
  }
  CHECK(RowSource::fromText("hello", "rows.bin").error().code == ErrorCode::UnsupportedFormat);
}

TEST_CASE("Missing files, folders and pipes are refused at once") {
  char folder[] = "/tmp/attune_rows_XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string pipe = std::string(folder) + "/pipe.json";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::string &path : {std::string(folder) + "/missing.json", std::string(folder), pipe, std::string("/dev/zero")}) {
    const auto opened = RowSource::open(path);
    REQUIRE(!opened.ok());
    CHECK(opened.error().code == ErrorCode::FileNotFound);
    CHECK(MappedFile::open(path).error().code == ErrorCode::FileNotFound);
    CHECK(FileReader::open(path).error().code == ErrorCode::FileNotFound);
  }
  ::unlink(pipe.c_str());
  ::rmdir(folder);
}

TEST_CASE("A file read in blocks has the rows and the hash of the same text in memory") {
  test::TempFolder folder;
  const std::string filler(ByteCursor::kBlock - 40, 'x');
  std::string lines;
  std::string list = "\xEF\xBB\xBF[";
  std::string csv = "text,note\r\n";
  std::string text;
  for (int i = 0; i < 60; ++i) { // every distance from a block's border
    const std::string body = (i % 7 == 0 ? filler : "") + std::string(static_cast<size_t>(i * 37 % 91), 'y');
    lines += "{\"text\": \"" + body + "\\\"\"}" + (i % 2 ? "\r\n" : "\n\n");
    list += (i ? " ,\n" : "") + std::string("{\"text\": \"") + body + "\\\\\"  }";
    csv += "\"a\"\"" + body + "\r\n,\",b" + (i % 2 ? "\r\n" : "\r");
    text += body + "\r\n";
  }
  for (const auto &[name, bytes] :
       {std::pair<std::string, std::string>{"a.jsonl", lines}, {"a.json", list + " \n]"}, {"a.csv", csv}, {"a.txt", text}}) {
    CAPTURE(name);
    const auto memory = source(bytes, name);
    const auto file = RowSource::open(folder.write(name, bytes));
    REQUIRE(file.ok());
    CHECK((*file)->layout() == memory->layout());
    CHECK((*file)->columns() == memory->columns());
    REQUIRE((*file)->count() == memory->count());
    CHECK(memory->count() >= 59);
    ProblemList problems;
    for (int64_t row = 0; row < memory->count(); ++row) {
      REQUIRE(*(*file)->raw(row) == *memory->raw(row));
      CHECK((*file)->line(row) == memory->line(row));
      CHECK((*file)->read(row, problems).has_value());
    }
    CHECK(problems.errors() == 0);
    Sha256 hash;
    CHECK((*file)->eachBlock([&](ByteView block) { hash.update(block); }).ok());
    CHECK(hash.hex() == sha256Hex(bytes));
  }
}

TEST_CASE("A file that shrinks or is rewritten after it was opened gives errors, not rows and not a crash") {
  test::TempFolder folder;
  for (const size_t rows : {size_t(10), size_t(2000000)}) { // large files were mapped once, and died of SIGBUS
    std::string bytes;
    for (size_t i = 0; i < rows; ++i) bytes += "{\"text\": \"row number " + std::to_string(i) + "\"}\n";
    const std::string path = folder.write("rows.jsonl", bytes);
    const auto opened = RowSource::open(path);
    REQUIRE(opened.ok());
    CHECK((*opened)->unchanged().ok());
    REQUIRE(::truncate(path.c_str(), 60) == 0);
    for (const int64_t row : {(*opened)->count() - 1, int64_t(0)}) {
      ProblemList problems;
      CHECK(!(*opened)->read(row, problems).has_value());
      REQUIRE(problems.errors() == 1);
      CHECK(problems.firstError()->code == "io_failed");
      REQUIRE(!(*opened)->raw(row).ok());
      CHECK((*opened)->raw(row).error().code == ErrorCode::IoFailed);
    }
    CHECK(!(*opened)->eachBlock([](ByteView) {}).ok());
    CHECK(!(*opened)->unchanged().ok());
  }
  const std::string path = folder.write("same.jsonl", "{\"text\": 1}\n{\"text\": 2}\n");
  const auto opened = RowSource::open(path);
  REQUIRE(opened.ok());
  ::unlink(path.c_str());
  folder.write("same.jsonl", "{}\n");
  CHECK((*opened)->raw(1).ok()); // put in place of the old file, which is still there to read
}
