// Any bytes as a chat template (and, behind a byte 1, as a message): parsing and rendering must neither crash nor hang,
// spans stay inside the text, and nothing a message wrote is left unmarked.
#include "core/tokenizer/chat_template.h"

#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace attune::tokenizer;
  const std::string input(reinterpret_cast<const char *>(data), size);
  const size_t split = std::min(input.find('\1'), input.size());
  const auto chatTemplate = ChatTemplate::parse(input.substr(0, split), {{"bos_token", "<s>"}, {"eos_token", "</s>"}}, "fuzz");
  if (!chatTemplate.ok()) return 0;
  Conversation conversation;
  conversation.messages.push_back({"system", "Be brief.", ""});
  conversation.messages.push_back({"user", split < input.size() ? input.substr(split + 1) : "\x02 mark", ""});
  conversation.messages.push_back(
      {"assistant", "<think>a</think>\n b \xE4\xBD\xA0", R"({"tool_calls":[{"function":{"name":"f","arguments":{"k":[1,2.5,null]}}}]})"});
  conversation.messages.push_back({"tool", "r", ""});
  conversation.toolsJson = R"([{"type":"function","function":{"name":"f","parameters":{"properties":{"k":{"type":"array"}}}}}])";
  const auto chat = chatTemplate->render(conversation, size % 2 == 0, 1732406400);
  if (!chat.ok()) return 0;
  for (const auto *spans : {&chat->written, &chat->assistant}) {
    size_t before = 0;
    for (const TextSpan &span : *spans) {
      if (span.begin < before || span.end <= span.begin || span.end > chat->text.size()) std::abort();
      before = span.end;
    }
  }
  // byte 2 is in the default user message only (a template can spell it just as an escape)
  if (split == input.size() && input.find('\\') == std::string::npos && input.find('\2') == std::string::npos) {
    for (size_t at = chat->text.find('\2'); at != std::string::npos; at = chat->text.find('\2', at + 1)) {
      bool marked = false;
      for (const TextSpan &span : chat->written) marked = marked || (span.begin <= at && at < span.end);
      if (!marked) std::abort();
    }
  }
  return 0;
}
