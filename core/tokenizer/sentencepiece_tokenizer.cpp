#include "core/tokenizer/sentencepiece_tokenizer.h"

#include "core/tokenizer/space_words.h"
#include "core/tokenizer/written_text.h"

namespace attune::tokenizer {

namespace {

constexpr size_t kSentence = size_t(4) << 20; // longer plain texts are cut where a word begins, to bound memory

std::string withSpaces(std::string_view piece) {
  std::string text;
  size_t done = 0;
  for (size_t at = piece.find(kSpaceSymbol); at != std::string_view::npos; at = piece.find(kSpaceSymbol, done)) {
    text.append(piece.substr(done, at - done)).push_back(' ');
    done = at + kSpaceSymbol.size();
  }
  return text.append(piece.substr(done));
}

} // namespace

/// One encoding under way.
struct SentencePieceTokenizer::Work {
  explicit Work(Job &asked) : job(asked) {}
  Job &job;
  std::vector<SentencePieceModel::Symbol> symbols;
  std::vector<TextSpan> markers;

  TextSpan original(size_t begin, size_t end) const { return job.source ? job.source->source({begin, end}) : TextSpan{begin, end}; }
  void add(TokenId id, size_t begin, size_t end) {
    job.out.ids.push_back(id);
    if (job.wantOffsets) job.out.offsets.push_back(original(begin, end));
  }
};

bool SentencePieceTokenizer::isMarker(const std::string &piece) {
  const std::string text = withSpaces(piece);
  for (size_t at = 0, length = 0; at < text.size(); at += length) {
    if (validUtf8Prefix(std::string_view(text).substr(at)) == 0) return true;
    if (!(classOf(decodeUtf8(text.data() + at, length)) & kSpace)) return true;
  }
  return false;
}

Result<std::shared_ptr<const SentencePieceTokenizer>> SentencePieceTokenizer::create(std::shared_ptr<const SentencePieceModel> model,
                                                                                     Options options) {
  auto out = std::make_shared<SentencePieceTokenizer>();
  out->m_model = std::move(model);
  out->m_options = std::move(options);
  const SentencePieceModel &pieces = *out->m_model;
  std::vector<AddedToken> matched;
  for (TokenId id = 0; id < pieces.size(); ++id) {
    Entry entry;
    entry.piece = pieces.piece(id);
    const PieceType type = pieces.type(id);
    const bool userDefined = type == PieceType::UserDefined && isMarker(entry.piece);
    entry.special = type == PieceType::Control || type == PieceType::Unknown || userDefined;
    entry.whole = type == PieceType::Control || userDefined;
    entry.outside = type == PieceType::Control;
    entry.text = type == PieceType::Unknown ? pieces.unknownSurface() : entry.whole ? entry.piece : withSpaces(entry.piece);
    if (type == PieceType::Byte) entry.text.assign(1, static_cast<char>(std::stoi(entry.piece.substr(3, 2), nullptr, 16)));
    out->m_texts.push_back(std::move(entry));
  }
  for (const AddedToken &token : out->m_options.addedTokens) ATTUNE_CHECK(out->addEntry(token));
  std::vector<bool> listed(out->m_texts.size(), false);
  for (const AddedToken &token : out->m_options.addedTokens) listed[static_cast<size_t>(token.id)] = true;
  for (TokenId id = 0; id < pieces.size(); ++id) {
    const Entry &entry = out->m_texts[static_cast<size_t>(id)];
    if (!entry.whole || listed[static_cast<size_t>(id)]) continue;
    AddedToken token;
    token.id = id;
    token.content = entry.piece;
    token.special = true;
    matched.push_back(std::move(token));
  }
  matched.insert(matched.end(), out->m_options.addedTokens.begin(), out->m_options.addedTokens.end());
  ATTUNE_TRY(out->m_tokens, AddedTokens::create(std::move(matched), out->m_options.where));
  const auto known = [&](TokenId id) { return id >= 0 && id < out->vocabularySize() ? id : -1; };
  out->m_options.bos = known(out->m_options.bos);
  out->m_options.eos = known(out->m_options.eos);
  return std::shared_ptr<const SentencePieceTokenizer>(std::move(out));
}

/// Adds or changes the token of a settings file.
Status SentencePieceTokenizer::addEntry(const AddedToken &token) {
  const std::string &where = token.where.empty() ? m_options.where : token.where;
  const auto index = static_cast<size_t>(token.id);
  if (token.id < 0 || index > m_texts.size() + 100000)
    return Error{ErrorCode::MalformedFile, "An added token has an id far beyond the vocabulary.", where, ""};
  const TokenId known = idOf(token.content);
  if (known >= 0 && known != token.id)
    return Error{ErrorCode::MalformedFile, "The added token \"" + token.content.substr(0, 60) + "\" has two ids.", where, ""};
  if (index >= m_texts.size()) m_texts.resize(index + 1);
  Entry &entry = m_texts[index];
  if (known < 0 && !entry.piece.empty())
    return Error{ErrorCode::MalformedFile, "The token id " + std::to_string(token.id) + " is used twice.", where, ""};
  if (known < 0) m_addedIds.emplace(token.content, token.id);
  const bool userDefined = token.id < m_model->size() && m_model->type(token.id) == PieceType::UserDefined;
  entry.piece = token.content;
  entry.special = token.special;
  if (!entry.whole) entry.text = userDefined ? withSpaces(token.content) : token.content;
  entry.whole = true;
  entry.outside = !userDefined;
  return {};
}

void SentencePieceTokenizer::encodeValid(std::string_view text, Job &job) const {
  Work work(job);
  std::vector<AddedPiece> pieces;
  m_tokens.split(text, {0, text.size()}, pieces, [&](const AddedToken &token, size_t begin, size_t end) {
    return refusedMatch(token, begin, end, work.job.parseSpecial, work.job.protectedSpans,
                        [&](size_t from, size_t to) { return work.original(from, to); });
  });
  const AddedPiece *const last = pieces.data() + pieces.size();
  for (const AddedPiece *piece = pieces.data(); piece != last && !work.job.stopped;) {
    if (piece->token && m_texts[static_cast<size_t>(piece->token->id)].outside) {
      work.add(piece->token->id, piece->span.begin, piece->span.end);
      ++piece;
      continue;
    }
    const AddedPiece *next = piece + 1;
    while (next != last && !(next->token && m_texts[static_cast<size_t>(next->token->id)].outside)) ++next;
    encodeSentence(text, piece, next, work);
    piece = next;
  }
}

/// Plain text and the user-defined pieces in it, which the library sees as one sentence; very long plain text in parts.
void SentencePieceTokenizer::encodeSentence(std::string_view text, const AddedPiece *first, const AddedPiece *last, Work &work) const {
  const size_t end = (last - 1)->span.end;
  for (size_t begin = first->span.begin; begin < end;) {
    const bool prefixed = begin == 0 || (begin == first->span.begin && m_options.prefixAfterSpecial);
    size_t stop = end;
    if (end - begin > kSentence && last - first == 1 && !m_model->removesExtraWhitespaces()) {
      stop = begin + kSentence;
      while (stop < end && !(text[stop] == ' ' && text[stop - 1] != ' ')) ++stop;
    }
    work.markers.clear();
    std::vector<TokenId> ids;
    for (const AddedPiece *piece = first; piece != last; ++piece) {
      if (!piece->token) continue;
      work.markers.push_back({piece->span.begin - begin, piece->span.end - begin});
      ids.push_back(piece->token->id);
    }
    work.symbols.clear();
    size_t flushed = 0;
    const auto flush = [&] {
      for (; flushed < work.symbols.size(); ++flushed)
        work.add(work.symbols[flushed].id, begin + work.symbols[flushed].begin, begin + work.symbols[flushed].end);
    };
    m_model->encode(text.substr(begin, stop - begin), prefixed, work.markers, work.symbols, [&](size_t i) {
      flush();
      work.add(ids[i], begin + work.markers[i].begin, begin + work.markers[i].end);
    });
    flush();
    begin = stop;
    work.job.stopped = work.job.stop.stopRequested();
    if (work.job.stopped) return;
  }
}

std::string SentencePieceTokenizer::decode(const std::vector<TokenId> &ids, bool skipSpecial) const {
  std::string out;
  bool first = true;
  for (const TokenId id : ids) {
    if (skipSpecial && isSpecial(id)) continue;
    out += decodeNext(id, first);
    first = out.empty() && m_model->removesExtraWhitespaces(); // which leaves out every blank that begins a text
  }
  return out;
}

std::string SentencePieceTokenizer::decodeNext(TokenId id, bool atStart) const {
  if (id < 0 || id >= vocabularySize()) return "";
  const Entry &entry = m_texts[static_cast<size_t>(id)];
  const bool prefix = atStart && !entry.whole && (m_model->addsDummyPrefix() || m_model->removesExtraWhitespaces());
  return prefix && entry.piece.compare(0, kSpaceSymbol.size(), kSpaceSymbol) == 0 ? entry.text.substr(1) : entry.text;
}

std::string SentencePieceTokenizer::piece(TokenId id) const {
  return id < 0 || id >= vocabularySize() ? std::string() : m_texts[static_cast<size_t>(id)].piece;
}

TokenId SentencePieceTokenizer::idOf(std::string_view piece) const {
  const TokenId id = m_model->idOf(piece);
  if (id >= 0) return id;
  const auto found = m_addedIds.find(piece);
  return found == m_addedIds.end() ? -1 : found->second;
}

bool SentencePieceTokenizer::isSpecial(TokenId id) const {
  return id >= 0 && id < vocabularySize() && m_texts[static_cast<size_t>(id)].special;
}

} // namespace attune::tokenizer
