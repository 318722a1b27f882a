#include "core/store/tokenizer_cache.h"

#include "core/data/chat_dataset.h"

#include <optional>

namespace attune::store {

Result<LoadedTokenizer> TokenizerCache::load(const std::string &model, const std::vector<api::DatasetRef> &datasets) {
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (m_loaded.bundle.tokenizer && m_model == model) return m_loaded;
  }
  LoadedTokenizer loaded;
  ATTUNE_TRY(loaded.bundle, data::loadTokenizerFor(model, datasets));
  loaded.vocabulary = data::modelVocabularySize(model);
  const std::lock_guard<std::mutex> lock(m_mutex);
  m_model = model;
  m_loaded = loaded;
  return loaded;
}

api::RowTokens rowTokens(const data::RowPreview &shown, const tokenizer::TokenizerBundle &bundle) {
  api::RowTokens row{shown.file, shown.row, shown.line, {}, shown.fullLength, shown.templateUsed};
  std::optional<tokenizer::StreamingDecoder> decoder; // a character split over tokens shows at its last one
  if (bundle.tokenizer) decoder.emplace(*bundle.tokenizer);
  for (size_t i = 0; i < shown.ids.size(); ++i)
    row.tokens.push_back({decoder ? decoder->push(shown.ids[i]) : std::to_string(shown.ids[i]) + " ", shown.ids[i],
                          i < shown.labels.size() && shown.labels[i] != data::kIgnore});
  return row;
}

} // namespace attune::store
