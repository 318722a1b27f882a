// The files of a Hugging Face folder that say how text becomes tokens: what a model is carried along with and judged by.
#pragma once

namespace attune::io {

constexpr const char *kTokenizerFiles[] = {"tokenizer.json",          "tokenizer.model",   "tekken.json", "tokenizer_config.json",
                                           "special_tokens_map.json", "added_tokens.json", "vocab.json",  "merges.txt",
                                           "chat_template.jinja",     "chat_template.json"};

} // namespace attune::io
