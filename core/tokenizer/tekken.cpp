#include "core/tokenizer/tekken.h"

#include "core/base/json.h"
#include "core/tokenizer/byte_symbols.h"

#include <unordered_map>

namespace attune::tokenizer {

namespace {

constexpr size_t kMaxTokens = 1'000'000;
constexpr size_t kMaxToken = 1024; // bytes; the cuts of a token are tried one by one

// The special tokens of files older than the list of them.
const char *const kOldSpecials[] = {"<unk>",
                                    "<s>",
                                    "</s>",
                                    "[INST]",
                                    "[/INST]",
                                    "[AVAILABLE_TOOLS]",
                                    "[/AVAILABLE_TOOLS]",
                                    "[TOOL_RESULTS]",
                                    "[/TOOL_RESULTS]",
                                    "[TOOL_CALLS]",
                                    "[IMG]",
                                    "<pad>",
                                    "[IMG_BREAK]",
                                    "[IMG_END]",
                                    "[PREFIX]",
                                    "[MIDDLE]",
                                    "[SUFFIX]",
                                    "[SYSTEM_PROMPT]",
                                    "[/SYSTEM_PROMPT]",
                                    "[TOOL_CONTENT]"};

Error malformed(const std::string &message, const std::string &where) { return {ErrorCode::MalformedFile, message, where, ""}; }

bool fromBase64(const std::string &text, std::string &bytes) {
  static const std::string kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint32_t bits = 0;
  int count = 0;
  const size_t end = text.find_last_not_of('=') + 1;
  if (text.size() % 4 != 0 || text.size() - end > 2) return false;
  for (size_t i = 0; i < end; ++i) {
    const size_t digit = kDigits.find(text[i]);
    if (digit == std::string::npos) return false;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  return true;
}

class TekkenReader {
public:
  TekkenReader(const Json &root, const std::string &where) : m_root(root) { m_spec.where = where; }

  Result<BpeSpec> read() {
    ATTUNE_CHECK(config());
    ATTUNE_CHECK(specials());
    ATTUNE_CHECK(vocabulary());
    addMerges();
    m_spec.rankedByResult = true;
    m_spec.ignoreMerges = true; // a word that is a token is not cut
    return std::move(m_spec);
  }

private:
  std::string place(const std::string &field) const { return m_spec.where + "#" + field; }
  Result<size_t> size(const Json &object, const char *key, const std::string &field) const {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_unsigned() || found->get<uint64_t>() > kMaxTokens)
      return malformed("The field is no usable number.", place(field + key));
    return found->get<size_t>();
  }

  Status config() {
    const auto config = m_root.find("config");
    if (config == m_root.end() || !config->is_object()) return malformed("The file has no config.", place("config"));
    const auto pattern = config->find("pattern");
    if (pattern == config->end() || !pattern->is_string()) return malformed("The file has no pattern.", place("config.pattern"));
    m_spec.stages.back().steps.push_back({SplitStep::Kind::Pattern, pattern->get<std::string>(), SplitBehavior::Isolated, false});
    ATTUNE_TRY(m_specials, size(*config, "default_num_special_tokens", "config."));
    ATTUNE_TRY(const size_t total, size(*config, "default_vocab_size", "config."));
    if (total <= m_specials) return malformed("The vocabulary is smaller than its special tokens.", place("config.default_vocab_size"));
    m_tokens = total - m_specials;
    return {};
  }

  Status specials() {
    std::vector<std::string> names(m_specials);
    const auto listed = m_root.find("special_tokens");
    if (listed == m_root.end() || listed->is_null()) {
      for (size_t i = 0; i < names.size() && i < std::size(kOldSpecials); ++i) names[i] = kOldSpecials[i];
    } else if (!listed->is_array() || listed->size() > names.size()) {
      return malformed("The special tokens are no list, or more than the config says.", place("special_tokens"));
    } else {
      for (const Json &token : *listed) {
        if (!token.is_object()) return malformed("A special token is no object.", place("special_tokens"));
        ATTUNE_TRY(const size_t rank, size(token, "rank", "special_tokens."));
        const auto name = token.find("token_str");
        if (rank >= names.size() || !names[rank].empty() || name == token.end() || !name->is_string() || name->get<std::string>().empty())
          return malformed("A special token has no name or no rank of its own.", place("special_tokens"));
        names[rank] = name->get<std::string>();
      }
    }
    for (size_t i = 0; i < names.size(); ++i) {
      AddedToken token;
      token.id = static_cast<TokenId>(i);
      token.content = names[i].empty() ? "<SPECIAL_" + std::to_string(i) + ">" : names[i];
      token.special = true;
      if (token.content == "<s>") m_spec.bos = token.id;
      if (token.content == "</s>") m_spec.eos = token.id;
      m_spec.addedTokens.push_back(std::move(token));
    }
    m_spec.addsBos = m_spec.bos >= 0;
    return {};
  }

  Status vocabulary() {
    const auto listed = m_root.find("vocab");
    if (listed == m_root.end() || !listed->is_array() || listed->size() < m_tokens)
      return malformed("The vocabulary is no list, or shorter than the config says.", place("vocab"));
    m_bytes.resize(m_tokens);
    for (size_t rank = 0; rank < m_tokens; ++rank) {
      const Json &token = (*listed)[rank];
      const std::string field = "vocab[" + std::to_string(rank) + "]";
      const bool complete = token.is_object() && token.contains("rank") && token["rank"] == rank && token.contains("token_bytes") &&
                            token["token_bytes"].is_string();
      std::string &bytes = m_bytes[rank];
      if (!complete || !fromBase64(token["token_bytes"].get<std::string>(), bytes) || bytes.empty() || bytes.size() > kMaxToken)
        return malformed("A token has no rank, or bytes that cannot be read.", place(field));
      if (!m_ranks.emplace(bytes, rank).second) return malformed("A token stands twice.", place(field));
      m_spec.vocabulary.emplace_back(symbols(bytes), static_cast<TokenId>(m_specials + rank));
    }
    return {};
  }

  static std::string symbols(std::string_view bytes) {
    std::string out;
    for (const char byte : bytes) out += byteSymbol(static_cast<unsigned char>(byte));
    return out;
  }

  /// Every pair of tokens that makes a token.
  void addMerges() {
    for (const std::string &whole : m_bytes) {
      const std::string_view view(whole);
      for (size_t cut = 1; cut < view.size(); ++cut)
        if (m_ranks.count(view.substr(0, cut)) > 0 && m_ranks.count(view.substr(cut)) > 0)
          m_spec.merges.push_back({symbols(view.substr(0, cut)), symbols(view.substr(cut))});
    }
  }

  const Json &m_root;
  BpeSpec m_spec;
  size_t m_specials = 0;
  size_t m_tokens = 0; // that are not special
  std::vector<std::string> m_bytes;
  std::unordered_map<std::string_view, size_t> m_ranks;
};

} // namespace

Result<BpeSpec> parseTekken(std::string_view text, const std::string &where) {
  ATTUNE_TRY(const Json root, parseJson(text, where));
  if (!root.is_object()) return malformed("The file holds no JSON object.", where);
  return TekkenReader(root, where).read();
}

} // namespace attune::tokenizer
