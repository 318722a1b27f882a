#include "core/tokenizer/pre_tokenizer.h"

#include "core/tokenizer/unicode.h"

#include <algorithm>

namespace attune::tokenizer {

namespace {

void push(std::vector<TextSpan> &out, TextSpan span) {
  if (span.end > span.begin) out.push_back(span);
}

/// Every digit alone, the text between in one piece; false when `visit` says so.
template <typename Visit> bool forEachDigit(std::string_view text, TextSpan range, const Visit &visit) {
  size_t begin = range.begin;
  for (size_t at = range.begin, length = 1; at < range.end; at += length) {
    const auto byte = static_cast<unsigned char>(text[at]);
    bool digit = byte >= '0' && byte <= '9';
    length = 1;
    if (byte >= 0x80) digit = (classOf(decodeUtf8(text.data() + at, length)) & kNumeric) != 0;
    if (!digit) continue;
    if (begin < at && !visit(TextSpan{begin, at}, false)) return false;
    if (!visit(TextSpan{at, at + length}, true)) return false;
    begin = at + length;
  }
  return begin == range.end || visit(TextSpan{begin, range.end}, false);
}

void matchDigits(std::string_view text, TextSpan range, std::vector<PatternMatch> &out) {
  forEachDigit(text, range, [&](TextSpan piece, bool digit) {
    out.push_back({piece, digit});
    return true;
  });
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
  std::vector<PatternMatch> matches;
  if (step.spec.kind == SplitStep::Kind::Digits)
    matchDigits(text, range, matches);
  else if (step.spec.kind == SplitStep::Kind::Literal)
    matchLiteral(step.spec.pattern, text, range, matches);
  else
    step.pattern.split(text, range, matches);
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
      if (match.isMatch == previous && !pieces.empty())
        pieces.back().end = match.span.end;
      else
        pieces.push_back(match.span);
      previous = match.isMatch;
    }
    break;
  case SplitBehavior::MergedWithPrevious:
    for (const PatternMatch &match : matches) {
      if (match.isMatch && !previous && !pieces.empty())
        pieces.back().end = match.span.end;
      else
        pieces.push_back(match.span);
      previous = match.isMatch;
    }
    break;
  case SplitBehavior::MergedWithNext:
    for (size_t i = matches.size(); i-- > 0;) {
      if (matches[i].isMatch && !previous && !pieces.empty())
        pieces.back().begin = matches[i].span.begin;
      else
        pieces.push_back(matches[i].span);
      previous = matches[i].isMatch;
    }
    std::reverse(pieces.begin(), pieces.end());
    break;
  }
  for (const TextSpan &piece : pieces) push(out, piece);
}

struct PreTokenizer::Walk {
  std::string_view text;
  std::vector<TextSpan> &words;
  const WordVisitor &visit;
};

/// Cuts by this step, then each piece by the next ones before the next piece is looked for: memory stays bounded.
bool PreTokenizer::walk(size_t step, TextSpan range, Walk &state) const {
  constexpr size_t kBatch = 4096;
  if (range.end == range.begin) return true;
  if (step == m_steps.size()) {
    state.words.push_back(range);
    if (state.words.size() < kBatch) return true;
    const bool goOn = state.visit(state.words);
    state.words.clear();
    return goOn;
  }
  const Step &own = m_steps[step];
  const bool isolated = own.spec.behavior == SplitBehavior::Isolated;
  if (isolated && own.spec.kind == SplitStep::Kind::Digits)
    return forEachDigit(state.text, range, [&](TextSpan piece, bool) { return walk(step + 1, piece, state); });
  if (isolated && own.spec.kind == SplitStep::Kind::Pattern && own.pattern.tiles()) {
    for (size_t at = range.begin; at < range.end;) {
      const size_t end = own.pattern.tileEnd(state.text, {at, range.end});
      if (!walk(step + 1, {at, end}, state)) return false;
      at = end;
    }
    return true;
  }
  std::vector<TextSpan> pieces;
  apply(own, state.text, range, pieces);
  return std::all_of(pieces.begin(), pieces.end(), [&](const TextSpan &piece) { return walk(step + 1, piece, state); });
}

void PreTokenizer::split(std::string_view text, TextSpan range, std::vector<TextSpan> &words, const WordVisitor &visit) const {
  words.clear();
  Walk state{text, words, visit};
  if (walk(0, range, state) && !words.empty()) visit(words);
}

} // namespace attune::tokenizer
