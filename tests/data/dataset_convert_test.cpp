#include "core/base/atomic_file.h"
#include "core/data/dataset_convert.h"
#include "core/data/dataset_file.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::data;
using api::DatasetFormat;

namespace {

/// Converts one text named `name` and gives what was written, or the error's place.
struct Conversion {
  test::TempFolder folder;
  std::string in;
  std::string out;
  Error error;
  ConvertReport report;

  Conversion(const std::string &name, const std::string &text, DatasetFormat format, const std::string &outName = "out.jsonl") {
    in = folder.write(name, text);
    const auto result = convertDataset({{in}}, format, folder.path() + "/" + outName);
    if (!result.ok())
      error = result.error();
    else
      report = *result;
    if (result.ok()) out = *readFile(folder.path() + "/" + outName);
  }
  std::string place() const { return error.where.empty() ? "" : error.where.substr(in.size()); }
};

std::vector<Json> rowsOf(const std::string &path) {
  const auto file = openDataset({path});
  REQUIRE(file.ok());
  std::vector<Json> rows;
  ProblemList problems = file->source->problems();
  for (int64_t i = 0; i < file->source->count(); ++i) rows.push_back(file->source->read(i, problems).value_or(Json()));
  CHECK(problems.errors() == 0);
  return rows;
}

const char *const kTools = R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"","tool_calls":[1]}]})";

} // namespace

TEST_CASE("Conversion keeps conversations, extra keys and roles") {
  Conversion alpaca("a.csv", "instruction,input,output,system,id\nq,i,a,s,7\n", DatasetFormat::Sharegpt, "out.json");
  CHECK(alpaca.out == "[\n{\"conversations\":[{\"from\":\"system\",\"value\":\"s\"},{\"from\":\"human\",\"value\":\"q\\ni\"},"
                      "{\"from\":\"gpt\",\"value\":\"a\"}],\"id\":\"7\"}\n]\n");
  CHECK(alpaca.report.columns == std::vector<std::string>{"conversations", "id"});
  Conversion back("b.json", alpaca.out, DatasetFormat::Alpaca);
  CHECK(back.out == "{\"instruction\":\"q\\ni\",\"input\":\"\",\"output\":\"a\",\"system\":\"s\",\"id\":\"7\"}\n");

  const std::string calls = R"({"conversations":[{"from":"human","value":"q"},{"from":"function_call","value":"{}"},)"
                            R"({"from":"observation","value":"r"},{"from":"gpt","value":"a","n":1}],"tools":"[{\"name\":\"f\"}]","id":"z"})"
                            "\n";
  Conversion messages("c.jsonl", calls, DatasetFormat::Messages);
  CHECK(messages.out == R"({"messages":[{"role":"user","content":"q"},{"role":"function_call","content":"{}"},)"
                        R"({"role":"tool","content":"r"},{"role":"assistant","content":"a","n":1}],"tools":[{"name":"f"}],"id":"z"})"
                        "\n");
  CHECK(Conversion("d.jsonl", messages.out, DatasetFormat::Sharegpt).out == calls);
  const std::string developer =
      R"({"messages":[{"role":"developer","content":"d"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}]})";
  CHECK(Conversion("e.jsonl", developer, DatasetFormat::Sharegpt).out.find(R"({"from":"developer","value":"d"})") != std::string::npos);
}

TEST_CASE("Rows that have the format already stay byte for byte; empty ones are counted") {
  const std::string row =
      R"({"conversations": [{"from":"prompter","value":"q"},{"from":"bing","value":"a"}], "n":12345678901234567890123, "f":1.10})";
  const Conversion same("a.jsonl", row + "\n{\"conversations\":[]}\n", DatasetFormat::Sharegpt);
  CHECK(same.out == row + "\n");
  CHECK(same.report.rows == 1);
  CHECK(same.report.emptyRows == 1);
  CHECK(same.report.problems.items().at(0).code == "empty_row");
}

TEST_CASE("Conversion refuses what a format cannot hold and names the row") {
  const auto refused = [](const std::string &row, DatasetFormat format) {
    const std::string good = R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]})";
    const Conversion conversion("a.jsonl", (row.find("messages") == std::string::npos ? "" : good + "\n\n") + row, format);
    CHECK(conversion.error.code == ErrorCode::InvalidData);
    return conversion.place();
  };
  const auto turns = [](const std::string &list) { return "{\"messages\":[" + list + "]}"; };
  const std::string user = R"({"role":"user","content":"q"})";
  const std::string answer = R"({"role":"assistant","content":"a"})";
  CHECK(refused(kTools, DatasetFormat::Sharegpt) == ":3");
  CHECK(refused(kTools, DatasetFormat::Alpaca) == ":3");
  CHECK(refused(turns(user + "," + user + "," + answer), DatasetFormat::Alpaca) == ":3");
  CHECK(refused(turns(R"({"role":"user","content":"q","name":"bob"},)" + answer), DatasetFormat::Alpaca) == ":3");
  CHECK(refused(turns(R"({"role":"developer","content":"d"},)" + user + "," + answer), DatasetFormat::Alpaca) == ":3");
  CHECK(refused(turns(user + R"(,{"role":"function_call","content":"{}"})"), DatasetFormat::Alpaca) == ":3");
  CHECK(refused(R"({"messages":[)" + user + "," + answer + R"(],"output":"mine"})", DatasetFormat::Alpaca) == ":3");
  CHECK(refused(R"({"messages":[)" + user + "," + answer + R"(],"ids":[1]})", DatasetFormat::Alpaca) == ":3"); // reads as token ids
  CHECK(refused(R"({"instruction":"q","output":"a","tools":[{"name":"f"}]})", DatasetFormat::Messages) == ":1");
  CHECK(refused(R"({"instruction":"q","output":"a"})", DatasetFormat::Tokens) == ":1");
  CHECK(refused(R"({"text":"a"})", DatasetFormat::Messages) == ":1");

  const test::TempFolder folder;
  const auto old = folder.write("out.jsonl", "old\n");
  CHECK(!convertDataset({{folder.write("t.jsonl", kTools)}}, DatasetFormat::Alpaca, old, true).ok());
  CHECK(*readFile(old) == "old\n"); // the old file is whole after a refused conversion
}

TEST_CASE("The ending of the output decides its layout, which reads back as the same rows") {
  const test::TempFolder folder;
  const auto in = folder.write("a.jsonl", "{\"instruction\":\"a \\\"q\\\", b\\r\\nc\",\"output\":\"x;y\",\"id\":\"1\"}\n"
                                          "{\"instruction\":\"[1]\",\"output\":\"x\\r\",\"history\":[[\"u\",\"v\"]],\"id\":\" \"}\n");
  for (const std::string name : {"o.csv", "o.tsv", "o.json", "o.ndjson"}) {
    CAPTURE(name);
    const auto out = folder.path() + "/" + name;
    REQUIRE(convertDataset({{in}}, DatasetFormat::Alpaca, out).ok());
    const auto written = rowsOf(out);
    const auto given = rowsOf(in);
    REQUIRE(written.size() == given.size());
    for (size_t i = 0; i < given.size(); ++i) {
      for (const auto &[key, value] : given[i].items()) CHECK(written[i][key] == value);
    }
  }
  CHECK(readFile(folder.path() + "/o.tsv")->find("instruction\toutput\tid\thistory\n") == 0);
  CHECK(readFile(folder.path() + "/o.json")->front() == '[');

  const auto error = [&](const std::string &row, const std::string &name) {
    const auto file = folder.write("row.jsonl", row);
    const auto format = row.find("\"text\"") == std::string::npos ? DatasetFormat::Alpaca : DatasetFormat::Text;
    const auto result = convertDataset({{file}}, format, folder.path() + "/" + name);
    REQUIRE(!result.ok());
    CHECK(std::string(errorCodeName(result.error().code)) == (name == "x.dat" || name == "x" ? "usage" : "invalid_data"));
    return result.error().where.substr(folder.path().size());
  };
  CHECK(error(R"({"instruction":"q","output":"a","n":1})", "x.csv") == "/row.jsonl:1#n");
  CHECK(error("{\"instruction\":\"q\",\"output\":\"a\",\"id\":\"1\"}\n{\"instruction\":\"q\",\"output\":\"a\"}", "x.csv") ==
        "/row.jsonl:2#id");
  CHECK(error(R"({"instruction":"q","output":"a","history":"[1"})", "x.csv") == "/row.jsonl:1#history");
  CHECK(error(R"({"instruction":"q","output":"a"})", "x.txt") == "/row.jsonl:1");
  CHECK(error(R"({"text":"a\nb"})", "x.txt") == "/row.jsonl:1");
  CHECK(error(R"({"text":"a","id":1})", "x.txt") == "/row.jsonl:1");
  CHECK(error(R"({"text":"a"})", "x.dat") == "/x.dat");
  CHECK(error(R"({"text":"a"})", "x") == "/x");
  CHECK(
      convertDataset({{folder.write("t.jsonl", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n")}}, DatasetFormat::Text, folder.path() + "/t.txt")
          .ok());
  CHECK(*readFile(folder.path() + "/t.txt") == "one\ntwo\n");
}

TEST_CASE("Numbers keep their digits through every format and layout") {
  const std::string numbers =
      R"([12345678901234567890123,1.2345678901234568e+29,0.12345678901234567890123,1e-400,-0,1.50,1E5,-7,18446744073709551615,0.1])";
  const auto holds = [&](const std::string &text) { return text.find(numbers) != std::string::npos; };
  const std::string row = R"({"messages":[{"role":"user","content":"q","n":)" + numbers + R"(},{"role":"assistant","content":"a"}],"id":)" +
                          numbers + R"(,"tools":[{"n":)" + numbers + "}]}\n";
  const Conversion sharegpt("a.jsonl", row, DatasetFormat::Sharegpt);
  CHECK(sharegpt.out.find(R"("n":)" + numbers) != std::string::npos);
  CHECK(sharegpt.out.find(R"("id":)" + numbers) != std::string::npos);
  CHECK(sharegpt.out.find(R"({\"n\":)" + numbers) != std::string::npos); // sharegpt keeps the tools as a text
  CHECK(Conversion("b.jsonl", sharegpt.out, DatasetFormat::Messages).out == R"({"messages":[{"role":"user","content":"q","n":)" + numbers +
                                                                                R"(},{"role":"assistant","content":"a"}],"tools":[{"n":)" +
                                                                                numbers + R"(}],"id":)" + numbers + "}\n");
  const std::string turns = R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","n":)" + numbers + "}]}\n";
  const Conversion csv("c.jsonl", turns, DatasetFormat::Messages, "out.csv");
  CHECK(holds(csv.out));
  CHECK(Conversion("d.csv", csv.out, DatasetFormat::Messages).out == turns);
  CHECK(Conversion("d.csv", csv.out, DatasetFormat::Messages, "out.tsv").out == "messages\n" + csv.out.substr(csv.out.find('\n') + 1));
  CHECK(holds(Conversion("e.csv", csv.out, DatasetFormat::Sharegpt).out));

  const test::TempFolder folder;
  const auto in = folder.write("s.jsonl", turns + turns);
  REQUIRE(splitDataset({{in}}, 0.5, 1, {folder.path() + "/t.csv", folder.path() + "/v.csv"}).ok());
  CHECK(holds(*readFile(folder.path() + "/t.csv")));
  CHECK(holds(*readFile(folder.path() + "/v.csv")));
}

TEST_CASE("A text that begins like a mark or another kind of file reads back") {
  for (const std::string start : {"PAR1", "\xEF\xBB\xBF", "PK\x03\x04"}) {
    CAPTURE(start);
    const std::string key = Json(start + "k").dump();
    const std::string text = Json(start + "one").dump();
    const std::string rows = "{\"text\":" + text + "}\n{\"text\":\"two\"}\n";
    const Conversion lines("a.jsonl", rows, DatasetFormat::Text, "out.txt");
    CHECK(Conversion("b.txt", lines.out, DatasetFormat::Text).out == rows);
    const std::string alpaca = "{" + key + ":\"x\",\"instruction\":\"q\",\"output\":\"a\"}\n";
    const Conversion csv("c.jsonl", alpaca, DatasetFormat::Alpaca, "out.csv");
    CHECK(Conversion("d.csv", csv.out, DatasetFormat::Alpaca).out == alpaca);
  }
}

TEST_CASE("Two outputs that are one file are refused") {
  const test::TempFolder folder;
  const auto in = folder.write("in.jsonl", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
  std::filesystem::create_directory(folder.path() + "/far");
  std::filesystem::create_symlink("far", folder.path() + "/near");
  std::filesystem::create_symlink("far/all.jsonl", folder.path() + "/y.jsonl");
  std::filesystem::create_symlink("near/all.jsonl", folder.path() + "/y-validation.jsonl");
  const auto code = [&](bool overwrite) {
    return splitDataset({{in}}, 0.5, 1, {folder.path() + "/y.jsonl", folder.path() + "/y-validation.jsonl", overwrite}).error().code;
  };
  CHECK(code(false) == ErrorCode::Usage); // the links dangle
  CHECK(!std::filesystem::exists(folder.path() + "/far/all.jsonl"));
  folder.write("far/all.jsonl", "old\n");
  CHECK(code(true) == ErrorCode::Usage);
  CHECK(*readFile(folder.path() + "/far/all.jsonl") == "old\n");
  CHECK(splitDataset({{in}}, 0.5, 1, {folder.path() + "/same.jsonl", folder.path() + "/far/../same.jsonl"}).error().code ==
        ErrorCode::Usage);
}

TEST_CASE("An output that is an input or holds something is replaced only when told so") {
  const test::TempFolder folder;
  const auto in = folder.write("a.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n");
  const auto link = folder.path() + "/link.jsonl";
  std::filesystem::create_symlink("a.jsonl", link);
  const auto code = [&](const std::string &out, bool overwrite) {
    const auto result = convertDataset({{in}}, DatasetFormat::Text, out, overwrite);
    if (!result.ok()) CHECK(result.error().where == out);
    return result.ok() ? "" : std::string(errorCodeName(result.error().code));
  };
  CHECK(code(in, false) == "usage");
  CHECK(code(link, false) == "usage");
  CHECK(code(folder.path(), false) == "usage");
  const auto full = folder.write("full.jsonl", "x");
  CHECK(code(full, false) == "usage");
  CHECK(*readFile(full) == "x");
  CHECK(code(full, true) == "");
  CHECK(code(folder.write("empty.jsonl", ""), false) == "");
  CHECK(code("/dev/null", false) == "");
  CHECK(code(link, true) == "");
  CHECK(std::filesystem::is_symlink(link));
  const auto split = splitDataset({{in}}, 0.5, 1, {folder.path() + "/new.jsonl", full});
  REQUIRE(!split.ok());
  CHECK(split.error().where == full);
  CHECK(!std::filesystem::exists(folder.path() + "/new.jsonl"));
}

TEST_CASE("A split puts every row in exactly one file, as it is written, and repeats itself") {
  const test::TempFolder folder;
  std::string text;
  for (int i = 0; i < 50; ++i) text += "{\"text\": \"row " + std::to_string(i) + "\", \"n\": 12345678901234567890123, \"f\": 1.10}\n";
  const auto path = folder.write("d.jsonl", text);
  const SplitOutputs out = {folder.path() + "/train.jsonl", folder.path() + "/validation.jsonl", true};
  const auto split = [&](int64_t seed) {
    const auto report = splitDataset({{path}}, 0.2, seed, out);
    REQUIRE(report.ok());
    CHECK(report->train == 40);
    CHECK(report->validation == 10);
    CHECK(report->format == "text");
    CHECK(report->columns == std::vector<std::string>{"text", "n", "f"});
    CHECK(report->sharedRows == 0);
    return *readFile(out.train) + "|" + *readFile(out.validation);
  };
  const auto first = split(1);
  CHECK(first == split(1));
  CHECK(first != split(2));
  CHECK(first.size() == text.size() + 1);
  const std::string row = text.substr(0, text.find('\n') + 1);
  CHECK(first.find(row) != std::string::npos);
  for (const double fraction : {0.0, 0.001, 0.999, 1.0}) CHECK(splitDataset({{path}}, fraction, 1, out).error().code == ErrorCode::Usage);

  // The rows of a list that spans lines keep their numbers too; semicolons stay the delimiter.
  const auto list = folder.write("d.json", "[{\"text\":\n\"a\",\"f\":1.10},{\"text\":\"b\",\"f\":2.50}]");
  REQUIRE(splitDataset({{list}}, 0.5, 1, out).ok());
  const auto both = *readFile(out.train) + *readFile(out.validation);
  CHECK(both.find("{\"text\": \"a\",\"f\":1.10}\n") != std::string::npos);
  CHECK(both.find("{\"text\":\"b\",\"f\":2.50}\n") != std::string::npos);
  const auto csv = folder.write("d.csv", "instruction;output\r\n\"a\";b\r\n\"c\";d\r\n");
  REQUIRE(splitDataset({{csv}}, 0.5, 1, {folder.path() + "/t.csv", folder.path() + "/v.csv"}).ok());
  CHECK(readFile(folder.path() + "/t.csv")->find("instruction;output\n\"") == 0);
}

TEST_CASE("A split says which rows lie in both parts") {
  const test::TempFolder folder;
  const auto path = folder.write("d.jsonl", "{\"text\":\"a\"}\n{\"text\":\"a\"}\n");
  const auto report = splitDataset({{path}}, 0.5, 1, {folder.path() + "/t.jsonl", folder.path() + "/v.jsonl"});
  REQUIRE(report.ok());
  CHECK(report->sharedRows == 1);
  CHECK(report->problems.items().at(0).code == "row_in_both_parts");
}
