// What our tokenizers do around their own cutting: invalid UTF-8 is replaced, what the caller asked for is one Job.
// Immutable after creation; any thread.
#pragma once

#include "core/tokenizer/tokenizer.h"
#include "core/tokenizer/unicode.h"

namespace attune::tokenizer {

class EncodingTokenizer : public Tokenizer {
public:
  std::vector<TokenId> encode(std::string_view text, bool parseSpecial) const final;
  std::optional<std::vector<TokenId>> encodeUnlessStopped(std::string_view text, bool parseSpecial, const StopToken &stop) const final;
  EncodedText encodeWithOffsets(std::string_view text, const std::vector<TextSpan> &protectedSpans) const final;

protected:
  /// One encoding under way: what was asked for, and what came of it.
  struct Job {
    bool parseSpecial = false;
    const std::vector<TextSpan> *protectedSpans = nullptr;
    bool wantOffsets = false;
    StopToken stop;
    bool stopped = false;
    const MappedText *source = nullptr; // invalid UTF-8 replaced
    EncodedText out;
  };

private:
  /// `text` is valid UTF-8; `job.source` maps it to the caller's bytes where it is not the caller's.
  virtual void encodeValid(std::string_view text, Job &job) const = 0;
  void run(std::string_view text, Job &job) const;
};

} // namespace attune::tokenizer
