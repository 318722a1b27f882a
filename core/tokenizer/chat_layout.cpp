#include "core/tokenizer/chat_layout.h"

#include "core/api/template_names.h"
#include "core/base/atomic_file.h"
#include "core/base/inside_folder.h"
#include "core/base/nearest_name.h"
#include "core/tokenizer/builtin_templates.h"
#include "core/tokenizer/role_token_chat.h"

namespace attune::tokenizer {
namespace {

constexpr size_t kMaxTemplateBytes = size_t(1) << 20;
const char kRoleTokens[] = "baichuan2";

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

std::vector<std::string> marksMissingIn(const TokenizerBundle &bundle, const std::string &builtIn) {
  std::vector<std::string> missing;
  if (!bundle.tokenizer) return missing; // rows of token ids need none
  for (const BuiltInTemplate &known : builtInTemplates())
    if (builtIn == known.name)
      for (const char *mark : known.marks)
        if (bundle.tokenizer->idOf(mark) < 0) missing.emplace_back(mark);
  return missing;
}

/// Rows can be rendered by another template than the one that failed.
Error withChoice(Error error) {
  if (error.code == ErrorCode::TemplateFailed)
    error.hint = "Correct the template, or choose a built-in one (" + listed(api::builtInTemplateNames()) + ").";
  return error;
}

} // namespace

bool ChatLayout::hasOwn(const TokenizerBundle &bundle) {
  return !bundle.chatTemplate.empty() || !bundle.namedTemplates.empty() || bundle.roleTokens;
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
  if (name == api::kOwnTemplate && !hasOwn(bundle)) {
    return Error{ErrorCode::TemplateFailed, "The model has no chat template of its own.", "template",
                 "Choose a built-in template such as chatml, or give the path of a .jinja file."};
  }
  const bool own = name == api::kOwnTemplate || (name == api::kAutoTemplate && hasOwn(bundle));
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
  if (api::isTemplateFile(name)) {
    ATTUNE_TRY(const std::string source, orHint(readFile(name, kMaxTemplateBytes), "Give the path of a chat template, a .jinja file."));
    return parsed(ChatTemplate::parse(source, bundle.templateTokens, name), source);
  }
  const std::string wanted = name == api::kAutoTemplate ? "plain" : name;
  std::string nearest;
  for (const std::string &known : api::builtInTemplateNames()) {
    if (known == wanted) {
      ATTUNE_TRY(ChatLayout layout, parsed(ChatTemplate::builtIn(wanted, bundle.templateTokens), ""));
      layout.m_missingMarks = marksMissingIn(bundle, wanted);
      return layout;
    }
    const std::string shortened = wanted.substr(0, 40);
    if (nearest.empty() || editDistance(shortened, known) < editDistance(shortened, nearest)) nearest = known;
  }
  return Error{ErrorCode::UnknownKey, "There is no template \"" + wanted.substr(0, 80) + "\".", "template",
               "Did you mean \"" + nearest + "\"? There are: auto, model, " + listed(api::builtInTemplateNames()) +
                   ", and paths of .jinja files."};
}

Result<EncodedChat> ChatLayout::encode(const TokenizerBundle &bundle, const Conversation &conversation, TrainedPart part,
                                       bool addGenerationPrompt) const {
  auto encoded = m_template ? encodeChat(*bundle.tokenizer, bundle.endTokens, *m_template, conversation, part, addGenerationPrompt)
                            : encodeRoleTokenChat(*bundle.tokenizer, m_roles, conversation, part, addGenerationPrompt);
  if (!encoded.ok()) return withChoice(encoded.error());
  return encoded;
}

} // namespace attune::tokenizer
