#include "core/tokenizer/tokenizer_json.h"

#include "core/tokenizer/json_spec_reader.h"
#include "core/tokenizer/split_pattern.h"

#include <algorithm>
#include <map>

namespace attune::tokenizer {

namespace {

using Tree = JsonSpecReader::Tree;

constexpr size_t kMaxGrowth = 256;

/// Turns the component tree of a tokenizer.json into the parts of a BpeSpec.
class SpecBuilder {
public:
  SpecBuilder(const Tree &root, BpeSpec &spec) : m_root(root), m_spec(spec) {}

  Status build() {
    ATTUNE_CHECK(model(part(m_root, "model")));
    ATTUNE_CHECK(addedTokens(part(m_root, "added_tokens")));
    ATTUNE_CHECK(normalizer(part(m_root, "normalizer"), 0));
    ATTUNE_CHECK(preTokenizer(part(m_root, "pre_tokenizer"), 0));
    m_spec.byteLevel = m_byteLevel;
    ATTUNE_CHECK(postProcessor(part(m_root, "post_processor"), 0));
    return decoder(part(m_root, "decoder"), 0);
  }

private:
  static const Tree &part(const Tree &object, const char *key) {
    static const Tree kNothing;
    if (!object.is_object()) return kNothing;
    const auto found = object.find(key);
    return found == object.end() ? kNothing : *found;
  }
  static std::string text(const Tree &object, const char *key) {
    const Tree &value = part(object, key);
    return value.is_string() ? value.get<std::string>() : std::string();
  }
  static bool flag(const Tree &object, const char *key, bool otherwise) {
    const Tree &value = part(object, key);
    return value.is_boolean() ? value.get<bool>() : otherwise;
  }
  Error malformed(const std::string &field, const std::string &message) const {
    return {ErrorCode::MalformedFile, message, m_spec.where + "#" + field, ""};
  }
  Error unsupported(const std::string &field, const std::string &what) const {
    return {ErrorCode::UnsupportedFormat, "The tokenizer uses " + what.substr(0, 100) + ", which Attune does not read.",
            m_spec.where + "#" + field, ""};
  }
  static std::string typeOf(const Tree &component) {
    const std::string type = text(component, "type");
    return type.empty() ? "a component without a type" : type;
  }

  Status model(const Tree &model) {
    if (!model.is_object()) return malformed("model", "The tokenizer has no model.");
    const std::string type = text(model, "type");
    if (!type.empty() && type != "BPE") return unsupported("model.type", "the model " + type);
    const Tree &dropout = part(model, "dropout");
    if (!dropout.is_null() && !(dropout.is_number() && dropout.get<double>() == 0.0)) return unsupported("model.dropout", "merge dropout");
    for (const char *key : {"continuing_subword_prefix", "end_of_word_suffix"})
      if (!text(model, key).empty()) return unsupported("model." + std::string(key), key);
    m_spec.ignoreMerges = flag(model, "ignore_merges", false);
    m_spec.byteFallback = flag(model, "byte_fallback", false);
    m_spec.fuseUnknown = flag(model, "fuse_unk", false);
    m_spec.unknownToken = text(model, "unk_token");
    return {};
  }

  Status addedTokens(const Tree &list) {
    if (list.is_null()) return {};
    if (!list.is_array()) return malformed("added_tokens", "The added tokens are not a list.");
    for (size_t i = 0; i < list.size(); ++i) {
      const Tree &id = part(list[i], "id");
      if (!id.is_number_unsigned() || id.get<uint64_t>() > 0x7FFFFFFF || !part(list[i], "content").is_string())
        return malformed("added_tokens[" + std::to_string(i) + "]", "An added token lacks a valid id or content.");
      AddedToken token;
      token.id = static_cast<TokenId>(id.get<uint64_t>());
      token.content = text(list[i], "content");
      token.special = flag(list[i], "special", false);
      token.normalized = flag(list[i], "normalized", !token.special);
      token.lstrip = flag(list[i], "lstrip", false);
      token.rstrip = flag(list[i], "rstrip", false);
      token.singleWord = flag(list[i], "single_word", false);
      m_spec.addedTokens.push_back(std::move(token));
    }
    return {};
  }

  /// Runs `visit` on each member of a Sequence's list.
  template <typename Visit> Status each(const Tree &component, const char *key, int depth, const std::string &field, Visit visit) {
    const Tree &list = part(component, key);
    if (!list.is_array() || depth > 8 || list.size() > 64) return malformed(field, "The Sequence has no usable list.");
    for (const Tree &item : list) ATTUNE_CHECK(visit(item));
    return {};
  }

  Status normalizer(const Tree &component, int depth) {
    using Kind = NormalizeStep::Kind;
    if (component.is_null()) return {};
    const std::string type = typeOf(component);
    if (type == "Sequence")
      return each(component, "normalizers", depth, "normalizer", [&](const Tree &item) { return normalizer(item, depth + 1); });
    NormalizeStep step;
    static const std::map<std::string, NormalForm> kForms = {
        {"NFC", NormalForm::C}, {"NFD", NormalForm::D}, {"NFKC", NormalForm::KC}, {"NFKD", NormalForm::KD}};
    if (const auto form = kForms.find(type); form != kForms.end()) {
      step.kind = Kind::Normalize;
      step.form = form->second;
      m_growth *= form->second == NormalForm::C || form->second == NormalForm::D ? 3 : 11;
      if (m_growth > kMaxGrowth) return tooMuch("normalizer");
    } else if (type == "Lowercase") {
      step.kind = Kind::Lowercase;
    } else if (type == "Prepend") {
      step.kind = Kind::Prepend;
      step.to = text(component, "prepend");
      if (step.to.size() > 1024) return malformed("normalizer", "A Prepend puts in more than 1024 bytes.");
    } else if (type == "Strip") {
      step.kind = Kind::Strip;
      step.left = flag(component, "strip_left", true);
      step.right = flag(component, "strip_right", true);
    } else if (type == "Replace") {
      ATTUNE_CHECK(replace(component, "normalizer", step));
    } else {
      return unsupported("normalizer", "the normalizer " + type);
    }
    m_spec.normalize.push_back(std::move(step));
    return {};
  }

  Error tooMuch(const char *field) const {
    return malformed(field, "The tokenizer would make texts more than " + std::to_string(kMaxGrowth) + " times as long.");
  }

  /// The pattern and the content of a Replace.
  Status replace(const Tree &component, const char *field, NormalizeStep &step) {
    const Tree &pattern = part(component, "pattern");
    const bool regex = part(pattern, "Regex").is_string();
    step.kind = regex ? NormalizeStep::Kind::ReplacePattern : NormalizeStep::Kind::ReplaceText;
    step.from = text(pattern, regex ? "Regex" : "String");
    step.to = text(component, "content");
    if (step.from.empty()) return malformed(field, "A Replace has no pattern.");
    m_growth *= regex ? step.to.size() + 1 : std::max<size_t>(1, (step.to.size() + step.from.size() - 1) / step.from.size());
    return step.to.size() > 1024 || m_growth > kMaxGrowth ? tooMuch(field) : Status();
  }

  Status preTokenizer(const Tree &component, int depth) {
    if (component.is_null()) return {};
    const std::string type = typeOf(component);
    if (type == "Sequence")
      return each(component, "pretokenizers", depth, "pre_tokenizer", [&](const Tree &item) { return preTokenizer(item, depth + 1); });
    if (m_byteLevel) return unsupported("pre_tokenizer", type + " after ByteLevel");
    if (type == "ByteLevel") {
      m_byteLevel = true;
      if (flag(component, "add_prefix_space", true)) rewriting().push_back({NormalizeStep::Kind::PrependUnlessThere, "", " "});
      if (flag(component, "use_regex", true))
        cutting().push_back({SplitStep::Kind::Pattern, gpt2Pattern(), SplitBehavior::Isolated, false});
      return {};
    }
    if (type == "Digits") {
      const bool each = flag(component, "individual_digits", false);
      cutting().push_back({SplitStep::Kind::Digits, "", each ? SplitBehavior::Isolated : SplitBehavior::Contiguous, false});
      return {};
    }
    if (type == "Split") return split(component);
    if (type == "Metaspace") return metaspace(component);
    return unsupported("pre_tokenizer", "the pre-tokenizer " + type);
  }

  std::vector<SplitStep> &cutting() { return m_spec.stages.back().steps; }
  std::vector<NormalizeStep> &rewriting() {
    if (!cutting().empty()) m_spec.stages.emplace_back();
    return m_spec.stages.back().prepare;
  }

  Status metaspace(const Tree &component) {
    const std::string symbol = text(component, "replacement");
    const std::string scheme = prependScheme(component);
    if (symbol.empty() || symbol.size() > 4) return malformed("pre_tokenizer", "A Metaspace has no replacement of one character.");
    rewriting().push_back({NormalizeStep::Kind::ReplaceText, " ", symbol});
    if (scheme == "always" || scheme == "first") {
      NormalizeStep step{NormalizeStep::Kind::PrependUnlessThere, "", symbol};
      step.onlyAtStart = scheme == "first";
      rewriting().push_back(std::move(step));
    } else if (scheme != "never") {
      return unsupported("pre_tokenizer", "the Metaspace prepend_scheme \"" + scheme + "\"");
    }
    if (flag(component, "split", true)) cutting().push_back({SplitStep::Kind::Literal, symbol, SplitBehavior::MergedWithNext, false});
    return {};
  }

  /// Older files say it by add_prefix_space.
  static std::string prependScheme(const Tree &metaspace) {
    const std::string scheme = text(metaspace, "prepend_scheme");
    return !scheme.empty() ? scheme : flag(metaspace, "add_prefix_space", true) ? "always" : "never";
  }

  Status split(const Tree &component) {
    SplitStep step;
    const Tree &pattern = part(component, "pattern");
    step.kind = part(pattern, "Regex").is_string() ? SplitStep::Kind::Pattern : SplitStep::Kind::Literal;
    step.pattern = text(pattern, step.kind == SplitStep::Kind::Pattern ? "Regex" : "String");
    if (step.pattern.empty()) return malformed("pre_tokenizer", "A Split has no pattern.");
    step.invert = flag(component, "invert", false);
    const std::string behavior = text(component, "behavior");
    if (behavior == "Removed")
      step.behavior = SplitBehavior::Removed;
    else if (behavior == "Isolated")
      step.behavior = SplitBehavior::Isolated;
    else if (behavior == "MergedWithPrevious")
      step.behavior = SplitBehavior::MergedWithPrevious;
    else if (behavior == "MergedWithNext")
      step.behavior = SplitBehavior::MergedWithNext;
    else if (behavior == "Contiguous")
      step.behavior = SplitBehavior::Contiguous;
    else
      return unsupported("pre_tokenizer", "the Split behavior \"" + behavior + "\"");
    cutting().push_back(std::move(step));
    return {};
  }

  Status postProcessor(const Tree &component, int depth) {
    if (component.is_null()) return {};
    const std::string type = typeOf(component);
    if (type == "ByteLevel") return {};
    if (type == "Sequence")
      return each(component, "processors", depth, "post_processor", [&](const Tree &item) { return postProcessor(item, depth + 1); });
    if (type != "TemplateProcessing") return unsupported("post_processor", "the post-processor " + type);
    const Tree &single = part(component, "single");
    if (!single.is_array()) return malformed("post_processor", "The TemplateProcessing has no template for one text.");
    for (const Tree &item : single) {
      if (!part(item, "SpecialToken").is_object()) break; // the text itself
      const std::string name = text(part(item, "SpecialToken"), "id");
      const Tree &ids = part(part(part(component, "special_tokens"), name.c_str()), "ids");
      if (!ids.is_array() || ids.size() != 1 || !ids[0].is_number_unsigned() || ids[0].get<uint64_t>() > 0x7FFFFFFF)
        return malformed("post_processor", "A special token of the template has no id.");
      m_spec.prefix.push_back(static_cast<TokenId>(ids[0].get<uint64_t>()));
    }
    if (m_spec.prefix.empty()) return {};
    m_spec.bos = m_spec.prefix.front();
    m_spec.addsBos = true;
    return {};
  }

  Status decoder(const Tree &component, int depth) {
    if (component.is_null()) return {};
    const std::string type = typeOf(component);
    if (type == "Sequence")
      return each(component, "decoders", depth, "decoder", [&](const Tree &item) { return decoder(item, depth + 1); });
    PieceDecoding &decoding = m_spec.decoding;
    if (type == "ByteLevel" && m_byteLevel) return {};
    if (type == "Fuse") {
      m_fused = true;
    } else if (type == "ByteFallback" && !m_fused) {
      decoding.bytePieces = true;
    } else if (type == "Replace" && !m_fused) {
      NormalizeStep step;
      ATTUNE_CHECK(replace(component, "decoder", step));
      if (step.kind != NormalizeStep::Kind::ReplaceText || step.to.size() > step.from.size())
        return unsupported("decoder", "a Replace by a regular expression or by a longer text");
      decoding.replacements.emplace_back(step.from, step.to);
    } else if (type == "Strip" && m_fused) {
      const Tree &start = part(component, "start");
      const Tree &stop = part(component, "stop");
      if (!stop.is_null() && stop != 0) return unsupported("decoder", "a Strip at the end");
      if (!start.is_number_unsigned() || start.get<uint64_t>() > 64) return malformed("decoder", "A Strip has no usable start.");
      decoding.startContent = text(component, "content");
      decoding.startCount = start.get<size_t>();
    } else if (type == "Metaspace" && !m_fused) {
      const std::string symbol = text(component, "replacement");
      if (symbol.empty()) return malformed("decoder", "A Metaspace has no replacement.");
      if (prependScheme(component) == "never")
        decoding.replacements.emplace_back(symbol, " ");
      else
        decoding.spaceSymbol = symbol;
    } else {
      return unsupported("decoder", "the decoder " + type + " at this place");
    }
    return {};
  }

  const Tree &m_root;
  BpeSpec &m_spec;
  bool m_byteLevel = false;
  size_t m_growth = 1;  // how many times as long the normalizers may make a text
  bool m_fused = false; // the decoder has joined the pieces: what follows sees the text
};

} // namespace

Result<BpeSpec> parseTokenizerJson(std::string_view text, const std::string &where) {
  JsonSpecReader reader;
  const bool read = nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  if (!read || !reader.problem.empty())
    return Error{ErrorCode::MalformedFile, "The tokenizer file " + (reader.problem.empty() ? "cannot be read" : reader.problem) + ".",
                 where, ""};
  BpeSpec spec;
  spec.where = where;
  ATTUNE_CHECK(SpecBuilder(reader.root, spec).build());
  if (!reader.hasVocabulary || !reader.hasMerges)
    return Error{ErrorCode::MalformedFile, "The tokenizer's model has no vocabulary or no merges.", where + "#model", ""};
  spec.vocabulary = std::move(reader.vocabulary);
  spec.merges = std::move(reader.merges);
  return spec;
}

} // namespace attune::tokenizer
