#include "core/tokenizer/bpe_model.h"

#include "core/tokenizer/byte_symbols.h"
#include "core/tokenizer/space_words.h"

#include <cstdio>
#include <queue>

namespace attune::tokenizer {

namespace {

constexpr TokenId kMaxId = 4'000'000;
constexpr size_t kMaxPiece = 65536;
constexpr size_t kShortWord = 96; // symbols; longer words merge through a heap

uint64_t pairKey(TokenId left, TokenId right) { return uint64_t(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right); }

size_t pairHash(uint64_t key) { return static_cast<size_t>((key * 0x9E3779B97F4A7C15u) >> 20 ^ key * 0xC2B2AE3D27D4EB4Fu >> 40); }

Error malformed(const std::string &message, const std::string &where) { return {ErrorCode::MalformedFile, message, where, ""}; }

std::string shown(const std::string &piece) { return std::string(1, '"').append(piece, 0, 60).append(1, '"'); }

} // namespace

Result<BpeModel> BpeModel::create(const BpeSpec &spec) {
  BpeModel model;
  model.m_key = WordCache::nextModel();
  model.m_fuseUnknown = spec.fuseUnknown;
  model.m_byteLevel = spec.byteLevel;
  ATTUNE_CHECK(model.addVocabulary(spec));
  ATTUNE_CHECK(model.addMerges(spec));
  ATTUNE_CHECK(model.addStarts(spec));
  return model;
}

Status BpeModel::addVocabulary(const BpeSpec &spec) {
  TokenId largest = -1;
  for (const auto &[piece, id] : spec.vocabulary) {
    if (id < 0 || id >= kMaxId) return malformed("The token " + shown(piece) + " has an id out of range.", spec.where);
    if (piece.size() > kMaxPiece) return malformed("A token is longer than 65536 bytes.", spec.where);
    largest = std::max(largest, id);
  }
  // A few ids may be unused; a huge hole is a hostile file that wants memory.
  if (largest >= 0 && static_cast<size_t>(largest) > spec.vocabulary.size() * 8 + 100000)
    return malformed("The largest token id is far beyond the number of tokens.", spec.where);
  m_pieces.resize(static_cast<size_t>(largest + 1));
  m_bytes.resize(m_pieces.size());
  std::vector<bool> used(m_pieces.size(), false);
  m_ids.reserve(spec.vocabulary.size());
  for (const auto &[piece, id] : spec.vocabulary) {
    const auto index = static_cast<size_t>(id);
    if (used[index]) return malformed("The token id " + std::to_string(id) + " is used twice.", spec.where);
    used[index] = true;
    if (!m_ids.emplace(piece, id).second) return malformed("The token " + shown(piece) + " stands twice.", spec.where);
    m_pieces[index] = piece;
    m_bytes[index] = textOf(piece, spec);
    if (spec.ignoreMerges) m_wholeWords.emplace(m_byteLevel ? m_bytes[index] : piece, id);
  }
  return {};
}

std::string BpeModel::textOf(const std::string &piece, const BpeSpec &spec) const {
  std::string text;
  if (m_byteLevel) return symbolsToBytes(piece, text) ? text : piece; // other characters: never made by merging, decoded as they are
  unsigned byte = 0;
  if (spec.decoding.bytePieces && piece.size() == 6 && std::sscanf(piece.c_str(), "<0x%2X>", &byte) == 1 && piece.back() == '>')
    return std::string(1, static_cast<char>(byte));
  text = piece;
  for (const auto &[from, to] : spec.decoding.replacements) replaceEach(text, from, to);
  return text;
}

Status BpeModel::addMerges(const BpeSpec &spec) {
  size_t capacity = 16;
  while (capacity < spec.merges.size() * 2 + 1) capacity *= 2;
  m_merges.resize(capacity);
  int32_t rank = 0;
  for (const BpeMerge &merge : spec.merges) {
    const TokenId left = idOf(merge.left);
    const TokenId right = idOf(merge.right);
    const TokenId whole = idOf(merge.left + merge.right);
    if (left < 0 || right < 0 || whole < 0)
      return malformed("Merge " + std::to_string(rank) + " (" + shown(merge.left) + " + " + shown(merge.right) +
                           ") names a piece that the vocabulary lacks.",
                       spec.where);
    const uint64_t key = pairKey(left, right);
    size_t slot = pairHash(key) & (capacity - 1);
    while (m_merges[slot].pair != kNoPair && m_merges[slot].pair != key) slot = (slot + 1) & (capacity - 1);
    m_merges[slot] = {key, spec.rankedByResult ? whole : rank, whole}; // a repeated pair takes the later rank, as in the originals
    ++rank;
  }
  return {};
}

Status BpeModel::addStarts(const BpeSpec &spec) {
  if (!spec.unknownToken.empty()) {
    m_unknown = idOf(spec.unknownToken);
    if (m_unknown < 0) return malformed("The unknown token " + shown(spec.unknownToken) + " is not in the vocabulary.", spec.where);
  }
  if (m_byteLevel) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      const std::string &symbol = byteSymbol(static_cast<unsigned char>(byte));
      const TokenId id = idOf(symbol);
      m_starts[byte] = id >= 0 ? std::vector<TokenId>{id} : fallback(symbol, spec.byteFallback);
    }
    return {};
  }
  for (unsigned byte = 0; byte < 256; ++byte) m_starts[byte] = fallback(std::string(1, static_cast<char>(byte)), spec.byteFallback);
  m_ascii.fill(-1);
  m_cutsAtSpaces = !spec.ignoreMerges && idOf(kSpaceSymbol) >= 0;
  for (const auto &[piece, id] : spec.vocabulary) {
    if (m_cutsAtSpaces && crossesWords(piece)) m_cutsAtSpaces = false;
    if (piece.empty() || validUtf8Prefix(piece) != piece.size()) continue;
    size_t length;
    const uint32_t code = decodeUtf8(piece.data(), length);
    if (length != piece.size()) continue;
    m_characters.emplace(code, id);
    if (code < m_ascii.size()) m_ascii[code] = id;
  }
  return {};
}

/// What a symbol becomes that the vocabulary lacks: its bytes' tokens, the unknown token, or nothing.
std::vector<TokenId> BpeModel::fallback(std::string_view symbol, bool byBytes) const {
  std::vector<TokenId> ids;
  bool all = byBytes;
  for (size_t i = 0; all && i < symbol.size(); ++i) {
    char name[8];
    std::snprintf(name, sizeof(name), "<0x%02X>", static_cast<unsigned char>(symbol[i]));
    ids.push_back(idOf(name));
    all = ids.back() >= 0;
  }
  if (!all) ids.assign(m_unknown >= 0 ? 1 : 0, m_unknown);
  return ids;
}

TokenId BpeModel::idOf(std::string_view piece) const {
  const auto found = m_ids.find(std::string(piece));
  return found == m_ids.end() ? -1 : found->second;
}

Status BpeModel::addWhole(const AddedToken &token, const std::string &matched, const BpeSpec &spec) {
  const std::string &where = token.where.empty() ? spec.where : token.where;
  if (token.id < 0 || token.id >= kMaxId) return malformed("The added token " + shown(token.content) + " has an id out of range.", where);
  if (token.content.empty() || token.content.size() > kMaxPiece) return malformed("An added token is empty or too long.", where);
  const auto index = static_cast<size_t>(token.id);
  if (index >= m_pieces.size()) {
    if (index > m_pieces.size() + 100000)
      return malformed("The added token " + shown(token.content) + " has an id far beyond the vocabulary.", where);
    m_pieces.resize(index + 1);
    m_bytes.resize(index + 1);
  }
  const auto [known, fresh] = m_ids.emplace(token.content, token.id);
  if (known->second != token.id) return malformed("The token " + shown(token.content) + " has two ids.", where);
  if (fresh && !m_pieces[index].empty()) return malformed("The token id " + std::to_string(token.id) + " is used twice.", where);
  if (token.special) { // text must not become a special token by being one word or one character
    m_wholeWords.erase(m_byteLevel ? m_bytes[index] : token.content);
    for (auto at = m_characters.begin(); at != m_characters.end(); ++at) {
      if (at->second != token.id) continue;
      if (at->first < m_ascii.size()) m_ascii[at->first] = -1;
      m_characters.erase(at);
      break;
    }
  }
  m_pieces[index] = token.content;
  m_bytes[index] = textOf(matched, spec);
  if (m_byteLevel && validUtf8Prefix(m_bytes[index]) != m_bytes[index].size()) m_bytes[index] = matched; // letters that look like bytes
  return {};
}

BpeModel::Ranked BpeModel::find(TokenId left, TokenId right) const {
  const uint64_t key = pairKey(left, right);
  const size_t mask = m_merges.size() - 1;
  for (size_t slot = pairHash(key) & mask;; slot = (slot + 1) & mask) {
    const Merge &merge = m_merges[slot];
    if (merge.pair == key) return {merge.rank, merge.id};
    if (merge.pair == kNoPair) return {kNoRank, 0};
  }
}

void BpeModel::encodeWord(std::string_view word, std::vector<Symbol> &out) const {
  for (size_t begin = 0; begin < word.size();) {
    const size_t end = m_cutsAtSpaces ? spaceWordEnd(word, begin) : word.size();
    WordCache::encode(m_key, word.substr(begin, end - begin), out,
                      [this](std::string_view fresh, std::vector<Symbol> &symbols) { encodeUncached(fresh, symbols); });
    begin = end;
  }
}

void BpeModel::encodeUncached(std::string_view word, std::vector<Symbol> &out) const {
  if (!m_wholeWords.empty()) {
    const auto whole = m_wholeWords.find(std::string(word));
    if (whole != m_wholeWords.end()) return out.push_back({whole->second, static_cast<uint32_t>(word.size())});
  }
  const size_t from = out.size();
  if (m_byteLevel)
    start(word, out);
  else
    startCharacters(word, out);
  if (out.size() - from <= kShortWord)
    mergeShort(out, from);
  else
    mergeLong(out, from);
}

void BpeModel::start(std::string_view word, std::vector<Symbol> &out) const {
  bool lastUnknown = false;
  uint32_t dropped = 0; // bytes that vanish belong to the symbol behind them
  for (const char c : word) {
    const std::vector<TokenId> &ids = m_starts[static_cast<unsigned char>(c)];
    if (ids.size() == 1) {
      const bool unknown = ids[0] == m_unknown && m_unknown >= 0;
      if (unknown && lastUnknown && m_fuseUnknown)
        ++out.back().bytes;
      else
        out.push_back({ids[0], 1 + dropped});
      lastUnknown = unknown;
      dropped = 0;
      continue;
    }
    if (ids.empty()) {
      ++dropped;
      continue;
    }
    for (size_t i = 0; i < ids.size(); ++i) out.push_back({ids[i], i + 1 == ids.size() ? 1 + dropped : 0});
    lastUnknown = false;
    dropped = 0;
  }
}

void BpeModel::startCharacters(std::string_view word, std::vector<Symbol> &out) const {
  bool unknownBefore = false;
  uint32_t dropped = 0; // bytes that vanish belong to the symbol behind them
  for (size_t at = 0, size = 1; at < word.size(); at += size) {
    const uint32_t code = decodeUtf8(word.data() + at, size);
    const auto length = static_cast<uint32_t>(size);
    TokenId id = code < m_ascii.size() ? m_ascii[code] : -1;
    if (code >= m_ascii.size()) {
      const auto found = m_characters.find(code);
      if (found != m_characters.end()) id = found->second;
    }
    if (id >= 0) {
      out.push_back({id, length + dropped});
      unknownBefore = false;
      dropped = 0;
      continue;
    }
    const auto ofByte = [&](size_t i) -> const std::vector<TokenId> & { return m_starts[static_cast<unsigned char>(word[at + i])]; };
    bool bytes = true;
    for (size_t i = 0; i < size; ++i) bytes = bytes && ofByte(i).size() == 1 && ofByte(i)[0] != m_unknown;
    if (bytes) {
      for (size_t i = 0; i < size; ++i) out.push_back({ofByte(i)[0], i + 1 == size ? length + dropped : 0});
      dropped = 0;
    } else if (m_unknown < 0) {
      dropped += length;
      continue;
    } else if (unknownBefore && m_fuseUnknown) {
      out.back().bytes += length;
      continue;
    } else {
      out.push_back({m_unknown, length + dropped});
      dropped = 0;
    }
    unknownBefore = !bytes;
  }
}

void BpeModel::mergeShort(std::vector<Symbol> &symbols, size_t from) const {
  size_t count = symbols.size() - from;
  if (count < 2) return;
  Symbol *const at = symbols.data() + from;
  int32_t ranks[kShortWord];
  TokenId wholes[kShortWord];
  for (size_t i = 0; i + 1 < count; ++i) {
    const Ranked ranked = find(at[i].id, at[i + 1].id);
    ranks[i] = ranked.rank;
    wholes[i] = ranked.id;
  }
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i)
      if (ranks[i] < ranks[best]) best = i;
    if (ranks[best] == kNoRank) break;
    at[best] = {wholes[best], at[best].bytes + at[best + 1].bytes};
    --count;
    for (size_t i = best + 1; i < count; ++i) at[i] = at[i + 1];
    for (size_t i = best + 1; i + 1 < count; ++i) {
      ranks[i] = ranks[i + 1];
      wholes[i] = wholes[i + 1];
    }
    if (best + 1 < count) {
      const Ranked ranked = find(at[best].id, at[best + 1].id);
      ranks[best] = ranked.rank;
      wholes[best] = ranked.id;
    }
    if (best > 0) {
      const Ranked ranked = find(at[best - 1].id, at[best].id);
      ranks[best - 1] = ranked.rank;
      wholes[best - 1] = ranked.id;
    }
  }
  symbols.resize(from + count);
}

void BpeModel::mergeLong(std::vector<Symbol> &symbols, size_t from) const {
  const auto count = static_cast<int64_t>(symbols.size() - from);
  Symbol *const at = symbols.data() + from;
  std::vector<int64_t> next(static_cast<size_t>(count));
  std::vector<int64_t> previous(static_cast<size_t>(count));
  struct Candidate {
    int32_t rank;
    TokenId whole;
    int64_t left;
    TokenId leftId, rightId; // stale when the symbols have changed
    bool operator<(const Candidate &other) const { return rank != other.rank ? rank > other.rank : left > other.left; }
  };
  std::priority_queue<Candidate> queue;
  const auto consider = [&](int64_t left) {
    const int64_t right = left < 0 ? -1 : next[static_cast<size_t>(left)];
    if (left < 0 || right < 0) return;
    const Ranked ranked = find(at[left].id, at[right].id);
    if (ranked.rank != kNoRank) queue.push({ranked.rank, ranked.id, left, at[left].id, at[right].id});
  };
  for (int64_t i = 0; i < count; ++i) {
    next[static_cast<size_t>(i)] = i + 1 < count ? i + 1 : -1;
    previous[static_cast<size_t>(i)] = i - 1;
  }
  for (int64_t i = 0; i < count; ++i) consider(i);
  std::vector<bool> gone(static_cast<size_t>(count), false);
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    const auto left = static_cast<size_t>(top.left);
    if (gone[left] || at[left].id != top.leftId || next[left] < 0 || at[next[left]].id != top.rightId) continue;
    const auto right = static_cast<size_t>(next[left]);
    at[left] = {top.whole, at[left].bytes + at[right].bytes};
    gone[right] = true;
    next[left] = next[right];
    if (next[left] >= 0) previous[static_cast<size_t>(next[left])] = top.left;
    consider(previous[left]);
    consider(top.left);
  }
  size_t kept = 0;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i)
    if (!gone[i]) at[kept++] = at[i];
  symbols.resize(from + kept);
}

} // namespace attune::tokenizer
