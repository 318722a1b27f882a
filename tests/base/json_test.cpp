#include "core/base/json.h"

#include <doctest/doctest.h>

using namespace attune;

TEST_CASE("JSON that is broken, ambiguous, too deep or too wide is refused with its place") {
  CHECK(parseJson("{\"a\": [1, 2.5, \"x\", null]}", "f")->at("a").size() == 4);
  CHECK(parseJson("{\"a\":\n oops}", "f").error().where == "f:2");
  CHECK(parseJson("", "f").error().code == ErrorCode::MalformedFile);
  CHECK(parseJson("{\"a\": 1, \"a\": 2}", "f").error().message.find("twice") != std::string::npos);
  CHECK(parseJson("{\"a\": {\"a\": 1}, \"b\": {\"a\": 1}}", "f").ok());
  CHECK(parseJson("1e999", "f").error().code == ErrorCode::MalformedFile);
  CHECK(parseJson("\"\xFF\"", "f").error().code == ErrorCode::MalformedFile);
  JsonLimits limits;
  limits.maxDepth = 10;
  CHECK(parseJson(std::string(10, '[') + std::string(10, ']'), "f", limits).ok());
  CHECK(parseJson(std::string(12, '[') + std::string(12, ']'), "f", limits).error().message.find("nested") != std::string::npos);
  CHECK(parseJson(std::string(10000000, '['), "f").error().code == ErrorCode::MalformedFile);
  std::string wide = "{"; // takes minutes when nothing stops it
  for (int i = 0; i < 300000; ++i) wide.append("\"k").append(std::to_string(i)).append("\":0,");
  CHECK(parseJson(wide + "\"end\":0}", "f").error().message.find("keys") != std::string::npos);
}

TEST_CASE("Text that is not UTF-8 is written with replacement characters") {
  CHECK(dumpJson(Json("a\xFF"), -1) == "\"a\xEF\xBF\xBD\"");
}
