// api::TokenPreview over the files of this machine. Any thread; shares the tokenizer it loaded last.
#pragma once

#include "core/api/token_preview.h"
#include "core/store/tokenizer_cache.h"

#include <memory>

namespace attune::store {

class LocalTokenPreview : public api::TokenPreview {
public:
  explicit LocalTokenPreview(std::shared_ptr<TokenizerCache> tokenizers) : m_tokenizers(std::move(tokenizers)) {}

  Result<std::vector<api::RowTokens>> rows(const api::RunConfig &config, int64_t first, int64_t count, const StopToken &stop) override;
  Result<int64_t> countRows(const api::RunConfig &config, const StopToken &stop) override;
  Result<api::LengthSurvey> lengths(const api::RunConfig &config, const StopToken &stop) override;

private:
  std::shared_ptr<TokenizerCache> m_tokenizers;
};

} // namespace attune::store
