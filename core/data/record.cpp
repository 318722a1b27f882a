#include "core/data/record.h"

namespace attune::data {

using api::DatasetFormat;

const char *formatName(DatasetFormat format) {
  switch (format) {
  case DatasetFormat::Auto: return "auto";
  case DatasetFormat::Alpaca: return "alpaca";
  case DatasetFormat::Sharegpt: return "sharegpt";
  case DatasetFormat::Messages: return "messages";
  case DatasetFormat::Text: return "text";
  case DatasetFormat::Tokens: return "tokens";
  }
  return "auto";
}

std::optional<DatasetFormat> formatFromName(const std::string &name) {
  for (const auto format : {DatasetFormat::Auto, DatasetFormat::Alpaca, DatasetFormat::Sharegpt, DatasetFormat::Messages,
                            DatasetFormat::Text, DatasetFormat::Tokens}) {
    if (name == formatName(format)) return format;
  }
  return std::nullopt;
}

DatasetFormat detectFormat(const Json &row) {
  if (!row.is_object()) return DatasetFormat::Auto;
  if (row.contains("messages")) return DatasetFormat::Messages;
  if (row.contains("conversations")) return DatasetFormat::Sharegpt;
  if (row.contains("ids")) return DatasetFormat::Tokens;
  if (row.contains("instruction") || row.contains("output")) return DatasetFormat::Alpaca;
  if (row.contains("text")) return DatasetFormat::Text;
  return DatasetFormat::Auto;
}

const char *kindName(const Json &value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return "true or false";
  if (value.is_number() || value.is_binary()) return "a number"; // whose text was kept
  if (value.is_string()) return "a text";
  return value.is_array() ? "a list" : "an object";
}

bool isBlank(const std::string &text) { return text.find_first_not_of(" \t\r\n\f\v") == std::string::npos; }

std::string indexName(size_t index) {
  std::string text = "[";
  return text.append(std::to_string(index)).append("]");
}

std::optional<std::string> readText(const Json &object, const char *key, const std::string &path, bool required, RowProblems &problems) {
  const auto found = object.find(key);
  if (found == object.end() || (found->is_null() && !required)) {
    if (required) {
      problems.error(path, "missing_field", std::string("The field \"") + key + "\" is missing.",
                     "Add it, or check that the row has the format you expect.");
    }
    return std::nullopt;
  }
  if (!found->is_string()) {
    problems.error(path, "wrong_type", std::string("\"") + key + "\" is " + kindName(*found) + " and must be a text.",
                   "Write it as a text in quotes.");
    return std::nullopt;
  }
  return found->get<std::string>();
}

namespace {

void parseText(const Json &row, Record &record, RowProblems &problems) {
  if (auto text = readText(row, "text", "text", true, problems)) record.text = std::move(*text);
}

/// Decides the format of a row, reporting what does not fit the file's.
DatasetFormat formatOf(const Json &row, const RecordRules &rules, RowProblems &problems) {
  const DatasetFormat seen = detectFormat(row);
  if (rules.format == DatasetFormat::Auto) {
    if (seen == DatasetFormat::Auto) {
      problems.error("", "unknown_format", "The keys of the row belong to no known format.",
                     "Use instruction/output, conversations, messages, text, or ids/labels.");
    }
    return seen;
  }
  // A row that has the keys of another format, and not those of its file's, is a stranger; its details would mislead.
  const bool stranger = seen != DatasetFormat::Auto && seen != rules.format;
  const char *key = rules.format == DatasetFormat::Messages   ? "messages"
                    : rules.format == DatasetFormat::Sharegpt ? "conversations"
                    : rules.format == DatasetFormat::Tokens   ? "ids"
                    : rules.format == DatasetFormat::Text     ? "text"
                                                              : "instruction";
  if (stranger && !row.contains(key)) {
    problems.error("", "mixed_formats",
                   std::string("The row looks like ") + formatName(seen) + " in a file of " + formatName(rules.format) + " rows.",
                   "Keep one format a file, or convert the rows.");
    return DatasetFormat::Auto;
  }
  return rules.format;
}

/// Looks at a whole conversation: order of roles, answers, content.
void checkConversation(const tokenizer::Conversation &conversation, RowProblems &problems) {
  const auto &messages = conversation.messages;
  bool answered = false;
  bool asked = false;
  std::string previous;
  bool ordered = true;
  for (size_t i = 0; i < messages.size(); ++i) {
    const std::string &role = messages[i].role;
    if (role == "assistant") {
      answered = true;
      // After a tool call the same side goes on; an answer without a question before it is out of order.
      if (previous.empty() || previous == "system") ordered = false;
      if (previous == "assistant" && messages[i - 1].extraJson.empty()) ordered = false;
    } else if (role == "user") {
      asked = asked || !isBlank(messages[i].content);
      if (previous == "user") ordered = false;
    } else if (role == "system" || role == "developer") {
      if (i > 0) ordered = false;
    }
    previous = role == "developer" ? "system" : role;
  }
  if (!ordered) {
    problems.warn("", "roles_out_of_order", "The turns do not alternate between user and assistant after an optional system text.",
                  "Check that no turn is missing; the row is trained on as it stands.");
  }
  if (!answered) {
    problems.warn("", "no_answer", "The conversation has no assistant turn, so nothing in it is trained.",
                  "Add the answer or delete the row.");
  } else if (!asked) {
    problems.warn("", "empty_question", "The user says nothing in this conversation.", "Add the question or delete the row.");
  }
}

} // namespace

std::optional<Record> parseRecord(const Json &row, const RecordRules &rules, RowProblems &problems) {
  if (!row.is_object()) {
    problems.error("", "wrong_type", std::string("The row is ") + kindName(row) + " and must be an object.",
                   "Write each row as {\"key\": value, ...}.");
    return std::nullopt;
  }
  Record record;
  record.format = formatOf(row, rules, problems);
  bool empty = false;
  switch (record.format) {
  case DatasetFormat::Auto: return std::nullopt;
  case DatasetFormat::Alpaca: parseAlpaca(row, record, problems); break;
  case DatasetFormat::Sharegpt: parseSharegpt(row, record, problems); break;
  case DatasetFormat::Messages: parseMessages(row, record, problems); break;
  case DatasetFormat::Text:
    parseText(row, record, problems);
    empty = isBlank(record.text);
    break;
  case DatasetFormat::Tokens:
    parseTokens(row, rules.vocabularySize, record, problems);
    empty = record.tokens.ids.empty();
    break;
  }
  if (problems.hasErrors()) return std::nullopt;
  if (record.format == DatasetFormat::Alpaca || record.format == DatasetFormat::Sharegpt || record.format == DatasetFormat::Messages) {
    empty = record.conversation.messages.empty();
    if (!empty) checkConversation(record.conversation, problems);
  }
  if (empty) {
    problems.warn("", "empty_row", "The row holds nothing and is left out.", "Delete the row.");
    return std::nullopt;
  }
  return record;
}

} // namespace attune::data
