#include "core/data/messages_file.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"

namespace attune::data {

namespace {

constexpr size_t kMaxBytes = size_t(64) << 20;

Error invalid(const std::string &message, const std::string &where, const std::string &field) {
  return Error{ErrorCode::InvalidData, message, where + "#" + field, "Write a list of {\"role\": ..., \"content\": ...}."};
}

} // namespace

std::string turnAsWritten(const Json &turn) {
  static const char *const kUsual[] = {"role", "content"};
  size_t place = 0;
  for (const auto &[key, value] : turn.items()) {
    if (value.is_null()) continue;
    if (place == 2) break;
    if (key != kUsual[place]) return dumpJson(turn, -1);
    ++place;
  }
  return place == 2 ? "" : dumpJson(turn, -1);
}

Result<tokenizer::Conversation> parseMessagesText(const std::string &text, const std::string &where) {
  JsonLimits limits;
  limits.maxDepth = 64;
  limits.maxKeys = 1000;
  limits.keepNumberTexts = true; // templates print whole numbers of any length
  ATTUNE_TRY(const Json root, parseJson(text, where, limits));
  tokenizer::Conversation conversation;
  const Json *messages = &root;
  if (root.is_object()) {
    if (!root.contains("messages")) return invalid("The key \"messages\" is missing.", where, "messages");
    messages = &root["messages"];
    if (root.contains("tools") && !root["tools"].is_null()) {
      if (!root["tools"].is_array()) return invalid("\"tools\" must be a list.", where, "tools");
      conversation.toolsJson = dumpJson(root["tools"], -1);
    }
  }
  if (!messages->is_array() || messages->empty()) return invalid("There must be a list of at least one message.", where, "messages");
  for (size_t i = 0; i < messages->size(); ++i) {
    const Json &turn = (*messages)[i];
    const std::string field = "messages[" + std::to_string(i) + "]";
    if (!turn.is_object()) return invalid("A message must be an object.", where, field);
    if (!turn.contains("role") || !turn["role"].is_string())
      return invalid("A message needs a role, which is a text.", where, field + ".role");
    tokenizer::Message message;
    message.role = turn["role"].get<std::string>();
    Json extra = Json::object();
    for (const auto &[key, value] : turn.items()) {
      if (key == "role") continue;
      if (key == "content" && value.is_string())
        message.content = value.get<std::string>();
      else
        extra[key] = value; // a content that is a list of parts reaches the template as it is, null leaves it undefined
    }
    if (!turn.contains("content") && !turn.contains("tool_calls"))
      return invalid("A message needs a content, which is a text.", where, field + ".content");
    if (turn.contains("content") && !turn["content"].is_string() && !turn["content"].is_array() && !turn["content"].is_null())
      return invalid("The content of a message must be a text.", where, field + ".content");
    if (!extra.empty()) message.extraJson = dumpJson(extra, -1);
    message.asWritten = turnAsWritten(turn);
    conversation.messages.push_back(std::move(message));
  }
  return conversation;
}

Result<tokenizer::Conversation> readMessagesFile(const std::string &path) {
  ATTUNE_TRY(const std::string text, readFile(path, kMaxBytes));
  return parseMessagesText(text, path);
}

} // namespace attune::data
