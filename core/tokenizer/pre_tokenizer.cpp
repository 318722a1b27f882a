#include "core/tokenizer/pre_tokenizer.h"

#include "core/tokenizer/unicode.h"

#include <algorithm>

namespace attune::tokenizer {

namespace {

void push(std::vector<TextSpan> &out, TextSpan span) {
  if (span.end > span.begin) out.push_back(span);
}

/// Every digit alone, the text between in one piece.
void splitDigits(std::string_view text, TextSpan range, std::vector<TextSpan> &out) {
  size_t begin = range.begin;
  for (size_t at = range.begin, length = 1; at < range.end; at += length) {
    const auto byte = static_cast<unsigned char>(text[at]);
    bool digit = byte >= '0' && byte <= '9';
    length = 1;
    if (byte >= 0x80) digit = (classOf(decodeUtf8(text.data() + at, length)) & kNumeric) != 0;
    if (!digit) continue;
    push(out, {begin, at});
    out.push_back({at, at + length});
    begin = at + length;
  }
  push(out, {begin, range.end});
}

void matchDigits(std::string_view text, TextSpan range, std::vector<PatternMatch> &out) {
  std::vector<TextSpan> pieces;
  splitDigits(text, range, pieces);
  for (const TextSpan &piece : pieces) {
    size_t length;
    out.push_back({piece, (classOf(decodeUtf8(text.data() + piece.begin, length)) & kNumeric) != 0});
  }
}

void matchLiteral(const std::string &literal, std::string_view text, TextSpan range, std::vector<PatternMatch> &out) {
  size_t begin = range.begin;
  const std::string_view part = text.substr(0, range.end);
  for (size_t at = part.find(literal, begin); !literal.empty() && at != std::string_view::npos; at = part.find(literal, begin)) {
    if (at > begin) out.push_back({{begin, at}, false});
    out.push_back({{at, at + literal.size()}, true});
    begin = at + literal.size();
  }
  if (begin < range.end) out.push_back({{begin, range.end}, false});
}

} // namespace

Result<PreTokenizer> PreTokenizer::create(const std::vector<SplitStep> &steps, const std::string &where) {
  PreTokenizer out;
  for (const SplitStep &step : steps) {
    Step built{step, {}};
    if (step.kind == SplitStep::Kind::Pattern) {
      ATTUNE_TRY(built.pattern, SplitPattern::compile(step.pattern, where));
    }
    out.m_steps.push_back(std::move(built));
  }
  return out;
}

void PreTokenizer::apply(const Step &step, std::string_view text, TextSpan range, std::vector<TextSpan> &out) {
  const bool isolated = step.spec.behavior == SplitBehavior::Isolated;
  if (isolated && step.spec.kind == SplitStep::Kind::Digits) return splitDigits(text, range, out);
  if (isolated && step.spec.kind == SplitStep::Kind::Pattern && step.pattern.tiles())
    return step.pattern.splitTiles(text, range, out);
  std::vector<PatternMatch> matches;
  if (step.spec.kind == SplitStep::Kind::Digits) matchDigits(text, range, matches);
  else if (step.spec.kind == SplitStep::Kind::Literal) matchLiteral(step.spec.pattern, text, range, matches);
  else step.pattern.split(text, range, matches);
  for (PatternMatch &match : matches) match.isMatch = match.isMatch != step.spec.invert;

  std::vector<TextSpan> pieces;
  bool previous = false;
  switch (step.spec.behavior) {
  case SplitBehavior::Isolated:
    for (const PatternMatch &match : matches) pieces.push_back(match.span);
    break;
  case SplitBehavior::Removed:
    for (const PatternMatch &match : matches)
      if (!match.isMatch) pieces.push_back(match.span);
    break;
  case SplitBehavior::Contiguous:
    for (const PatternMatch &match : matches) {
      if (match.isMatch == previous && !pieces.empty()) pieces.back().end = match.span.end;
      else pieces.push_back(match.span);
      previous = match.isMatch;
    }
    break;
  case SplitBehavior::MergedWithPrevious:
    for (const PatternMatch &match : matches) {
      if (match.isMatch && !previous && !pieces.empty()) pieces.back().end = match.span.end;
      else pieces.push_back(match.span);
      previous = match.isMatch;
    }
    break;
  case SplitBehavior::MergedWithNext:
    for (size_t i = matches.size(); i-- > 0;) {
      if (matches[i].isMatch && !previous && !pieces.empty()) pieces.back().begin = matches[i].span.begin;
      else pieces.push_back(matches[i].span);
      previous = matches[i].isMatch;
    }
    std::reverse(pieces.begin(), pieces.end());
    break;
  }
  for (const TextSpan &piece : pieces) push(out, piece);
}

void PreTokenizer::split(std::string_view text, TextSpan range, std::vector<TextSpan> &words,
                         std::vector<TextSpan> &scratch) const {
  words.clear();
  push(words, range);
  for (const Step &step : m_steps) {
    scratch.clear();
    for (const TextSpan &word : words) apply(step, text, word, scratch);
    words.swap(scratch);
  }
}

} // namespace attune::tokenizer
