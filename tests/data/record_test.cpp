#include "core/data/record.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::data;
using api::DatasetFormat;

namespace {

struct Outcome {
  std::optional<Record> record;
  ProblemList problems;
  std::string codes() const {
    std::string text;
    for (const auto &item : problems.items()) text += (text.empty() ? "" : " ") + item.code + (item.field.empty() ? "" : "@" + item.field);
    return text;
  }
};

Outcome parse(const std::string &json, DatasetFormat format = DatasetFormat::Auto, int64_t vocabulary = 0) {
  Outcome outcome;
  const std::string file = "rows.json";
  RowProblems problems(outcome.problems, file, 4, 7);
  outcome.record = parseRecord(Json::parse(json), {format, vocabulary}, problems);
  return outcome;
}

std::string dialog(const Outcome &outcome) {
  REQUIRE(outcome.record.has_value());
  std::string text;
  for (const auto &message : outcome.record->conversation.messages) text += message.role + "=" + message.content + "|";
  return text;
}

} // namespace

TEST_CASE("Alpaca rows become a question and an answer") {
  CHECK(dialog(parse(R"({"instruction":"Add","input":"1 2","output":"3"})")) == "user=Add\n1 2|assistant=3|");
  CHECK(dialog(parse(R"({"instruction":"Add","input":"","output":"3"})")) == "user=Add|assistant=3|");
  CHECK(dialog(parse(R"({"instruction":"Add","input":null,"output":"3","id":5})")) == "user=Add|assistant=3|");
  CHECK(dialog(parse(R"({"instruction":"b","output":"c","system":"s","history":[["q","a"]]})")) ==
        "system=s|user=q|assistant=a|user=b|assistant=c|");
}

TEST_CASE("Every mistake of an alpaca row is reported with its field") {
  CHECK(parse(R"({"instruction":"a"})").codes() == "missing_field@output");
  CHECK(parse(R"({"output":"a","input":3})").codes() == "missing_field@instruction wrong_type@input");
  CHECK(parse(R"({"instruction":["a"],"output":null})").codes() == "wrong_type@instruction wrong_type@output");
  CHECK(parse(R"({"instruction":"a","output":" \n"})").codes() == "empty_answer@output");
  CHECK(parse(R"({"instruction":"","output":"b"})").codes() == "empty_question");
  CHECK(parse(R"({"instruction":"a","output":"b","history":[["q"]]})").codes() == "wrong_type@history[0]");
  const auto outcome = parse(R"({"instruction":"a"})");
  CHECK(outcome.problems.items()[0].where() == "rows.json:7#output");
  CHECK(outcome.problems.items()[0].row == 4);
  CHECK(!outcome.problems.items()[0].fix.empty());
}

TEST_CASE("Both spellings of conversations are understood") {
  CHECK(dialog(parse(R"({"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a"}]})")) == "user=q|assistant=a|");
  CHECK(dialog(parse(R"({"conversations":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"system":"s"})")) ==
        "system=s|user=q|assistant=a|");
  CHECK(dialog(parse(R"({"messages":[{"from":"system","value":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}]})")) ==
        "system=s|user=q|assistant=a|");
  CHECK(
      dialog(parse(
          R"({"messages":[{"role":"user","content":[{"type":"text","text":"q"},{"type":"text","text":"!"}]},{"role":"assistant","content":"a"}]})")) ==
      "user=q!|assistant=a|");
}

TEST_CASE("Tools and tool calls reach the template") {
  const auto outcome = parse(R"({"messages":[{"role":"user","content":"q"},
    {"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f"}}]},{"role":"tool","content":"r"},
    {"role":"assistant","content":"a"}],"tools":[{"name":"f"}]})");
  CHECK(outcome.codes() == "");
  CHECK(dialog(outcome) == "user=q|assistant=|tool=r|assistant=a|");
  CHECK(outcome.record->conversation.messages[1].extraJson == R"({"tool_calls":[{"function":{"name":"f"}}]})");
  CHECK(outcome.record->conversation.messages[1].asWritten ==
        R"({"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f"}}]})");
  CHECK(outcome.record->conversation.toolsJson == R"([{"name":"f"}])");
  CHECK(parse(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"tools":[]})")
            .record->conversation.toolsJson == "[]");
  const auto nulls = parse(
      R"({"messages":[{"content":[{"type":"text","text":"q"}],"role":"user"},{"role":"assistant","content":"a","tool_calls":null}]})");
  CHECK(nulls.codes() == "");
  CHECK(nulls.record->conversation.messages[0].asWritten == R"({"content":"q","role":"user"})");
  CHECK(nulls.record->conversation.messages[1].asWritten.empty());
  CHECK(nulls.record->conversation.messages[1].extraJson.empty());
  const auto sharegpt = parse(R"({"conversations":[{"from":"human","value":"q"},{"from":"function_call","value":"{}"},
    {"from":"observation","value":"r"},{"from":"gpt","value":"a"}],"tools":"[{\"name\": \"f\"}]"})");
  CHECK(sharegpt.codes() == "");
  CHECK(dialog(sharegpt) == "user=q|assistant={}|tool=r|assistant=a|");
  CHECK(sharegpt.record->conversation.toolsJson == R"([{"name":"f"}])");
  CHECK(parse(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"tools":"nope"})").codes() ==
        "wrong_type@tools");
}

TEST_CASE("Every mistake of a conversation is reported with its turn") {
  CHECK(parse(R"({"conversations":[{"from":"alien","value":"q"},{"from":"gpt"},{"value":"x"},7]})").codes() ==
        "unknown_role@conversations[0].from missing_field@conversations[1].value missing_field@conversations[2].role "
        "wrong_type@conversations[3]");
  CHECK(parse(R"({"conversations":"q"})").codes() == "wrong_type@conversations");
  CHECK(parse(R"({"conversations":[]})").codes() == "empty_row");
  CHECK(parse(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":""}]})").codes() ==
        "empty_answer@messages[1].content");
  CHECK(parse(R"({"messages":[{"role":"user","content":null},{"role":"assistant","content":"a"}]})").codes() ==
        "wrong_type@messages[0].content");
  CHECK(parse(R"({"messages":[{"role":"user","content":[{"type":"image_url"}]},{"role":"assistant","content":"a"}]})").codes() ==
        "wrong_type@messages[0].content[0]");
}

TEST_CASE("Turns out of order and questions without an answer are warnings, and the row stays") {
  const auto order =
      parse(R"({"messages":[{"role":"user","content":"q"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}]})");
  CHECK(order.codes() == "roles_out_of_order");
  CHECK(order.problems.errors() == 0);
  CHECK(order.record.has_value());
  CHECK(parse(R"({"messages":[{"role":"assistant","content":"a"},{"role":"user","content":"q"}]})").codes() == "roles_out_of_order");
  CHECK(parse(R"({"messages":[{"role":"user","content":"q"}]})").codes() == "no_answer");
}

TEST_CASE("Token rows are checked against the vocabulary") {
  const auto good = parse(R"({"ids":[1,2,3],"labels":[-100,2,3]})", DatasetFormat::Auto, 4);
  REQUIRE(good.record.has_value());
  CHECK(good.record->tokens.labels == std::vector<int32_t>{-100, 2, 3});
  CHECK(parse(R"({"ids":[1,4],"labels":[1,1]})", DatasetFormat::Auto, 4).codes() == "id_out_of_range@ids[1]");
  CHECK(parse(R"({"ids":[1,2],"labels":[1,-1]})").codes() == "id_out_of_range@labels[1]");
  CHECK(parse(R"({"ids":[-100],"labels":[1]})").codes() == "id_out_of_range@ids[0]");
  CHECK(parse(R"({"ids":[18446744073709551615],"labels":[1]})").codes() == "id_out_of_range@ids[0]");
  CHECK(parse(R"({"ids":[1,2],"labels":[1]})").codes() == "labels_length_mismatch@labels");
  CHECK(parse(R"({"ids":[1.0],"labels":["1"]})").codes() == "wrong_type@ids[0] wrong_type@labels[0]");
  CHECK(parse(R"({"ids":[1]})").codes() == "missing_field@labels");
  CHECK(parse(R"({"ids":[],"labels":[]})").codes() == "empty_row");
}

TEST_CASE("Rows of another format, of none, or that are no objects are named") {
  CHECK(parse(R"({"text":"x"})", DatasetFormat::Alpaca).codes() == "mixed_formats");
  CHECK(parse(R"({"foo":"x"})", DatasetFormat::Alpaca).codes() == "missing_field@instruction missing_field@output");
  CHECK(parse(R"({"foo":"x"})").codes() == "unknown_format");
  CHECK(parse(R"([1])").codes() == "wrong_type");
  CHECK(parse(R"(null)").codes() == "wrong_type");
  CHECK(parse(R"({"text":"x"})").record->text == "x");
  CHECK(parse(R"({"text":""})").codes() == "empty_row");
  CHECK(parse(R"({"text":5})").codes() == "wrong_type@text");
}
