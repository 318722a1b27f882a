#include "core/tokenizer/split_pattern.h"

#include "core/io/pcre2_pattern.h"
#include "core/tokenizer/pattern_syntax.h"
#include "core/tokenizer/unicode.h"
#include "core/tokenizer/word_scanner.h"

namespace attune::tokenizer {

struct SplitPattern::Compiled : io::Pcre2Pattern {};

const char *gpt2Pattern() { return "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"; }

const char *llama3Pattern() {
  return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|"
         "\\s+(?!\\S)|\\s+";
}

const char *qwen2Pattern() {
  return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|"
         "\\s+(?!\\S)|\\s+";
}

Result<SplitPattern> SplitPattern::compile(const std::string &pattern, const std::string &where, bool useScanner) {
  SplitPattern out;
  if (useScanner) {
    if (pattern == gpt2Pattern()) out.m_scanner = scanGpt2;
    if (pattern == llama3Pattern()) out.m_scanner = scanLlama3;
    if (pattern == qwen2Pattern()) out.m_scanner = scanQwen2;
    if (out.m_scanner) return out;
  }
  ATTUNE_TRY(const std::string expanded, expandPattern(pattern, where));
  auto compiled = std::make_shared<Compiled>();
  pcre2_compile_context *context = pcre2_compile_context_create(nullptr);
  pcre2_set_newline(context, PCRE2_NEWLINE_LF);
  // The originals' syntax lets ^ and $ match at every line.
  const auto mistake = compiled->compile(expanded, PCRE2_UTF | PCRE2_MULTILINE, {}, context);
  pcre2_compile_context_free(context);
  if (mistake) return Error{ErrorCode::MalformedFile, "The pre-tokenizer pattern does not compile: " + mistake->message + ".", where, ""};
  pcre2_jit_compile(compiled->code, PCRE2_JIT_COMPLETE); // without JIT the interpreter runs: slower, same result
  out.m_compiled = std::move(compiled);
  return out;
}

void SplitPattern::split(std::string_view text, TextSpan range, std::vector<PatternMatch> &out) const {
  if (m_scanner) {
    for (size_t at = range.begin; at < range.end; at = out.back().span.end) out.push_back({{at, tileEnd(text, {at, range.end})}, true});
    return;
  }
  const io::Pcre2Match data(pcre2_match_data_create_from_pattern(m_compiled->code, nullptr));
  const auto *subject = reinterpret_cast<PCRE2_SPTR>(text.data() + range.begin);
  const size_t size = range.end - range.begin;
  size_t at = 0;
  size_t done = 0; // everything before is already in `out`
  bool matched = false;
  size_t lastEnd = 0;
  while (at <= size) {
    int found = pcre2_match(m_compiled->code, subject, size, at, PCRE2_NO_UTF_CHECK, data.get(), m_compiled->limits);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT)
      found = pcre2_match(m_compiled->code, subject, size, at, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data.get(), m_compiled->limits);
    if (found < 0) break; // no further match, or a limit: the rest stays one piece
    const PCRE2_SIZE *const offsets = pcre2_get_ovector_pointer(data.get());
    const size_t begin = offsets[0];
    const size_t end = offsets[1];
    if (begin == end && matched && end == lastEnd) { // an empty match right behind a match does not count
      if (at >= size) break;
      size_t length;
      decodeUtf8(text.data() + range.begin + at, length);
      at += length;
      continue;
    }
    if (begin > done) out.push_back({{range.begin + done, range.begin + begin}, false});
    out.push_back({{range.begin + begin, range.begin + end}, true});
    done = at = lastEnd = end;
    matched = true;
  }
  if (done < size) out.push_back({{range.begin + done, range.end}, false});
}

} // namespace attune::tokenizer
