// Rows that are token ids already: {"ids": [...], "labels": [...]}, -100 where nothing is trained.
#include "core/data/record.h"

#include <limits>

namespace attune::data {

namespace {

bool readIds(const Json &row, const char *key, int64_t vocabularySize, bool mayIgnore, std::vector<int32_t> &out, RowProblems &problems) {
  const auto found = row.find(key);
  if (found == row.end()) {
    problems.error(key, "missing_field", std::string("The field \"") + key + "\" is missing.", "Add the list of token ids.");
    return false;
  }
  if (!found->is_array()) {
    problems.error(key, "wrong_type", std::string("\"") + key + "\" is " + kindName(*found) + " and must be a list of ids.",
                   "Write [1, 2, 3].");
    return false;
  }
  const int64_t limit = vocabularySize > 0 ? vocabularySize : int64_t(std::numeric_limits<int32_t>::max());
  out.reserve(found->size());
  for (size_t i = 0; i < found->size(); ++i) {
    const Json &value = (*found)[i];
    if (!value.is_number_integer()) {
      problems.error(key + indexName(i), "wrong_type", std::string("An id is ") + kindName(value) + " and must be a whole number.",
                     "Write a whole number.");
      return false;
    }
    // Unsigned values above the signed range read as negative and are refused with the others.
    const auto id = value.get<int64_t>();
    if ((id < 0 || id >= limit) && !(mayIgnore && id == kIgnore)) {
      const std::string why =
          vocabularySize > 0 ? " is not in the vocabulary of " + std::to_string(limit) + " tokens." : " is no token id of any model.";
      problems.error(key + indexName(i), "id_out_of_range", "The id " + dumpJson(value, -1) + why,
                     "Use the ids of this model's tokenizer (-100 in labels where nothing is trained).");
      return false;
    }
    out.push_back(static_cast<int32_t>(id));
  }
  return true;
}

} // namespace

void parseTokens(const Json &row, int64_t vocabularySize, Record &record, RowProblems &problems) {
  const bool ids = readIds(row, "ids", vocabularySize, false, record.tokens.ids, problems);
  const bool labels = readIds(row, "labels", vocabularySize, true, record.tokens.labels, problems);
  if (ids && labels && record.tokens.ids.size() != record.tokens.labels.size()) {
    problems.error("labels", "labels_length_mismatch",
                   std::to_string(record.tokens.ids.size()) + " ids and " + std::to_string(record.tokens.labels.size()) + " labels.",
                   "Give one label for each id.");
  }
}

} // namespace attune::data
