// Conversations in both spellings: role/content (messages) and from/value (sharegpt); each list accepts either.
// Tools stand beside the list; what else a message carries (tool_calls, name) is kept for the template.
#include "core/data/messages_file.h"
#include "core/data/record.h"

#include <array>
#include <utility>

namespace attune::data {

std::string canonicalRole(const std::string &role) {
  static const std::array<std::pair<const char *, const char *>, 19> kRoles = {{{"system", "system"},
                                                                                {"developer", "developer"},
                                                                                {"user", "user"},
                                                                                {"human", "user"},
                                                                                {"prompter", "user"},
                                                                                {"assistant", "assistant"},
                                                                                {"gpt", "assistant"},
                                                                                {"chatgpt", "assistant"},
                                                                                {"bot", "assistant"},
                                                                                {"model", "assistant"},
                                                                                {"bing", "assistant"},
                                                                                {"bard", "assistant"},
                                                                                {"function_call", "assistant"},
                                                                                {"tool", "tool"},
                                                                                {"observation", "tool"},
                                                                                {"function_response", "tool"},
                                                                                {"function", "tool"},
                                                                                {"ipython", "tool"},
                                                                                {"environment", "tool"}}};
  for (const auto &[spelling, canonical] : kRoles) {
    if (role == spelling) return canonical;
  }
  return "";
}

namespace {

/// Text content: a string, null beside tool calls, or a list of text parts.
std::optional<std::string> readContent(const Json &message, const char *key, const std::string &path, bool mayBeNull,
                                       RowProblems &problems) {
  const auto found = message.find(key);
  if (found == message.end() || found->is_null()) {
    if (mayBeNull) return "";
    return readText(message, key, path, true, problems);
  }
  if (!found->is_array()) return readText(message, key, path, true, problems);
  std::string text;
  for (size_t i = 0; i < found->size(); ++i) {
    const Json &part = (*found)[i];
    if (part.is_object() && part.contains("text") && part["text"].is_string()) {
      text += part["text"].get_ref<const std::string &>();
    } else {
      problems.error(path + indexName(i), "wrong_type", "A part of the content is not a text; pictures and sound are not read.",
                     "Keep only {\"type\": \"text\", \"text\": ...} parts.");
      return std::nullopt;
    }
  }
  return text;
}

void parseMessage(const Json &message, const std::string &path, Record &record, RowProblems &problems) {
  if (!message.is_object()) {
    problems.error(path, "wrong_type", std::string("A turn is ") + kindName(message) + " and must be an object.",
                   "Write {\"role\": ..., \"content\": ...}.");
    return;
  }
  const char *roleKey = message.contains("role") || !message.contains("from") ? "role" : "from";
  const bool spelledRole = roleKey == std::string("role");
  const char *contentKey = message.contains("content") || (spelledRole && !message.contains("value")) ? "content" : "value";
  const auto role = readText(message, roleKey, path + "." + roleKey, true, problems);
  const std::string canonical = role ? canonicalRole(*role) : "";
  if (role && canonical.empty()) {
    problems.error(path + "." + roleKey, "unknown_role", "The role \"" + role->substr(0, 40) + "\" is not known.",
                   "Use system, user, assistant or tool (human and gpt in sharegpt).");
  }
  Json extra = Json::object();
  for (const auto &[key, value] : message.items()) {
    if (key != roleKey && key != contentKey && !value.is_null()) extra[key] = value;
  }
  const bool calls = extra.contains("tool_calls") || extra.contains("function_call");
  auto content = readContent(message, contentKey, path + "." + contentKey, calls && canonical == "assistant", problems);
  if (!content) return;
  if (canonical == "assistant" && !calls && isBlank(*content)) {
    problems.error(path + "." + contentKey, "empty_answer", "The assistant's turn is empty.", "Write the answer or delete the row.");
  }
  tokenizer::Message made{canonical, std::move(*content), extra.empty() ? "" : dumpJson(extra, -1)};
  if (message.contains("role") && !message.contains("value")) {
    const auto parts = message.find("content");
    if (parts == message.end() || !parts->is_array()) {
      made.asWritten = turnAsWritten(message);
    } else { // their texts were joined
      Json joined = message;
      joined["content"] = made.content;
      made.asWritten = turnAsWritten(joined);
    }
  }
  record.conversation.messages.push_back(std::move(made));
}

void parseTurns(const Json &row, const char *key, Record &record, RowProblems &problems) {
  const auto turns = row.find(key);
  if (turns == row.end()) {
    problems.error(key, "missing_field", std::string("The field \"") + key + "\" is missing.", "Add the list of turns.");
    return;
  }
  if (!turns->is_array()) {
    problems.error(key, "wrong_type", std::string("\"") + key + "\" is " + kindName(*turns) + " and must be a list.",
                   "Write the turns as a list of objects.");
    return;
  }
  const auto system = readText(row, "system", "system", false, problems);
  if (system && !isBlank(*system) && !turns->empty()) record.conversation.messages.push_back({"system", *system, ""});
  for (size_t i = 0; i < turns->size(); ++i) {
    parseMessage((*turns)[i], std::string(key) + indexName(i), record, problems);
  }
}

void parseTools(const Json &row, Record &record, RowProblems &problems) {
  const auto tools = row.find("tools");
  if (tools == row.end() || tools->is_null()) return;
  if (tools->is_array()) {
    record.conversation.toolsJson = dumpJson(*tools, -1);
    return;
  }
  if (tools->is_string()) { // sharegpt keeps the list as a text
    const std::string text = tools->get<std::string>();
    if (isBlank(text)) return;
    JsonLimits limits;
    limits.maxDepth = 64;
    limits.maxKeys = 1000;
    limits.keepNumberTexts = true; // it is written again
    const auto list = parseJson(text, "", limits);
    if (list.ok() && list->is_array()) {
      if (!list->empty()) record.conversation.toolsJson = dumpJson(*list, -1);
      return;
    }
  }
  problems.error("tools", "wrong_type", "\"tools\" is not a JSON list.", "Write the tools as a list of objects.");
}

} // namespace

void parseSharegpt(const Json &row, Record &record, RowProblems &problems) {
  parseTurns(row, "conversations", record, problems);
  parseTools(row, record, problems);
}

void parseMessages(const Json &row, Record &record, RowProblems &problems) {
  parseTurns(row, "messages", record, problems);
  parseTools(row, record, problems);
}

} // namespace attune::data
