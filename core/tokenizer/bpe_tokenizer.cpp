#include "core/tokenizer/bpe_tokenizer.h"

#include "core/tokenizer/nfc.h"

#include <algorithm>

namespace attune::tokenizer {

namespace {

/// The first of the sorted spans that shares a byte with [begin, end), or null.
const TextSpan *touched(const std::vector<TextSpan> &spans, size_t begin, size_t end) {
  auto at = std::upper_bound(spans.begin(), spans.end(), begin, [](size_t value, const TextSpan &span) { return value < span.end; });
  while (at != spans.end() && at->begin == at->end) ++at;
  return at != spans.end() && at->begin < end ? &*at : nullptr;
}

} // namespace

/// One encoding under way. `source` maps the bytes of the text at hand to the caller's bytes when they differ.
struct BpeTokenizer::Work {
  bool parseSpecial = false;
  const std::vector<TextSpan> *protectedSpans = nullptr;
  bool wantOffsets = false;
  StopToken stop;
  bool stopped = false;
  const MappedText *source = nullptr;     // invalid UTF-8 replaced
  const MappedText *normalized = nullptr; // of the text at `normalizedAt`
  size_t normalizedAt = 0;
  EncodedText out;
  std::vector<BpeModel::Symbol> symbols;
  std::vector<TextSpan> words;
  std::string prefixed;

  TextSpan original(size_t begin, size_t end) const {
    TextSpan span{begin, end};
    if (normalized) span = through(*normalized, span, normalizedAt);
    if (source) span = through(*source, span, 0);
    return span;
  }
  static TextSpan through(const MappedText &map, TextSpan span, size_t base) {
    if (span.begin < span.end) return {base + map.begin[span.begin], base + map.end[span.end - 1]};
    const size_t at = span.begin < map.begin.size() ? map.begin[span.begin] : map.end.empty() ? 0 : map.end.back();
    return {base + at, base + at};
  }
  void add(TokenId id, size_t begin, size_t end) {
    out.ids.push_back(id);
    if (wantOffsets) out.offsets.push_back(original(begin, end));
  }
  /// See AddedTokens::split: user-written special tokens are text, and a template's own ones survive beside them.
  size_t refused(const AddedToken &token, size_t begin, size_t end) const {
    if (!token.special) return 0;
    if (!parseSpecial) return end;
    if (!protectedSpans || protectedSpans->empty()) return 0;
    const TextSpan span = original(begin, end);
    const TextSpan *const written = touched(*protectedSpans, span.begin, span.end);
    if (!written) return 0;
    size_t resume = begin + 1;
    while (resume < end && original(begin, begin + 1).begin >= written->begin && original(resume, resume + 1).begin < written->end)
      ++resume;
    return resume;
  }
};

Result<std::shared_ptr<const BpeTokenizer>> BpeTokenizer::create(BpeSpec spec) {
  auto out = std::make_shared<BpeTokenizer>();
  ATTUNE_TRY(out->m_model, BpeModel::create(spec));
  std::vector<AddedToken> raw;
  std::vector<AddedToken> normalized;
  for (AddedToken &token : spec.addedTokens) {
    ATTUNE_CHECK(out->m_model.addWhole(token, spec.where));
    const auto index = static_cast<size_t>(token.id);
    if (out->m_special.size() <= index) out->m_special.resize(index + 1, false);
    out->m_special[index] = token.special;
    if (token.normalized && spec.normalizeNfc && !isSurelyNfc(token.content)) token.content = toNfc(token.content).text;
    (token.normalized ? normalized : raw).push_back(token);
  }
  ATTUNE_TRY(out->m_rawTokens, AddedTokens::create(std::move(raw), spec.where));
  ATTUNE_TRY(out->m_normalizedTokens, AddedTokens::create(std::move(normalized), spec.where));
  ATTUNE_TRY(out->m_preTokenizer, PreTokenizer::create(spec.steps, spec.where));
  out->m_addPrefixSpace = spec.addPrefixSpace;
  out->m_normalizeNfc = spec.normalizeNfc;
  const auto known = [&](TokenId id) { return id >= 0 && id < out->m_model.vocabularySize() ? id : -1; };
  out->m_bos = known(spec.bos);
  out->m_eos = known(spec.eos);
  out->m_addsBos = spec.addsBos && out->m_bos >= 0;
  return std::shared_ptr<const BpeTokenizer>(std::move(out));
}

std::vector<TokenId> BpeTokenizer::encode(std::string_view text, bool parseSpecial) const {
  Work work;
  work.parseSpecial = parseSpecial;
  encodeClean(text, work);
  return std::move(work.out.ids);
}

std::optional<std::vector<TokenId>> BpeTokenizer::encodeUnlessStopped(std::string_view text, bool parseSpecial,
                                                                      const StopToken &stop) const {
  Work work;
  work.parseSpecial = parseSpecial;
  work.stop = stop;
  encodeClean(text, work);
  if (work.stopped) return std::nullopt;
  return std::move(work.out.ids);
}

EncodedText BpeTokenizer::encodeWithOffsets(std::string_view text, const std::vector<TextSpan> &protectedSpans) const {
  Work work;
  work.parseSpecial = true;
  work.protectedSpans = &protectedSpans;
  work.wantOffsets = true;
  encodeClean(text, work);
  return std::move(work.out);
}

void BpeTokenizer::encodeClean(std::string_view text, Work &work) const {
  MappedText replaced;
  if (validUtf8Prefix(text) != text.size()) {
    replaced = replaceInvalidUtf8(text);
    work.source = &replaced;
    text = replaced.text;
  }
  work.out.ids.reserve(text.size() / 4 + 4);
  if (work.wantOffsets) work.out.offsets.reserve(text.size() / 4 + 4);
  std::vector<AddedPiece> pieces;
  m_rawTokens.split(text, {0, text.size()}, pieces,
                    [&](const AddedToken &token, size_t begin, size_t end) { return work.refused(token, begin, end); });
  for (const AddedPiece &piece : pieces) {
    if (piece.token)
      work.add(piece.token->id, piece.span.begin, piece.span.end);
    else
      encodePlain(text, piece.span, work);
    if (work.stopped) break;
  }
}

void BpeTokenizer::encodePlain(std::string_view text, TextSpan range, Work &work) const {
  MappedText normalized;
  const std::string_view part = text.substr(range.begin, range.end - range.begin);
  if (m_normalizeNfc && !isSurelyNfc(part)) {
    normalized = toNfc(part);
    work.normalized = &normalized;
    work.normalizedAt = range.begin;
    text = normalized.text;
    range = {0, text.size()};
  }
  if (m_normalizedTokens.empty()) {
    encodeWords(text, range, work);
  } else {
    std::vector<AddedPiece> pieces;
    m_normalizedTokens.split(text, range, pieces,
                             [&](const AddedToken &token, size_t begin, size_t end) { return work.refused(token, begin, end); });
    for (const AddedPiece &piece : pieces) {
      if (piece.token)
        work.add(piece.token->id, piece.span.begin, piece.span.end);
      else
        encodeWords(text, piece.span, work);
    }
  }
  work.normalized = nullptr;
}

void BpeTokenizer::encodeWords(std::string_view text, TextSpan range, Work &work) const {
  // The prefix space belongs to no byte of the text: positions are shifted back by one and clamped.
  size_t shift = 0;
  const size_t floor = range.begin;
  if (m_addPrefixSpace && text[range.begin] != ' ') {
    work.prefixed.assign(1, ' ');
    work.prefixed.append(text.substr(range.begin, range.end - range.begin));
    shift = 1;
    text = work.prefixed;
    range = {0, text.size()};
  }
  m_preTokenizer.split(text, range, work.words, [&](const std::vector<TextSpan> &words) {
    for (const TextSpan &word : words) {
      work.symbols.clear();
      m_model.encodeWord(text.substr(word.begin, word.end - word.begin), work.symbols);
      if (!work.wantOffsets) {
        for (const BpeModel::Symbol &symbol : work.symbols) work.out.ids.push_back(symbol.id);
        continue;
      }
      size_t at = word.begin;
      for (const BpeModel::Symbol &symbol : work.symbols) {
        const size_t end = at + symbol.bytes;
        if (shift)
          work.add(symbol.id, floor + std::max<size_t>(at, 1) - 1, floor + std::max<size_t>(end, 1) - 1);
        else
          work.add(symbol.id, at, end);
        at = end;
      }
    }
    work.stopped = work.stop.stopRequested();
    return !work.stopped;
  });
}

std::string BpeTokenizer::decode(const std::vector<TokenId> &ids, bool skipSpecial) const {
  std::string out;
  for (const TokenId id : ids) {
    if (id < 0 || id >= m_model.vocabularySize() || (skipSpecial && isSpecial(id))) continue;
    out += m_model.bytes(id);
  }
  return out;
}

std::string BpeTokenizer::piece(TokenId id) const { return id < 0 || id >= m_model.vocabularySize() ? std::string() : m_model.piece(id); }

bool BpeTokenizer::isSpecial(TokenId id) const {
  return id >= 0 && static_cast<size_t>(id) < m_special.size() && m_special[static_cast<size_t>(id)];
}

} // namespace attune::tokenizer
