// Alpaca rows: instruction, input, output, with history (pairs) and system where present.
// The user's text is the instruction, a newline and the input.
#include "core/data/record.h"

namespace attune::data {

namespace {

void parseHistory(const Json &row, Record &record, RowProblems &problems) {
  const auto history = row.find("history");
  if (history == row.end() || history->is_null() || (history->is_string() && history->get_ref<const std::string &>().empty())) return;
  if (!history->is_array()) {
    problems.error("history", "wrong_type", std::string("\"history\" is ") + kindName(*history) + " and must be a list of pairs.",
                   "Write [[\"question\", \"answer\"], ...].");
    return;
  }
  for (size_t i = 0; i < history->size(); ++i) {
    const Json &pair = (*history)[i];
    const std::string field = std::string("history") + indexName(i);
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      problems.error(field, "wrong_type", "A turn of the history is not a pair of texts.", "Write [\"question\", \"answer\"].");
      continue;
    }
    record.conversation.messages.push_back({"user", pair[0].get<std::string>(), ""});
    record.conversation.messages.push_back({"assistant", pair[1].get<std::string>(), ""});
    if (isBlank(record.conversation.messages.back().content)) {
      problems.error(field + "[1]", "empty_answer", "An answer in the history is empty.", "Write the answer or delete the row.");
    }
  }
}

} // namespace

void parseAlpaca(const Json &row, Record &record, RowProblems &problems) {
  const auto system = readText(row, "system", "system", false, problems);
  if (system && !isBlank(*system)) record.conversation.messages.push_back({"system", *system, ""});
  parseHistory(row, record, problems);
  auto instruction = readText(row, "instruction", "instruction", true, problems);
  const auto input = readText(row, "input", "input", false, problems);
  auto output = readText(row, "output", "output", true, problems);
  if (output && isBlank(*output)) {
    problems.error("output", "empty_answer", "The answer is empty.", "Write the answer or delete the row.");
  }
  if (!instruction || !output) return;
  if (input && !input->empty()) *instruction += (instruction->empty() ? "" : "\n") + *input;
  record.conversation.messages.push_back({"user", std::move(*instruction), ""});
  record.conversation.messages.push_back({"assistant", std::move(*output), ""});
}

} // namespace attune::data
