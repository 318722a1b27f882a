// How a model's conversations become token ids: the template the model ships, a built-in one, a file's, or Baichuan's role
// tokens. Chosen once, by name; immutable, any thread.
#pragma once

#include "core/tokenizer/chat_template.h"

#include <optional>
#include <string>
#include <vector>

namespace attune::tokenizer {

class ChatLayout {
public:
  /// `name`: auto (the model's own, else plain), model, a built-in name (api::builtInTemplateNames), or the path of a Jinja file.
  /// TemplateFailed when the model has none of its own or its template is broken, UnknownKey for a name that does not exist, errors of
  /// readFile.
  static Result<ChatLayout> choose(const TokenizerBundle &bundle, const std::string &name);
  /// Whether the bundle brings a layout of its own.
  static bool hasOwn(const TokenizerBundle &bundle);

  /// See EncodedChat. With `addGenerationPrompt` the ids end where the answer begins.
  Result<EncodedChat> encode(const TokenizerBundle &bundle, const Conversation &conversation, TrainedPart part,
                             bool addGenerationPrompt = false) const;
  /// "model", a built-in name or a path.
  const std::string &name() const { return m_name; }
  /// The tokens around a built-in template's turns that the model does not have, and so reads as ordinary text.
  const std::vector<std::string> &missingMarks() const { return m_missingMarks; }
  /// Whether the template itself says with {% generation %} what is trained.
  bool marksAnswers() const { return m_marksAnswers; }

private:
  static Result<ChatLayout> parsed(Result<ChatTemplate> chatTemplate, const std::string &source);
  std::optional<ChatTemplate> m_template; // else role tokens
  RoleTokens m_roles;
  std::string m_name;
  std::vector<std::string> m_missingMarks;
  bool m_marksAnswers = false;
};

} // namespace attune::tokenizer
