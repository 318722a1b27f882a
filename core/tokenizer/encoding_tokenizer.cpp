#include "core/tokenizer/encoding_tokenizer.h"

namespace attune::tokenizer {

std::vector<TokenId> EncodingTokenizer::encode(std::string_view text, bool parseSpecial) const {
  Job job;
  job.parseSpecial = parseSpecial;
  run(text, job);
  return std::move(job.out.ids);
}

std::optional<std::vector<TokenId>> EncodingTokenizer::encodeUnlessStopped(std::string_view text, bool parseSpecial,
                                                                           const StopToken &stop) const {
  Job job;
  job.parseSpecial = parseSpecial;
  job.stop = stop;
  run(text, job);
  if (job.stopped) return std::nullopt;
  return std::move(job.out.ids);
}

EncodedText EncodingTokenizer::encodeWithOffsets(std::string_view text, const std::vector<TextSpan> &protectedSpans) const {
  Job job;
  job.parseSpecial = true;
  job.protectedSpans = &protectedSpans;
  job.wantOffsets = true;
  run(text, job);
  return std::move(job.out);
}

void EncodingTokenizer::run(std::string_view text, Job &job) const {
  MappedText replaced;
  if (validUtf8Prefix(text) != text.size()) {
    replaced = replaceInvalidUtf8(text);
    job.source = &replaced;
    text = replaced.text;
  }
  job.out.ids.reserve(text.size() / 4 + 4);
  if (job.wantOffsets) job.out.offsets.reserve(text.size() / 4 + 4);
  encodeValid(text, job);
}

} // namespace attune::tokenizer
