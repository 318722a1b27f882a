// The last tokenizer loaded, for all who show rows as tokens: a person looks at one model at a time. Any thread.
#pragma once

#include "core/api/token_preview.h"
#include "core/data/row_preview.h"
#include "core/tokenizer/tokenizer.h"

#include <mutex>

namespace attune::store {

struct LoadedTokenizer {
  tokenizer::TokenizerBundle bundle; // empty where the model has none and all rows are token ids
  int64_t vocabulary = 0;            // the model's
};

class TokenizerCache {
public:
  /// `datasets` are the files to be tokenised. Fails as data::loadTokenizerFor.
  Result<LoadedTokenizer> load(const std::string &model, const std::vector<api::DatasetRef> &datasets);

private:
  std::mutex m_mutex;
  std::string m_model;
  LoadedTokenizer m_loaded; // of m_model
};

/// A row for the token view, its characters put together over tokens that split them.
api::RowTokens rowTokens(const data::RowPreview &row, const tokenizer::TokenizerBundle &bundle);

} // namespace attune::store
