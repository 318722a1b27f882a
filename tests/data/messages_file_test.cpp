#include "core/data/messages_file.h"

#include <doctest/doctest.h>

using namespace attune;
using attune::data::parseMessagesText;

TEST_CASE("A messages file is a list, or an object with messages and tools") {
  const auto list =
      parseMessagesText(R"([{"role":"system","content":"S"},{"role":"user","content":"U","name":"n"}])", "f");
  REQUIRE(list.ok());
  REQUIRE(list->messages.size() == 2);
  CHECK(list->messages[0].role == "system");
  CHECK(list->messages[1].content == "U");
  CHECK(list->messages[1].extraJson == R"({"name":"n"})");
  CHECK(list->toolsJson.empty());

  const auto object = parseMessagesText(
      R"({"messages":[{"role":"ipython","content":null,"tool_calls":[1]}],"tools":[{"name":"t"}]})", "f");
  REQUIRE(object.ok());
  CHECK(object->messages[0].role == "ipython");
  CHECK(object->messages[0].extraJson == R"({"content":null,"tool_calls":[1]})");
  CHECK(object->toolsJson == R"([{"name":"t"}])");
}

TEST_CASE("A broken messages file is refused with its field") {
  CHECK(parseMessagesText("[", "f").error().code == ErrorCode::MalformedFile);
  for (const char *text :
       {"[]", "{}", "7", "[1]", R"([{"content":"x"}])", R"([{"role":1,"content":"x"}])", R"([{"role":"user"}])",
        R"([{"role":"user","content":7}])", R"({"messages":[{"role":"user","content":"x"}],"tools":1})"}) {
    CAPTURE(text);
    const auto parsed = parseMessagesText(text, "f");
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code == ErrorCode::InvalidData);
    CHECK(parsed.error().where.compare(0, 2, "f#") == 0);
  }
}
