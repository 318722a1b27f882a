#include "core/tokenizer/bpe_tokenizer.h"

#include "core/tokenizer/written_text.h"

namespace attune::tokenizer {

/// One encoding under way. `source` maps the bytes of the text at hand to the caller's bytes when they differ.
struct BpeTokenizer::Work {
  Work(Job &asked, bool asksOrigin) : job(asked), maps(asked.wantOffsets || asked.protectedSpans || asksOrigin) {}
  Job &job;
  const bool maps; // places are asked for
  struct Rewritten {
    const MappedText *text;
    size_t at; // where it stands in the text before
  };
  std::vector<Rewritten> rewritten; // the innermost last; mapped where `maps`
  std::vector<BpeModel::Symbol> symbols;
  std::vector<TextSpan> words;

  TextSpan original(size_t begin, size_t end) const {
    TextSpan span{begin, end};
    for (size_t i = rewritten.size(); i-- > 0;) span = rewritten[i].text->source(span, rewritten[i].at);
    if (job.source) span = job.source->source(span);
    return span;
  }
  void add(TokenId id, size_t begin, size_t end) {
    job.out.ids.push_back(id);
    if (job.wantOffsets) job.out.offsets.push_back(original(begin, end));
  }
  size_t refused(const AddedToken &token, size_t begin, size_t end) const {
    return refusedMatch(token, begin, end, job.parseSpecial, job.protectedSpans,
                        [this](size_t from, size_t to) { return original(from, to); });
  }
};

Result<std::shared_ptr<const BpeTokenizer>> BpeTokenizer::create(BpeSpec spec) {
  auto out = std::make_shared<BpeTokenizer>();
  ATTUNE_TRY(out->m_model, BpeModel::create(spec));
  ATTUNE_TRY(out->m_normalizer, TextNormalizer::create(spec.normalize, spec.where));
  std::vector<AddedToken> raw;
  std::vector<AddedToken> normalized;
  for (AddedToken &token : spec.addedTokens) {
    MappedText rewritten;
    const bool changed = token.normalized && out->m_normalizer.apply(token.content, true, false, rewritten);
    ATTUNE_CHECK(out->m_model.addWhole(token, changed ? rewritten.text : token.content, spec));
    const auto index = static_cast<size_t>(token.id);
    if (out->m_special.size() <= index) out->m_special.resize(index + 1, false);
    out->m_special[index] = token.special;
    if (changed) token.content = rewritten.text;
    if (token.content.empty()) continue; // normalisation leaves nothing to match
    (token.normalized ? normalized : raw).push_back(token);
  }
  ATTUNE_TRY(out->m_rawTokens, AddedTokens::create(std::move(raw), spec.where));
  ATTUNE_TRY(out->m_normalizedTokens, AddedTokens::create(std::move(normalized), spec.where));
  for (const SplitStage &stage : spec.stages) {
    out->m_stages.emplace_back();
    ATTUNE_TRY(out->m_stages.back().preparer, TextNormalizer::create(stage.prepare, spec.where));
    for (const NormalizeStep &step : stage.prepare) out->m_asksOrigin = out->m_asksOrigin || step.onlyAtStart;
    ATTUNE_TRY(out->m_stages.back().cutter, PreTokenizer::create(stage.steps, spec.where));
  }
  out->m_decoding = spec.decoding;
  const auto known = [&](TokenId id) { return id >= 0 && id < out->m_model.vocabularySize() ? id : -1; };
  out->m_bos = known(spec.bos);
  out->m_eos = known(spec.eos);
  out->m_addsBos = spec.addsBos && out->m_bos >= 0;
  for (const TokenId id : spec.prefix)
    if (known(id) >= 0) out->m_prefix.push_back(id);
  return std::shared_ptr<const BpeTokenizer>(std::move(out));
}

void BpeTokenizer::encodeValid(std::string_view text, Job &job) const {
  Work work(job, m_asksOrigin);
  std::vector<AddedPiece> pieces;
  m_rawTokens.split(text, {0, text.size()}, pieces,
                    [&](const AddedToken &token, size_t begin, size_t end) { return work.refused(token, begin, end); });
  for (const AddedPiece &piece : pieces) {
    if (piece.token)
      work.add(piece.token->id, piece.span.begin, piece.span.end);
    else
      encodePlain(text, piece.span, work);
    if (work.job.stopped) break;
  }
}

void BpeTokenizer::encodePlain(std::string_view text, TextSpan range, Work &work) const {
  MappedText normalized;
  const std::string_view part = text.substr(range.begin, range.end - range.begin);
  const bool changed = m_normalizer.apply(part, range.begin == 0, work.maps, normalized);
  if (changed) {
    work.rewritten.push_back({&normalized, range.begin});
    text = normalized.text;
    range = {0, text.size()};
  }
  if (m_normalizedTokens.empty()) {
    encodeStage(0, text, range, work);
  } else {
    std::vector<AddedPiece> pieces;
    m_normalizedTokens.split(text, range, pieces,
                             [&](const AddedToken &token, size_t begin, size_t end) { return work.refused(token, begin, end); });
    for (const AddedPiece &piece : pieces) {
      if (piece.token)
        work.add(piece.token->id, piece.span.begin, piece.span.end);
      else
        encodeStage(0, text, piece.span, work);
    }
  }
  if (changed) work.rewritten.pop_back();
}

void BpeTokenizer::encodeStage(size_t at, std::string_view text, TextSpan range, Work &work) const {
  const Stage &stage = m_stages[at];
  MappedText prepared;
  const bool last = at + 1 == m_stages.size();
  const bool atStart = work.rewritten.empty() ? range.begin == 0 : work.maps && work.original(range.begin, range.end).begin == 0;
  const bool changed =
      stage.preparer.apply(text.substr(range.begin, range.end - range.begin), atStart, last ? work.job.wantOffsets : work.maps, prepared);
  if (changed) {
    work.rewritten.push_back({&prepared, range.begin});
    text = prepared.text;
    range = {0, text.size()};
  }
  if (last) {
    encodeWords(stage.cutter, text, range, work);
  } else {
    std::vector<TextSpan> pieces;
    stage.cutter.split(text, range, pieces, [&](const std::vector<TextSpan> &found) {
      for (const TextSpan &piece : found) encodeStage(at + 1, text, piece, work);
      return !work.job.stopped;
    });
  }
  if (changed) work.rewritten.pop_back();
}

void BpeTokenizer::encodeWords(const PreTokenizer &cutter, std::string_view text, TextSpan range, Work &work) const {
  cutter.split(text, range, work.words, [&](const std::vector<TextSpan> &words) {
    for (const TextSpan &word : words) {
      work.symbols.clear();
      m_model.encodeWord(text.substr(word.begin, word.end - word.begin), work.symbols);
      if (!work.job.wantOffsets) {
        for (const BpeModel::Symbol &symbol : work.symbols) work.job.out.ids.push_back(symbol.id);
        continue;
      }
      size_t at = word.begin;
      for (const BpeModel::Symbol &symbol : work.symbols) {
        work.add(symbol.id, at, at + symbol.bytes);
        at += symbol.bytes;
      }
    }
    work.job.stopped = work.job.stop.stopRequested();
    return !work.job.stopped;
  });
}

std::string BpeTokenizer::decode(const std::vector<TokenId> &ids, bool skipSpecial) const {
  std::string out;
  bool first = true;
  for (const TokenId id : ids) {
    if (id < 0 || id >= m_model.vocabularySize() || (skipSpecial && isSpecial(id))) continue;
    if (first || !m_decoding.spaceSymbol.empty())
      out += decodeNext(id, first);
    else
      out += m_model.bytes(id);
    first = false;
  }
  return out;
}

std::string BpeTokenizer::decodeNext(TokenId id, bool atStart) const {
  if (id < 0 || id >= m_model.vocabularySize()) return "";
  std::string text = m_model.bytes(id);
  if (!m_decoding.spaceSymbol.empty()) replaceEach(text, m_decoding.spaceSymbol, atStart ? "" : " ");
  const std::string &content = m_decoding.startContent;
  size_t at = 0;
  for (size_t i = 0; atStart && i < m_decoding.startCount && !content.empty() && text.compare(at, content.size(), content) == 0; ++i)
    at += content.size();
  return text.substr(at);
}

std::string BpeTokenizer::piece(TokenId id) const { return id < 0 || id >= m_model.vocabularySize() ? std::string() : m_model.piece(id); }

bool BpeTokenizer::isSpecial(TokenId id) const {
  return id >= 0 && static_cast<size_t>(id) < m_special.size() && m_special[static_cast<size_t>(id)];
}

} // namespace attune::tokenizer
