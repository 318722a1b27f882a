#include "core/tokenizer/sentencepiece_model.h"

#include "core/tokenizer/sentencepiece_checks.h"
#include "core/tokenizer/space_words.h"

#include <algorithm>
#include <cmath>
#include <model_factory.h>
#include <model_interface.h>
#include <normalizer.h>
#include <sentencepiece_model.pb.h>
#include <unordered_map>

namespace attune::tokenizer {

namespace {

namespace spm = sentencepiece;

constexpr int kMaxPieces = 1'000'000;
constexpr size_t kMaxPiece = 1024;
constexpr float kMaxScore = 1e12F; // sums over the longest text stay finite
constexpr size_t kMaxNested = 64;  // the library's buffer for the user-defined pieces at one place

Error malformed(const std::string &message, const std::string &where) { return {ErrorCode::MalformedFile, message, where, ""}; }

} // namespace

struct SentencePieceModel::Parts {
  spm::ModelProto message; // what the library runs: markers are control pieces in it
  spm::NormalizerSpec unprefixed;
  std::unique_ptr<spm::ModelInterface> model;
  std::unique_ptr<spm::normalizer::PrefixMatcher> whole; // every user-defined piece, so that normalisation leaves them alone
  std::unique_ptr<spm::normalizer::Normalizer> first;    // with the dummy prefix, if the model has one
  std::unique_ptr<spm::normalizer::Normalizer> further;
  std::vector<PieceType> types;
  std::unordered_map<std::string_view, TokenId> ids; // views into the message
  TokenId bytes[256];
  TokenId unknown = -1;
  std::vector<bool> joins;   // by code point: it stands in a piece with others; empty where a text is not cut at the rest
  bool cutsAtSpaces = false; // no piece goes on behind a letter with a space: words are independent
  uint64_t cacheKey = 0;
};

SentencePieceModel::SentencePieceModel() : m_parts(std::make_unique<Parts>()) {}
SentencePieceModel::~SentencePieceModel() = default;

Result<std::shared_ptr<const SentencePieceModel>> SentencePieceModel::parse(std::string_view bytes, const std::string &where,
                                                                            const MarkerTest &isMarker) {
  const std::shared_ptr<SentencePieceModel> model(new SentencePieceModel);
  if (bytes.empty() || bytes.size() > INT32_MAX || !model->m_parts->message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return malformed("The file is no SentencePiece model, or it is cut off.", where);
  return create(model, where, isMarker);
}

Result<std::shared_ptr<const SentencePieceModel>> SentencePieceModel::build(const SentencePieceParts &parts, const std::string &where,
                                                                            const MarkerTest &isMarker) {
  const std::shared_ptr<SentencePieceModel> model(new SentencePieceModel);
  spm::ModelProto &message = model->m_parts->message;
  bool bytes = false;
  for (const SentencePieceParts::Piece &piece : parts.pieces) {
    auto *const made = message.add_pieces();
    made->set_piece(piece.text);
    made->set_score(piece.score);
    made->set_type(static_cast<spm::ModelProto::SentencePiece::Type>(piece.type));
    bytes = bytes || piece.type == PieceType::Byte;
  }
  message.mutable_trainer_spec()->set_model_type(parts.unigram ? spm::TrainerSpec::UNIGRAM : spm::TrainerSpec::BPE);
  message.mutable_trainer_spec()->set_byte_fallback(bytes);
  message.mutable_normalizer_spec()->set_add_dummy_prefix(parts.addDummyPrefix);
  message.mutable_normalizer_spec()->set_remove_extra_whitespaces(parts.removeExtraWhitespaces);
  message.mutable_normalizer_spec()->set_precompiled_charsmap(parts.charsMap);
  return create(model, where, isMarker);
}

Result<std::shared_ptr<const SentencePieceModel>> SentencePieceModel::create(std::shared_ptr<SentencePieceModel> model,
                                                                             const std::string &where, const MarkerTest &isMarker) {
  using Type = spm::ModelProto::SentencePiece;
  Parts &parts = *model->m_parts;
  spm::ModelProto &message = parts.message;
  spm::SetMinLogLevel(3); // errors come back as values; the library would print them too
  const auto kind = message.trainer_spec().model_type();
  if (kind != spm::TrainerSpec::BPE && kind != spm::TrainerSpec::UNIGRAM)
    return Error{ErrorCode::UnsupportedFormat, "The SentencePiece model is of the kind WORD or CHAR; Attune reads BPE and unigram.", where,
                 ""};
  if (message.pieces_size() == 0 || message.pieces_size() > kMaxPieces)
    return malformed("The SentencePiece model has no pieces or too many.", where);
  if (!message.normalizer_spec().precompiled_charsmap().empty() && !isSoundCharsMap(message.normalizer_spec().precompiled_charsmap()))
    return malformed("The normalisation rules of the SentencePiece model are broken.", where + "#normalizer_spec.precompiled_charsmap");

  std::vector<std::string> whole;
  std::fill(std::begin(parts.bytes), std::end(parts.bytes), -1);
  parts.ids.reserve(static_cast<size_t>(message.pieces_size()));
  parts.cutsAtSpaces = kind == spm::TrainerSpec::BPE;
  bool hasSpace = false;
  // Unknown characters beside each other become one unknown piece where there are no byte pieces, so words are not independent.
  bool cutsAtLoners =
      parts.cutsAtSpaces && message.trainer_spec().byte_fallback() && message.normalizer_spec().precompiled_charsmap().empty();
  for (const auto &piece : message.pieces()) cutsAtLoners = cutsAtLoners && validUtf8Prefix(piece.piece()) == piece.piece().size();
  if (cutsAtLoners) parts.joins.resize(0x110000, false);
  for (int id = 0; id < message.pieces_size(); ++id) {
    auto *const piece = message.mutable_pieces(id);
    const std::string &text = piece->piece();
    const std::string place = where + "#pieces[" + std::to_string(id) + "]";
    if (text.empty() || text.size() > kMaxPiece || text.find('\0') != std::string::npos)
      return malformed("A piece is empty, longer than 1024 bytes or holds a zero byte.", place);
    if (!std::isfinite(piece->score()) || (piece->type() == Type::NORMAL && std::abs(piece->score()) > kMaxScore))
      return malformed("A piece has no usable score.", place);
    if (!parts.ids.emplace(text, id).second) return malformed("A piece stands twice.", place);
    parts.types.push_back(static_cast<PieceType>(piece->type()));
    if (piece->type() == Type::UNKNOWN) parts.unknown = id;
    if (piece->type() == Type::USER_DEFINED) {
      whole.push_back(text);
      if (isMarker(text)) piece->set_type(Type::CONTROL);
    }
    if (piece->type() == Type::BYTE) {
      const int byte = spm::PieceToByte(text);
      if (byte >= 0) parts.bytes[byte] = id;
    }
    if (piece->type() == Type::CONTROL || piece->type() == Type::UNKNOWN || piece->type() == Type::BYTE) continue;
    hasSpace = hasSpace || text == kSpaceSymbol;
    for (size_t at = 0, length = 0; cutsAtLoners && at < text.size(); at += length) {
      const uint32_t code = decodeUtf8(text.data() + at, length);
      if (length < text.size()) parts.joins[code] = true;
    }
    parts.cutsAtSpaces = parts.cutsAtSpaces && !crossesWords(text);
  }
  parts.cutsAtSpaces = parts.cutsAtSpaces && hasSpace;
  parts.cacheKey = WordCache::nextModel();
  std::sort(whole.begin(), whole.end());
  if (deepestPrefixes(whole) > kMaxNested) return malformed("More than 64 user-defined pieces begin each other.", where + "#pieces");

  parts.model = spm::ModelFactory::Create(message);
  if (!parts.model || !parts.model->status().ok())
    return malformed("The SentencePiece model cannot be used: " +
                         (parts.model ? std::string(parts.model->status().error_message()) : std::string("unknown kind")) + ".",
                     where);
  std::set<absl::string_view> views(whole.begin(), whole.end());
  parts.whole = std::make_unique<spm::normalizer::PrefixMatcher>(views);
  parts.unprefixed = message.normalizer_spec();
  parts.unprefixed.set_add_dummy_prefix(false);
  parts.first = std::make_unique<spm::normalizer::Normalizer>(message.normalizer_spec(), message.trainer_spec());
  parts.further = std::make_unique<spm::normalizer::Normalizer>(parts.unprefixed, message.trainer_spec());
  for (auto *const normalizer : {parts.first.get(), parts.further.get()}) {
    if (!normalizer->status().ok()) return malformed("The normalisation rules of the SentencePiece model are broken.", where);
    normalizer->SetPrefixMatcher(parts.whole.get());
  }
  return std::shared_ptr<const SentencePieceModel>(std::move(model));
}

TokenId SentencePieceModel::size() const { return m_parts->message.pieces_size(); }
const std::string &SentencePieceModel::piece(TokenId id) const { return m_parts->message.pieces(id).piece(); }
PieceType SentencePieceModel::type(TokenId id) const { return m_parts->types[static_cast<size_t>(id)]; }
TokenId SentencePieceModel::unknown() const { return m_parts->unknown; }
bool SentencePieceModel::addsDummyPrefix() const { return m_parts->message.normalizer_spec().add_dummy_prefix(); }
bool SentencePieceModel::removesExtraWhitespaces() const { return m_parts->message.normalizer_spec().remove_extra_whitespaces(); }
float SentencePieceModel::score(TokenId id) const { return m_parts->message.pieces(id).score(); }
bool SentencePieceModel::isPlainBpe() const {
  const auto &rules = m_parts->message.normalizer_spec();
  const auto &training = m_parts->message.trainer_spec();
  return training.model_type() == spm::TrainerSpec::BPE && !training.treat_whitespace_as_suffix() && rules.precompiled_charsmap().empty() &&
         !rules.remove_extra_whitespaces() && rules.escape_whitespaces();
}
const std::string &SentencePieceModel::unknownSurface() const { return m_parts->message.trainer_spec().unk_surface(); }

TokenId SentencePieceModel::idOf(std::string_view piece) const {
  const auto found = m_parts->ids.find(piece);
  return found == m_parts->ids.end() ? -1 : found->second;
}

TokenId SentencePieceModel::begin() const { return idOf(m_parts->message.trainer_spec().bos_piece()); }
TokenId SentencePieceModel::end() const { return idOf(m_parts->message.trainer_spec().eos_piece()); }

void SentencePieceModel::encode(std::string_view text, bool prefixed, const std::vector<TextSpan> &markers, std::vector<Symbol> &out,
                                const std::function<void(size_t)> &atMarker) const {
  std::string normalized;
  std::vector<size_t> source; // of each byte, and of the end
  const auto &normalizer = prefixed ? *m_parts->first : *m_parts->further;
  normalizer.Normalize({text.data(), text.size()}, &normalized, &source).IgnoreError(); // fails on nothing but broken rules
  if (source.empty()) source.push_back(text.size());
  size_t done = 0;
  for (size_t i = 0; i < markers.size(); ++i) {
    // A marker passes through normalisation as it is, but for its spaces; what stands before it may have become longer or shorter.
    const std::string_view marker = text.substr(markers[i].begin, markers[i].end - markers[i].begin);
    const auto after = std::lower_bound(source.begin() + static_cast<long>(done), source.end() - 1, markers[i].end);
    const auto end = static_cast<size_t>(after - source.begin());
    const size_t spaces = m_parts->unprefixed.escape_whitespaces() ? static_cast<size_t>(std::count(marker.begin(), marker.end(), ' ')) : 0;
    const size_t begin = end - std::min(end - done, marker.size() + spaces * (kSpaceSymbol.size() - 1));
    encodeNormalized(std::string_view(normalized).substr(done, begin - done), done, source, out);
    atMarker(i);
    done = end;
  }
  encodeNormalized(std::string_view(normalized).substr(done), done, source, out);
}

void SentencePieceModel::encodeNormalized(std::string_view text, size_t at, const std::vector<size_t> &source,
                                          std::vector<Symbol> &out) const {
  std::vector<WordSymbol> symbols;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = wordEnd(text, begin);
    symbols.clear();
    WordCache::encode(m_parts->cacheKey, text.substr(begin, end - begin), symbols,
                      [this](std::string_view word, std::vector<WordSymbol> &fresh) { encodeWord(word, fresh); });
    for (const WordSymbol &symbol : symbols) {
      out.push_back({symbol.id, static_cast<uint32_t>(source[at]), static_cast<uint32_t>(source[at + symbol.bytes])});
      at += symbol.bytes;
    }
    begin = end;
  }
}

/// Where a text can be cut without changing what becomes of it: before a word, and around a character that no piece joins to others.
size_t SentencePieceModel::wordEnd(std::string_view text, size_t begin) const {
  const size_t end = m_parts->cutsAtSpaces ? spaceWordEnd(text, begin) : text.size();
  if (m_parts->joins.empty()) return end;
  for (size_t at = begin, length = 0; at < end; at += length)
    if (!m_parts->joins[decodeUtf8(text.data() + at, length)]) return at > begin ? at : at + length;
  return end;
}

/// As the library's own encoder reads the model's answer: unknown text becomes bytes or one unknown piece.
void SentencePieceModel::encodeWord(std::string_view word, std::vector<WordSymbol> &out) const {
  bool unknownBefore = false;
  for (const auto &[piece, id] : m_parts->model->Encode({word.data(), word.size()})) {
    const bool known = id >= 0 && !m_parts->model->IsUnknown(id) && !m_parts->model->IsControl(id);
    const auto length = static_cast<uint32_t>(piece.size());
    if (known) {
      out.push_back({id, length});
    } else if (m_parts->model->ByteFallbackEnabled()) {
      for (size_t i = 0; i < piece.size(); ++i)
        out.push_back({m_parts->bytes[static_cast<unsigned char>(piece[i])], i + 1 == piece.size() ? length : 0});
    } else if (unknownBefore) {
      out.back().bytes += length;
    } else {
      out.push_back({m_parts->unknown, length});
    }
    unknownBefore = !known;
  }
}

} // namespace attune::tokenizer
