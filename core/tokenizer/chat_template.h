// Renders conversations with a model's own Jinja template and knows which bytes an assistant wrote.
// Immutable after parse; any thread. Step, depth and size limits stop hostile templates (TemplateFailed).
#pragma once

#include "core/base/result.h"
#include "core/tokenizer/tokenizer.h"

#include <ctime>
#include <memory>
#include <string>
#include <vector>

namespace attune::tokenizer {

struct Message {
  std::string role; // system | user | assistant | tool | ...
  std::string content;
  std::string extraJson; // other keys as a JSON object ("tool_calls": ...), empty when none; a content that is no text too
  /// The message as it stands in its file, where templates can tell that from role, content, other keys: when its keys stand
  /// in another order, or it has no content. Role and content that are texts are taken from above. Empty otherwise.
  std::string asWritten{};
};

struct Conversation {
  std::vector<Message> messages;
  std::string toolsJson; // JSON list ("[]" too), empty when none
};

struct RenderedChat {
  std::string text;
  std::vector<TextSpan> written;   // bytes that came from messages (never parsed as special tokens), sorted
  std::vector<TextSpan> assistant; // per assistant message, in order, the bytes of its content; or {% generation %}
};

/// As transformers does, keys of messages that are null are left out.
class ChatTemplate {
public:
  /// Parses Jinja source; `tokens` become variables.
  static Result<ChatTemplate> parse(const std::string &source, const TemplateTokens &tokens, const std::string &where);
  /// A built-in template by name (builtin_templates.h); UnknownKey otherwise.
  static Result<ChatTemplate> builtIn(const std::string &name, const TemplateTokens &tokens);
  /// The template a model ships, which is called "model". TemplateFailed when it ships several, no default.
  static Result<ChatTemplate> ofModel(const TokenizerBundle &bundle);

  Result<RenderedChat> render(const Conversation &conversation, bool addGenerationPrompt) const;
  /// As render, with the time that strftime_now shows.
  Result<RenderedChat> render(const Conversation &conversation, bool addGenerationPrompt, std::time_t now) const;
  const std::string &name() const { return m_name; } // "model", "alpaca", a path

private:
  struct State;
  std::shared_ptr<const State> m_state;
  std::string m_name;
};

enum class TrainedPart { Answers, Last, All };

/// Ids of a conversation and the label at each id's own index: the id itself where it is trained, -100 elsewhere.
/// Trained: every token that starts inside an assistant's content, and the first end token after it.
struct EncodedChat {
  std::string text;
  std::vector<TokenId> ids;
  std::vector<TokenId> labels;
};

Result<EncodedChat> encodeChat(const Tokenizer &tokenizer, const std::vector<TokenId> &endTokens, const ChatTemplate &chatTemplate,
                               const Conversation &conversation, TrainedPart part, bool addGenerationPrompt = false);

} // namespace attune::tokenizer
