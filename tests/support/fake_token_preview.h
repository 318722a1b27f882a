// Rows as tokens without a tokenizer, for the window's tests. Any thread.
#pragma once

#include "core/api/token_preview.h"

namespace attune::test {

class FakeTokenPreview : public api::TokenPreview {
public:
  Result<std::vector<api::RowTokens>> rows(const api::RunConfig &, int64_t first, int64_t, const StopToken &) override {
    api::RowTokens row{"/data/rows.jsonl", first, first + 1, {}, 0, "model"};
    const char *const words[] = {
        "<|im_start|>", "user",   "\n",           "Give",      " three",    " tips", " for",        " staying", " healthy", ".",
        "<|im_end|>",   "\n",     "<|im_start|>", "assistant", "\n",        "1",     ".",           " Eat",     " a",       " balanced",
        " diet",        " with",  " plenty",      " of",       " fruit",    " and",  " vegetables", ".",        " 2",       ".",
        " Move",        " every", " day",         ".",         "<|im_end|>"};
    int32_t id = 0;
    for (const char *word : words) row.tokens.push_back({word, ++id, id > 15});
    row.fullLength = static_cast<int64_t>(row.tokens.size());
    return std::vector<api::RowTokens>{row};
  }
  Result<int64_t> countRows(const api::RunConfig &, const StopToken &) override { return 999; }
  Result<api::LengthSurvey> lengths(const api::RunConfig &, const StopToken &) override {
    api::LengthSurvey survey{999, 999, 26, 120000, 180000, {}, ""};
    for (int64_t i = 0; i < 40; ++i) survey.histogram.push_back({i * 16, (i + 1) * 16, i < 6 ? i * 12 : 90 * 6 / (i + 1) + (40 - i)});
    return survey;
  }
};

} // namespace attune::test
