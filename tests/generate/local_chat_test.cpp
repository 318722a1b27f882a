// Chat with the starter model: answers that take turns are the answers each would give alone; limits; stopping.
#include "core/generate/local_chat.h"
#include "core/generate/model_session.h"

#include "tests/support/model_fixture.h"
#include "tests/support/starter_model.h"

#include <doctest/doctest.h>

#include <fstream>

using namespace attune;
using namespace attune::core;
using attune::core::test::TemporaryFolder;
using attune::test::starterModel;

namespace {

api::ChatRequest asking(const std::string &question, int64_t tokens) {
  api::ChatRequest request;
  request.messages = {{"user", question}};
  request.sampling.greedy = true;
  request.sampling.maxNewTokens = tokens;
  return request;
}

} // namespace

TEST_CASE("local chat: answers side by side take turns and equal the answers given alone") {
  if (starterModel().empty()) return;
  auto chat = openLocalChat(starterModel(), "");
  REQUIRE(chat.ok());
  std::string order;
  api::ChatRequest first = asking("What is two plus two?", 12), second = asking("Name a colour.", 6);
  const auto alone = (*chat)->answer({first});
  const auto other = (*chat)->answer({second});
  REQUIRE(alone.ok());
  api::ChatPace pace;
  first.onText = [&](const std::string &, const api::ChatPace &now) {
    order += 'a';
    CHECK(now.newTokens > pace.newTokens);
    pace = now;
  };
  second.onText = [&](const std::string &, const api::ChatPace &) { order += 'b'; };
  const auto both = (*chat)->answer({first, second});
  REQUIRE(both.ok());
  CHECK((*both)[0].text == alone->front().text);
  CHECK((*both)[1].text == other->front().text);
  CHECK(order.find("ab") != std::string::npos);
  CHECK(order.find("ba") != std::string::npos); // neither waits for the other's end
  CHECK((*both)[0].tokensPerSecond > 0);
  CHECK(pace.newTokens == (*both)[0].newTokens);
  CHECK(pace.tokensPerSecond > 0);

  first.onText = nullptr;
  // A context limit cuts the answer, and refuses a conversation that fills it.
  const int64_t prompt = alone->front().promptTokens;
  first.contextTokens = prompt + 3;
  CHECK((*chat)->answer({first})->front().newTokens == 3);
  first.contextTokens = prompt;
  CHECK((*chat)->answer({first}).error().code == ErrorCode::InvalidData);

  // Stopped after the third piece: what came is kept, with its rate.
  const StopSource stop;
  int pieces = 0;
  api::ChatRequest stopped = asking("Tell me a long story.", 200);
  stopped.stop = stop.token();
  stopped.onText = [&](const std::string &, const api::ChatPace &) {
    if (++pieces == 3) stop.requestStop();
  };
  const auto cut = (*chat)->answer({stopped});
  REQUIRE(cut.ok());
  CHECK_FALSE(cut->front().ended);
  CHECK_FALSE(cut->front().text.empty());
  CHECK(cut->front().newTokens < 20);
  CHECK(cut->front().tokensPerSecond > 0);
}

// To see it fail: let ModelSession::layout choose each time, or keep what it read of a file.
TEST_CASE("local chat: a template is parsed once, a file at each answer, and a wrong one says what is wrong") {
  if (starterModel().empty()) return;
  auto session = ModelSession::openToGenerate(starterModel(), "", at::kFloat, true);
  REQUIRE(session.ok());
  const auto renderer = [&](const std::string &name) {
    tokenizer::Conversation conversation;
    conversation.messages.push_back({"user", "hello", ""});
    const auto layout = session->layout(name);
    REQUIRE(layout.ok());
    return (*layout)->encode(session->bundle, conversation, tokenizer::TrainedPart::All)->text;
  };
  const std::string own = renderer("auto");
  session->bundle.chatTemplate = "{% broken"; // nobody reads it again
  CHECK(renderer("auto") == own);
  CHECK_FALSE(session->layout("model").ok());

  const TemporaryFolder folder;
  const std::string path = folder.path + "/mine.jinja";
  std::ofstream(path) << "one";
  CHECK(renderer(path) == "one");
  std::ofstream(path) << "two";
  CHECK(renderer(path) == "two");

  auto chat = openLocalChat(starterModel(), "");
  REQUIRE(chat.ok());
  CHECK((*chat)->useTemplate("auto")->name == "model");
  CHECK((*chat)->useTemplate("chatml")->missingMarks.empty());
  CHECK((*chat)->useTemplate("baichuan2").error().code == ErrorCode::TemplateFailed);
  CHECK((*chat)->useTemplate(folder.path + "/none.jinja").error().code == ErrorCode::FileNotFound);
  api::ChatRequest request = asking("Name a colour.", 1), other = request;
  other.templateName = "plain";
  const auto answers = (*chat)->answer({request, other});
  REQUIRE(answers.ok());
  CHECK((*answers)[0].promptTokens > (*answers)[1].promptTokens);
}
