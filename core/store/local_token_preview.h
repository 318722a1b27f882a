// api::TokenPreview over the files of this machine. Any thread; keeps the last tokenizer it loaded.
#pragma once

#include "core/api/token_preview.h"
#include "core/tokenizer/tokenizer.h"

#include <mutex>

namespace attune::store {

class LocalTokenPreview : public api::TokenPreview {
public:
  Result<std::vector<api::RowTokens>> rows(const api::RunConfig &config, int64_t first, int64_t count, const StopToken &stop) override;
  Result<int64_t> countRows(const api::RunConfig &config) override;
  Result<api::LengthSurvey> lengths(const api::RunConfig &config, const StopToken &stop) override;

private:
  Result<tokenizer::TokenizerBundle> bundle(const api::RunConfig &config);

  std::mutex m_mutex;
  std::string m_model;
  tokenizer::TokenizerBundle m_bundle;
};

} // namespace attune::store
