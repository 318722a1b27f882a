// Which layout a conversation gets, and Baichuan's, which is no text: ids and labels as its own fine-tuning script makes them.
#include "core/tokenizer/chat_layout.h"

#include "core/api/template_names.h"
#include "core/tokenizer/builtin_templates.h"
#include "core/tokenizer/role_token_chat.h"
#include "tests/support/byte_tokenizer.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::tokenizer;

namespace {

constexpr TokenId kNone = -100, kEos = test::ByteTokenizer::kEos, kUser = 195, kAssistant = 196;

TokenizerBundle baichuan() {
  TokenizerBundle bundle;
  bundle.tokenizer = std::make_shared<test::ByteTokenizer>();
  bundle.roleTokens = RoleTokens{kUser, kAssistant};
  return bundle;
}

Conversation talk(std::initializer_list<std::pair<const char *, const char *>> turns) {
  Conversation conversation;
  for (const auto &[role, content] : turns) conversation.messages.push_back({role, content, ""});
  return conversation;
}

EncodedChat encoded(const Conversation &conversation, TrainedPart part = TrainedPart::Answers, bool prompt = false) {
  const TokenizerBundle bundle = baichuan();
  auto chat = ChatLayout::choose(bundle, "auto")->encode(bundle, conversation, part, prompt);
  REQUIRE_MESSAGE(chat.ok(), chat.error().text());
  return *chat;
}

using Ids = std::vector<TokenId>;

} // namespace

// Silent bug 3. To see it fail: let encodeRoleTokenChat give the user token the label -100, or its own id.
TEST_CASE("Baichuan: three turns as its fine-tuning script lays them out") {
  // By the script's rule: human: [195] + ids / [2] + [-100]·n; assistant: [196] + ids / [-100] + ids; 2 closes both.
  const EncodedChat chat =
      encoded(talk({{"user", "ab"}, {"assistant", "c"}, {"user", "d"}, {"assistant", "ef"}, {"user", "g"}, {"assistant", "h"}}));
  CHECK(chat.ids == Ids{kUser, 'a', 'b', kAssistant, 'c', kUser, 'd', kAssistant, 'e', 'f', kUser, 'g', kAssistant, 'h', kEos});
  CHECK(chat.labels == Ids{kEos, kNone, kNone, kNone, 'c', kEos, kNone, kNone, 'e', 'f', kEos, kNone, kNone, 'h', kEos});
}

TEST_CASE("Baichuan: a system text comes first without a mark, and nothing is learned to follow it") {
  const EncodedChat chat = encoded(talk({{"system", "s"}, {"user", "a"}, {"assistant", "b"}}));
  CHECK(chat.ids == Ids{'s', kUser, 'a', kAssistant, 'b', kEos});
  CHECK(chat.labels == Ids{kNone, kNone, kNone, kNone, 'b', kEos});
  for (const Conversation &wrong : {talk({{"user", "a"}, {"system", "s"}}), talk({{"tool", "t"}})}) {
    const TokenizerBundle bundle = baichuan();
    const auto refused = ChatLayout::choose(bundle, "auto")->encode(bundle, wrong, TrainedPart::Answers);
    REQUIRE(!refused.ok());
    CHECK(refused.error().code == ErrorCode::TemplateFailed);
    CHECK(refused.error().where.find(".role") != std::string::npos);
  }
}

TEST_CASE("Baichuan: the last answer alone, all tokens, and a prompt") {
  const Conversation conversation = talk({{"user", "a"}, {"assistant", "b"}, {"user", "c"}, {"assistant", "d"}});
  CHECK(encoded(conversation, TrainedPart::Last).labels == Ids{kNone, kNone, kNone, kNone, kNone, kNone, kNone, 'd', kEos});
  const Conversation open = talk({{"user", "a"}, {"assistant", "b"}, {"user", "c"}});
  CHECK(encoded(open, TrainedPart::Last).labels == Ids{kNone, kNone, kNone, 'b', kEos, kNone, kNone});
  CHECK(encoded(conversation, TrainedPart::All).labels == Ids{kEos, 'a', kNone, 'b', kEos, 'c', kNone, 'd', kEos});
  const EncodedChat prompt = encoded(open, TrainedPart::Answers, true);
  CHECK(prompt.ids == Ids{kUser, 'a', kAssistant, 'b', kUser, 'c', kAssistant}); // no end token between turns
}

TEST_CASE("Baichuan's role tokens: by the model's type, ids of the generation settings, inside the vocabulary") {
  const Json config = {{"model_type", "baichuan"}};
  CHECK(roleTokensOf(config, Json::object(), 1000)->user == 195);
  CHECK(roleTokensOf(config, {{"user_token_id", 7}, {"assistant_token_id", 9}}, 1000)->assistant == 9);
  CHECK(!roleTokensOf(config, Json::object(), 196));
  CHECK(!roleTokensOf(config, {{"user_token_id", -1}}, 1000));
  CHECK(!roleTokensOf({{"model_type", "llama"}}, Json::object(), 1000));
  CHECK(!roleTokensOf(Json::object(), Json::object(), 1000));
}

TEST_CASE("a layout is chosen by name") {
  TokenizerBundle bundle;
  bundle.tokenizer = std::make_shared<test::ByteTokenizer>();
  bundle.templateTokens = {{"eos_token", "<e>"}};
  CHECK(ChatLayout::choose(bundle, "auto")->name() == "plain");
  CHECK(ChatLayout::choose(bundle, "model").error().code == ErrorCode::TemplateFailed);
  CHECK(ChatLayout::choose(bundle, "baichuan2").error().code == ErrorCode::TemplateFailed);
  CHECK(ChatLayout::choose(bundle, "chatml")->missingMarks() == std::vector<std::string>{"<|im_start|>", "<|im_end|>"});
  CHECK(ChatLayout::choose(bundle, "llama2")->missingMarks().empty());
  CHECK(ChatLayout::choose(bundle, "chatml")->encode(bundle, talk({{"user", "q"}}), TrainedPart::Answers)->text ==
        "<|im_start|>user\nq<|im_end|>\n");
  const auto wrong = ChatLayout::choose(bundle, "chatlm");
  REQUIRE(!wrong.ok());
  CHECK(wrong.error().code == ErrorCode::UnknownKey);
  CHECK(wrong.error().hint.find("\"chatml\"") != std::string::npos);

  test::TempFolder folder;
  const std::string path =
      folder.write("mine.jinja", "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}");
  CHECK(ChatLayout::choose(bundle, path)->name() == path);
  CHECK(ChatLayout::choose(bundle, path)->marksAnswers());
  CHECK(ChatLayout::choose(bundle, folder.path() + "/none.jinja").error().code == ErrorCode::FileNotFound);

  bundle.roleTokens = RoleTokens{kUser, kAssistant};
  CHECK(ChatLayout::choose(bundle, "auto")->name() == "baichuan2");
  for (const std::string &name : api::builtInTemplateNames()) CHECK(ChatLayout::choose(bundle, name)->name() == name);
  CHECK(api::builtInTemplateNames().size() == builtInTemplates().size() + 1);
  bundle.chatTemplate = "own{{ messages[0].content }}"; // a template that the folder ships goes before
  CHECK(ChatLayout::choose(bundle, "auto")->name() == "model");
  CHECK(ChatLayout::choose(bundle, "baichuan2")->name() == "baichuan2");
  CHECK(!ChatLayout::choose(bundle, "auto")->marksAnswers());
  bundle.chatTemplate = "{% broken";
  CHECK(ChatLayout::choose(bundle, "auto").error().hint.find("chatml") != std::string::npos);
  CHECK(ChatLayout::choose(bundle, "plain").ok());
}
