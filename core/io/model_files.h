// The files of a Hugging Face folder beside its weights: what a model is carried along with and judged by. Any thread.
#pragma once

#include <cstddef>
#include <string>

namespace attune::io {

/// Those that say how text becomes tokens.
constexpr const char *kTokenizerFiles[] = {"tokenizer.json",          "tokenizer.model",   "tekken.json", "tokenizer_config.json",
                                           "special_tokens_map.json", "added_tokens.json", "vocab.json",  "merges.txt",
                                           "chat_template.jinja",     "chat_template.json"};

/// Where a word for a licence begins in the name of a file, in either case; npos when there is none.
size_t licenseWordAt(const std::string &name);

} // namespace attune::io
