#include "core/tokenizer/sentencepiece_json.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/tokenizer/sentencepiece_tokenizer.h"

#include <algorithm>
#include <vector>

namespace attune::tokenizer {
namespace {

using Sorted = nlohmann::json; // by key: a hundred thousand pieces stay n log n

const std::string kEscapedSpace = "\u2581";

bool startsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

/// Every way to make a piece of two others, the pieces of the highest score first: what BPE over scores does, as a list of merges.
Sorted mergesOf(const SentencePieceModel &model) {
  std::vector<TokenId> order;
  for (TokenId id = 0; id < model.size(); ++id)
    if (model.type(id) == PieceType::Normal) order.push_back(id);
  std::stable_sort(order.begin(), order.end(), [&](TokenId a, TokenId b) { return model.score(a) > model.score(b); });
  const auto usable = [&](TokenId id) { return id >= 0 && model.type(id) == PieceType::Normal; };
  Sorted merges = Sorted::array();
  for (const TokenId id : order) {
    const std::string &piece = model.piece(id);
    std::vector<std::pair<std::pair<TokenId, TokenId>, size_t>> splits;
    for (size_t at = 1; at < piece.size(); ++at) {
      if (!startsCharacter(piece[at])) continue;
      const TokenId left = model.idOf(std::string_view(piece).substr(0, at)), right = model.idOf(std::string_view(piece).substr(at));
      if (usable(left) && usable(right)) splits.push_back({{left, right}, at});
    }
    std::sort(splits.begin(), splits.end());
    for (const auto &split : splits) merges.push_back(piece.substr(0, split.second) + " " + piece.substr(split.second));
  }
  return merges;
}

Sorted normalizer(bool prefixed) {
  const Sorted spaces = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kEscapedSpace}};
  if (!prefixed) return spaces;
  return {{"type", "Sequence"}, {"normalizers", Sorted::array({{{"type", "Prepend"}, {"prepend", kEscapedSpace}}, spaces})}};
}

Sorted decoder(bool prefixed) {
  Sorted steps = Sorted::array(
      {{{"type", "Replace"}, {"pattern", {{"String", kEscapedSpace}}}, {"content", " "}}, {{"type", "ByteFallback"}}, {{"type", "Fuse"}}});
  if (prefixed) steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  return {{"type", "Sequence"}, {"decoders", steps}};
}

Sorted beginToken(const Tokenizer &words) {
  if (!words.addsBos() || words.bosToken() < 0) return nullptr;
  const std::string name = words.piece(words.bosToken());
  const Sorted begin = {{"SpecialToken", {{"id", name}, {"type_id", 0}}}};
  const auto text = [](const char *id, int type) { return Sorted{{"Sequence", {{"id", id}, {"type_id", type}}}}; };
  return {{"type", "TemplateProcessing"},
          {"single", Sorted::array({begin, text("A", 0)})},
          {"pair", Sorted::array({begin, text("A", 0), begin, text("B", 1)})},
          {"special_tokens", {{name, {{"id", name}, {"ids", {words.bosToken()}}, {"tokens", {name}}}}}}};
}

} // namespace

Result<std::string> sentencePieceAsJson(const std::string &modelPath, const Tokenizer &words) {
  ATTUNE_TRY(const std::string bytes, readFile(modelPath));
  ATTUNE_TRY(const auto parsed, SentencePieceModel::parse(bytes, modelPath, SentencePieceTokenizer::isMarker));
  const SentencePieceModel &model = *parsed;
  if (!model.isPlainBpe())
    return Error{ErrorCode::UnsupportedFormat,
                 "This SentencePiece model is no BPE on text as it stands, which tokenizer.json cannot say exactly.", modelPath, ""};
  Sorted vocabulary = Sorted::object(), added = Sorted::array();
  for (TokenId id = 0; id < static_cast<TokenId>(words.vocabularySize()); ++id) {
    const bool own = id < model.size();
    const std::string name = words.piece(id);
    if (own) vocabulary[name] = id;
    const PieceType type = own ? model.type(id) : PieceType::UserDefined;
    const bool renamed = own && name != model.piece(id);
    if (type == PieceType::Control || type == PieceType::Unknown || type == PieceType::UserDefined || renamed) {
      const bool special = type == PieceType::Control || type == PieceType::Unknown || words.isSpecial(id);
      const bool escaped = own && name.find(kEscapedSpace) != std::string::npos; // matched once spaces are escaped
      added.push_back({{"id", id},
                       {"content", name},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", escaped},
                       {"special", special}});
    }
  }
  const TokenId unknown = model.unknown();
  const Sorted bpe = {{"type", "BPE"},
                      {"dropout", nullptr},
                      {"unk_token", unknown >= 0 ? Sorted(words.piece(unknown)) : Sorted(nullptr)},
                      {"continuing_subword_prefix", nullptr},
                      {"end_of_word_suffix", nullptr},
                      {"fuse_unk", true},
                      {"byte_fallback", model.idOf("<0x0A>") >= 0 && model.type(model.idOf("<0x0A>")) == PieceType::Byte},
                      {"vocab", vocabulary},
                      {"merges", mergesOf(model)}};
  const bool prefixed = model.addsDummyPrefix();
  const Sorted file = {{"version", "1.0"},
                       {"truncation", nullptr},
                       {"padding", nullptr},
                       {"added_tokens", added},
                       {"normalizer", normalizer(prefixed)},
                       {"pre_tokenizer", nullptr},
                       {"post_processor", beginToken(words)},
                       {"decoder", decoder(prefixed)},
                       {"model", bpe}};
  return file.dump(-1, ' ', false, Sorted::error_handler_t::replace) + "\n";
}

} // namespace attune::tokenizer
