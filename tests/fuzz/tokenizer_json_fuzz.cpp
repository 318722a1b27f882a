// Any bytes as a tokenizer.json: loading and encoding must neither crash nor hang, and offsets stay inside the text.
#include "core/tokenizer/bpe_tokenizer.h"
#include "core/tokenizer/tokenizer_json.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace attune::tokenizer;
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  auto spec = parseTokenizerJson(text, "fuzz");
  if (!spec.ok()) return 0;
  const auto tokenizer = BpeTokenizer::create(std::move(*spec));
  if (!tokenizer.ok()) return 0;
  const std::string nasty = "ab <s> aab\xC3\xA9 e\xCC\x81 12 \xE4\xBD\xA0\xE5\xA5\xBD's\r\n  \xF0\x9F\x98\x80 \xFF</s>x";
  for (const std::string_view sample : {std::string_view(nasty), text.substr(0, 200)}) {
    const EncodedText encoded = (*tokenizer)->encodeWithOffsets(sample, {{3, 6}});
    for (const TextSpan &span : encoded.offsets)
      if (span.begin > span.end || span.end > sample.size()) std::abort();
    if ((*tokenizer)->encode(sample, true).size() > sample.size() * 1024 + 65536) std::abort();
    StreamingDecoder stream(**tokenizer);
    for (const TokenId id : encoded.ids) (void)stream.push(id);
    (void)stream.flush();
  }
  return 0;
}
