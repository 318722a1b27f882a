// Ids of many texts: each line of stdin is a JSON string, each line of stdout its ids, a tab and the decoded text as a JSON string.
// usage: tokenizer_ids MODEL [special]      With `special`, special tokens in the texts count.
#include "core/base/json.h"
#include "core/tokenizer/tokenizer.h"

#include <iostream>

using namespace attune;

int main(int count, char **values) {
  if (count < 2) return 2;
  const auto bundle = tokenizer::loadTokenizer(values[1]);
  if (!bundle.ok()) {
    std::cerr << bundle.error().text() << "\n";
    return 3;
  }
  const bool special = count > 2;
  const tokenizer::Tokenizer &tokenizer = *bundle->tokenizer;
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const auto parsed = parseJson(line, "stdin");
    if (!parsed.ok() || !parsed->is_string()) return 2;
    const std::string text = parsed->get<std::string>();
    const auto ids = tokenizer.encode(text, special);
    const auto placed = tokenizer.encodeWithOffsets(text, special ? std::vector<tokenizer::TextSpan>{}
                                                                  : std::vector<tokenizer::TextSpan>{{0, text.size()}});
    bool sound = placed.ids == ids;
    for (const tokenizer::TextSpan &span : placed.offsets) sound = sound && span.begin <= span.end && span.end <= text.size();
    tokenizer::StreamingDecoder stream(tokenizer);
    std::string streamed;
    for (const auto id : ids) streamed += stream.push(id);
    streamed += stream.flush();
    sound = sound && streamed == tokenizer::replaceInvalidUtf8(tokenizer.decode(ids, false)).text;
    if (!sound) std::cerr << "offsets or stream differ: " << line << "\n";
    for (size_t i = 0; i < ids.size(); ++i) std::cout << (i ? " " : "") << ids[i];
    std::cout << '\t' << dumpJson(streamed, -1) << '\n';
  }
  return 0;
}
