// Text identical to jinja2's, as transformers sets it up. The numbers: tests/parity/make_template_fixtures.py.
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/tokenizer/chat_template.h"
#include "core/tokenizer/jinja_eval.h"

#include <cstdlib>
#include <ctime>
#include <doctest/doctest.h>
#include <string>

using namespace attune;
using namespace attune::tokenizer;

namespace {

const TemplateTokens kTokens = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
const std::string kData = std::string(ATTUNE_SOURCE_DIR) + "/tests/data/";

Json fixture(const std::string &name) {
  auto json = readJsonFile(kData + name);
  REQUIRE_MESSAGE(json.ok(), name);
  return *json;
}

Conversation conversationFrom(const Json &json) {
  Conversation conversation;
  for (const Json &message : json["messages"]) {
    Message made;
    made.role = message["role"].get<std::string>();
    Json extra = message;
    extra.erase("role");
    if (message["content"].is_string()) {
      made.content = message["content"].get<std::string>();
      extra.erase("content");
    }
    if (!extra.empty()) made.extraJson = extra.dump();
    conversation.messages.push_back(made);
  }
  if (json.contains("tools")) conversation.toolsJson = json["tools"].dump();
  return conversation;
}

struct Utc {
  Utc() {
    setenv("TZ", "UTC", 1);
    tzset();
  }
};

} // namespace

TEST_CASE("templates of the usual families render as jinja2 renders them") {
  const Utc utc;
  const Json cases = fixture("template_cases.json");
  size_t compared = 0;
  for (const Json &item : cases["cases"]) {
    const std::string name = item["template"].get<std::string>();
    auto source = readFile(kData + "templates/" + name + ".jinja");
    REQUIRE(source.ok());
    auto chatTemplate = ChatTemplate::parse(*source, kTokens, name);
    REQUIRE_MESSAGE(chatTemplate.ok(), name << ": " << chatTemplate.error().text());
    const size_t number = item["conversation"].get<size_t>();
    const auto rendered =
        chatTemplate->render(conversationFrom(cases["conversations"][number]), item["prompt"].get<bool>(), cases["now"].get<std::time_t>());
    const std::string what = name + " on conversation " + std::to_string(number);
    if (item.contains("fails")) {
      CHECK_MESSAGE(!rendered.ok(), what << " should fail");
      if (!rendered.ok()) CHECK(rendered.error().code == ErrorCode::TemplateFailed);
    } else {
      REQUIRE_MESSAGE(rendered.ok(), what << ": " << rendered.error().text());
      const std::string expected = cases["texts"][item["text"].get<size_t>()].get<std::string>();
      CHECK_MESSAGE(rendered->text == expected, what << "\n--- got\n" << rendered->text << "\n--- expected\n" << expected);
      ++compared;
    }
  }
  CHECK(compared > 900);
}

TEST_CASE("expressions and statements give what jinja2 gives") {
  const Utc utc;
  const Json cases = fixture("template_expressions.json");
  for (const Json &item : cases["cases"]) {
    const std::string source = item["source"].get<std::string>();
    std::string got, error;
    try {
      const jinja::Program program = jinja::parseProgram(source);
      jinja::Interpreter run(program, 1732406400);
      for (const auto &[name, value] : cases["variables"].items()) {
        run.define(name, jinja::fromJson(run.meter(), value.dump(), jinja::Author{}));
      }
      got = run.render().text;
    } catch (const jinja::TemplateError &failure) {
      error = failure.what();
      CHECK_MESSAGE(failure.line > 0, source);
    }
    if (item.contains("fails")) {
      CHECK_MESSAGE(!error.empty(), source << " should fail with " << item["fails"] << ", gave " << got);
    } else {
      CHECK_MESSAGE(error.empty(), source << ": " << error);
      CHECK_MESSAGE(got == item["text"].get<std::string>(), source << "\n got      " << got << "\n expected " << item["text"]);
    }
  }
}
