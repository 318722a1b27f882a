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

TEST_CASE("Long lists and many objects are read in linear time, in order and whole") {
  std::string text = "{\"list\":[";
  for (int i = 0; i < 400000; ++i) text.append(i ? "," : "").append("{\"n\":").append(std::to_string(i)).append(",\"x\":{}}");
  const auto value = parseJson(text + "],\"z\":1,\"a\":[[],[1]]}", "f"); // took minutes when each object's end searched the list
  REQUIRE(value.ok());
  CHECK(value->at("list").size() == 400000);
  CHECK(value->at("list")[399999]["n"] == 399999);
  CHECK(dumpJson(parseJson("{\"z\":1,\"a\":[[],[1,{\"b\":null}]]}", "f").value(), -1) == "{\"z\":1,\"a\":[[],[1,{\"b\":null}]]}");
  CHECK(parseJson("[1,]", "f").error().message.find("json.exception") == std::string::npos);
  JsonLimits few;
  few.maxValues = 3;
  CHECK(parseJson("[1,2]", "f", few).ok());
  CHECK_FALSE(parseJson("[1,2,3]", "f", few).ok());
  few.allowDuplicateKeys = true;
  CHECK(parseJson("{\"a\":1,\"a\":2}", "f", few)->at("a") == 2);
}

TEST_CASE("Text that is not UTF-8 is written with replacement characters") { CHECK(dumpJson(Json("a\xFF"), -1) == "\"a\xEF\xBF\xBD\""); }
