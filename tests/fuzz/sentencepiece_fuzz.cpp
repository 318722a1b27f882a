// Any bytes as a tokenizer.model: the library must neither crash nor hang on what our checks let through.
#include "core/tokenizer/sentencepiece_tokenizer.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace attune::tokenizer;
  const std::string_view bytes(reinterpret_cast<const char *>(data), size);
  auto model = SentencePieceModel::parse(bytes, "fuzz", SentencePieceTokenizer::isMarker);
  if (!model.ok()) return 0;
  const auto tokenizer = SentencePieceTokenizer::create(std::move(*model), {});
  if (!tokenizer.ok()) return 0;
  const std::string nasty = "ab <s> aab\xC3\xA9 e\xCC\x81 12 \xE4\xBD\xA0\xE5\xA5\xBD's\r\n  \xF0\x9F\x98\x80 \xFF</s>x<reserved_1>";
  for (const std::string_view sample : {std::string_view(nasty), bytes.substr(0, 200)}) {
    const EncodedText encoded = (*tokenizer)->encodeWithOffsets(sample, {{3, 6}});
    for (const TextSpan &span : encoded.offsets)
      if (span.begin > span.end || span.end > sample.size()) std::abort();
    (void)(*tokenizer)->encode(sample, true);
    for (const TokenId id : (*tokenizer)->encode(sample, false)) // what a user wrote
      if ((*tokenizer)->isSpecial(id) && (*tokenizer)->decode({id}, false).find("reserved_1") != std::string::npos) std::abort();
    StreamingDecoder stream(**tokenizer);
    for (const TokenId id : encoded.ids) (void)stream.push(id);
    (void)stream.flush();
  }
  return 0;
}
