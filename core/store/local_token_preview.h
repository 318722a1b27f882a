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
  struct Tools {
    tokenizer::TokenizerBundle bundle;
    int64_t vocabulary = 0; // the model's
  };
  Result<Tools> tools(const api::RunConfig &config);

  std::mutex m_mutex;
  std::string m_model;
  Tools m_tools; // of m_model
};

} // namespace attune::store
