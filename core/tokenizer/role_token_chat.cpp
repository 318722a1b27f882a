#include "core/tokenizer/role_token_chat.h"

#include <algorithm>

namespace attune::tokenizer {
namespace {

constexpr TokenId kIgnored = -100;
constexpr TokenId kUser = 195, kAssistant = 196; // of Baichuan 1 and 2; their generation_config.json says the same

/// The id under `key`; nothing when the file has none or one outside the vocabulary.
std::optional<TokenId> idUnder(const Json &settings, const char *key, TokenId otherwise, int64_t vocabularySize) {
  int64_t id = otherwise;
  if (const auto found = settings.find(key); found != settings.end() && found->is_number_integer()) id = found->get<int64_t>();
  if (id < 0 || id >= vocabularySize) return std::nullopt;
  return static_cast<TokenId>(id);
}

class RoleTokenEncoder {
public:
  RoleTokenEncoder(const Tokenizer &tokenizer, EncodedChat &chat) : m_tokenizer(tokenizer), m_chat(chat) {}

  void token(TokenId id, TokenId label) {
    m_chat.text += m_tokenizer.piece(id);
    m_chat.ids.push_back(id);
    m_chat.labels.push_back(label);
  }
  void text(const std::string &content, bool trained) {
    m_chat.text += content;
    const std::vector<TokenId> ids = m_tokenizer.encode(content, false);
    m_chat.ids.insert(m_chat.ids.end(), ids.begin(), ids.end());
    if (trained)
      m_chat.labels.insert(m_chat.labels.end(), ids.begin(), ids.end());
    else
      m_chat.labels.resize(m_chat.ids.size(), kIgnored);
  }

private:
  const Tokenizer &m_tokenizer;
  EncodedChat &m_chat;
};

} // namespace

std::optional<RoleTokens> roleTokensOf(const Json &config, const Json &generation, int64_t vocabularySize) {
  const auto type = config.find("model_type");
  if (type == config.end() || *type != "baichuan") return std::nullopt;
  const auto user = idUnder(generation, "user_token_id", kUser, vocabularySize);
  const auto assistant = idUnder(generation, "assistant_token_id", kAssistant, vocabularySize);
  if (!user || !assistant) return std::nullopt;
  return RoleTokens{*user, *assistant};
}

Result<EncodedChat> encodeRoleTokenChat(const Tokenizer &tokenizer, const RoleTokens &roles, const Conversation &conversation,
                                        TrainedPart part, bool addGenerationPrompt) {
  const std::vector<Message> &messages = conversation.messages;
  const auto isAnswer = [](const Message &message) { return message.role == "assistant"; };
  const auto lastAnswer =
      static_cast<size_t>(std::find_if(messages.rbegin(), messages.rend(), isAnswer).base() - messages.begin()); // one behind it
  EncodedChat chat;
  RoleTokenEncoder out(tokenizer, chat);
  const bool all = part == TrainedPart::All;
  const TokenId end = tokenizer.eosToken();
  const auto endLabel = [&](bool trained) { return trained && end >= 0 ? end : kIgnored; };
  for (size_t i = 0; i < messages.size(); ++i) {
    const Message &message = messages[i];
    const bool last = i + 1 == lastAnswer;
    if (message.role == "system" && i == 0) {
      out.text(message.content, all);
    } else if (message.role == "user") {
      const bool afterSystem = i == 1 && messages[0].role == "system"; // where no answer ends
      out.token(roles.user, endLabel(!afterSystem && (part != TrainedPart::Last || i == lastAnswer)));
      out.text(message.content, all);
    } else if (isAnswer(message)) {
      out.token(roles.assistant, kIgnored);
      out.text(message.content, part != TrainedPart::Last || last);
    } else {
      return Error{ErrorCode::TemplateFailed,
                   "Baichuan's layout knows a system text before the first turn, user and assistant; this message has the role \"" +
                       message.role.substr(0, 40) + "\"" + (message.role == "system" ? " and stands later." : "."),
                   "messages[" + std::to_string(i) + "].role", "Leave the message out, or choose another template."};
    }
  }
  if (addGenerationPrompt)
    out.token(roles.assistant, kIgnored);
  else if (end >= 0)
    out.token(end, endLabel(part != TrainedPart::Last || (lastAnswer == messages.size() && lastAnswer > 0)));
  return chat;
}

} // namespace attune::tokenizer
