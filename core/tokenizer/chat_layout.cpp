#include "core/tokenizer/chat_layout.h"

#include "core/base/atomic_file.h"
#include "core/base/nearest_name.h"
#include "core/tokenizer/builtin_templates.h"
#include "core/tokenizer/role_token_chat.h"

namespace attune::tokenizer {
namespace {

constexpr size_t kMaxTemplateBytes = size_t(1) << 20;
const char kRoleTokens[] = "baichuan2";

bool isPath(const std::string &name) {
  const std::string suffix = ".jinja";
  const bool jinja = name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
  return jinja || name.find('/') != std::string::npos;
}

bool holdsGeneration(const std::string &source) {
  for (size_t at = source.find("{%"); at != std::string::npos; at = source.find("{%", at + 2)) {
    const size_t word = source.find_first_not_of(" \t\r\n-+", at + 2);
    if (word != std::string::npos && source.compare(word, 10, "generation") == 0) return true;
  }
  return false;
}

std::string listed(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// Rows can be rendered by another template than the one that failed.
Error withChoice(Error error) {
  if (error.code == ErrorCode::TemplateFailed)
    error.hint = "Correct the template, or choose a built-in one (" + listed(ChatLayout::builtInNames()) + ").";
  return error;
}

} // namespace

bool ChatLayout::hasOwn(const TokenizerBundle &bundle) {
  return !bundle.chatTemplate.empty() || !bundle.namedTemplates.empty() || bundle.roleTokens;
}

std::vector<std::string> ChatLayout::builtInNames() {
  std::vector<std::string> names = {kRoleTokens};
  for (const BuiltInTemplate &known : builtInTemplates()) names.emplace_back(known.name);
  return names;
}

Result<ChatLayout> ChatLayout::parsed(Result<ChatTemplate> chatTemplate, const std::string &source) {
  if (!chatTemplate.ok()) return withChoice(chatTemplate.error());
  ChatLayout layout;
  layout.m_name = chatTemplate->name();
  layout.m_template = std::move(*chatTemplate);
  layout.m_marksAnswers = holdsGeneration(source);
  return layout;
}

Result<ChatLayout> ChatLayout::choose(const TokenizerBundle &bundle, const std::string &name) {
  if (name == "model" && !hasOwn(bundle)) {
    return Error{ErrorCode::TemplateFailed, "The model has no chat template of its own.", "template",
                 "Choose a built-in template such as chatml, or give the path of a .jinja file."};
  }
  const bool own = name == "model" || (name == "auto" && hasOwn(bundle));
  const bool ownTemplate = !bundle.chatTemplate.empty() || !bundle.namedTemplates.empty();
  if (own && ownTemplate) return parsed(ChatTemplate::ofModel(bundle), bundle.chatTemplate);
  if (own || name == kRoleTokens) {
    if (!bundle.roleTokens)
      return Error{ErrorCode::TemplateFailed, "This template marks turns with Baichuan's role tokens, which the model does not have.",
                   "template", "Choose another template."};
    ChatLayout layout;
    layout.m_name = kRoleTokens;
    layout.m_roles = *bundle.roleTokens;
    return layout;
  }
  if (isPath(name)) {
    ATTUNE_TRY(const std::string source, readFile(name, kMaxTemplateBytes));
    return parsed(ChatTemplate::parse(source, bundle.templateTokens, name), source);
  }
  const std::string wanted = name == "auto" ? "plain" : name;
  std::string nearest;
  for (const std::string &known : builtInNames()) {
    if (known == wanted) return parsed(ChatTemplate::builtIn(wanted, bundle.templateTokens), "");
    const std::string shortened = wanted.substr(0, 40);
    if (nearest.empty() || editDistance(shortened, known) < editDistance(shortened, nearest)) nearest = known;
  }
  return Error{ErrorCode::UnknownKey, "There is no template \"" + wanted.substr(0, 80) + "\".", "template",
               "Did you mean \"" + nearest + "\"? There are: auto, model, " + listed(builtInNames()) + ", and paths of .jinja files."};
}

Result<EncodedChat> ChatLayout::encode(const TokenizerBundle &bundle, const Conversation &conversation, TrainedPart part,
                                       bool addGenerationPrompt) const {
  auto encoded = m_template ? encodeChat(*bundle.tokenizer, bundle.endTokens, *m_template, conversation, part, addGenerationPrompt)
                            : encodeRoleTokenChat(*bundle.tokenizer, m_roles, conversation, part, addGenerationPrompt);
  if (!encoded.ok()) return withChoice(encoded.error());
  return encoded;
}

} // namespace attune::tokenizer
