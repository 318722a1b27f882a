#include "core/data/messages_file.h"

#include <doctest/doctest.h>

using namespace attune;
using attune::data::parseMessagesText;

TEST_CASE("A messages file is a list, or an object with messages and tools") {
  const auto list = parseMessagesText(R"([{"role":"system","content":"S"},{"role":"user","content":"U","name":"n"}])", "f");
  REQUIRE(list.ok());
  REQUIRE(list->messages.size() == 2);
  CHECK(list->messages[0].role == "system");
  CHECK(list->messages[1].content == "U");
  CHECK(list->messages[1].extraJson == R"({"name":"n"})");
  CHECK(list->toolsJson.empty());

  const auto object = parseMessagesText(R"({"messages":[{"role":"ipython","content":null,"tool_calls":[1]}],"tools":[{"name":"t"}]})", "f");
  REQUIRE(object.ok());
  CHECK(object->messages[0].role == "ipython");
  CHECK(object->messages[0].extraJson == R"({"content":null,"tool_calls":[1]})");
  CHECK(object->toolsJson == R"([{"name":"t"}])");
  CHECK(parseMessagesText(R"({"messages":[{"role":"user","content":"x"}],"tools":[]})", "f")->toolsJson == "[]");
}

TEST_CASE("A turn is kept as written where a template can tell it from role, content and the other keys") {
  const auto form = [](const std::string &turn) { return parseMessagesText("[" + turn + "]", "f")->messages[0].asWritten; };
  for (const char *turn : {R"({"role":"user","content":"x","z":1})", R"({"role":"user","name":null,"content":"x"})"})
    CHECK(form(turn).empty());
  for (const std::string turn : {R"({"content":"x","role":"user"})", R"({"role":"user","name":"n","content":"x"})",
                                 R"({"role":"assistant","content":null,"tool_calls":[1]})", R"({"role":"assistant","tool_calls":[1]})"})
    CHECK(form(turn) == turn);
}

TEST_CASE("A broken messages file is refused with its field") {
  CHECK(parseMessagesText("[", "f").error().code == ErrorCode::MalformedFile);
  for (const char *text : {"[]", "{}", "7", "[1]", R"([{"content":"x"}])", R"([{"role":1,"content":"x"}])", R"([{"role":"user"}])",
                           R"([{"role":"user","content":7}])", R"({"messages":[{"role":"user","content":"x"}],"tools":1})"}) {
    CAPTURE(text);
    const auto parsed = parseMessagesText(text, "f");
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code == ErrorCode::InvalidData);
    CHECK(parsed.error().where.compare(0, 2, "f#") == 0);
  }
}
