#include "core/tokenizer/tokenizer_json.h"

#include "core/tokenizer/json_spec_reader.h"
#include "core/tokenizer/split_pattern.h"

namespace attune::tokenizer {

namespace {

using Tree = JsonSpecReader::Tree;

/// Turns the component tree of a tokenizer.json into the parts of a BpeSpec.
class SpecBuilder {
public:
  SpecBuilder(const Tree &root, BpeSpec &spec) : m_root(root), m_spec(spec) {}

  Status build() {
    ATTUNE_CHECK(model(part(m_root, "model")));
    ATTUNE_CHECK(addedTokens(part(m_root, "added_tokens")));
    ATTUNE_CHECK(normalizer(part(m_root, "normalizer"), 0));
    ATTUNE_CHECK(preTokenizer(part(m_root, "pre_tokenizer"), 0));
    if (!m_byteLevel) return unsupported("pre_tokenizer", "a pre-tokenizer without ByteLevel");
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
    if (component.is_null()) return {};
    const std::string type = typeOf(component);
    if (type == "Sequence")
      return each(component, "normalizers", depth, "normalizer", [&](const Tree &item) { return normalizer(item, depth + 1); });
    if (type != "NFC") return unsupported("normalizer", "the normalizer " + type);
    m_spec.normalizeNfc = true;
    return {};
  }

  Status preTokenizer(const Tree &component, int depth) {
    if (component.is_null()) return {};
    const std::string type = typeOf(component);
    if (type == "Sequence")
      return each(component, "pretokenizers", depth, "pre_tokenizer", [&](const Tree &item) { return preTokenizer(item, depth + 1); });
    if (m_byteLevel) return unsupported("pre_tokenizer", type + " after ByteLevel");
    if (type == "ByteLevel") {
      m_byteLevel = true;
      m_spec.addPrefixSpace = flag(component, "add_prefix_space", true);
      if (m_spec.addPrefixSpace && !m_spec.steps.empty()) return unsupported("pre_tokenizer", "add_prefix_space after another split");
      if (flag(component, "use_regex", true))
        m_spec.steps.push_back({SplitStep::Kind::Pattern, gpt2Pattern(), SplitBehavior::Isolated, false});
      return {};
    }
    if (type == "Digits") {
      const bool each = flag(component, "individual_digits", false);
      m_spec.steps.push_back({SplitStep::Kind::Digits, "", each ? SplitBehavior::Isolated : SplitBehavior::Contiguous, false});
      return {};
    }
    if (type == "Split") return split(component);
    return unsupported("pre_tokenizer", "the pre-tokenizer " + type);
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
    m_spec.steps.push_back(std::move(step));
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
    if (single.empty() || !part(single[0], "SpecialToken").is_object()) return {};
    const std::string name = text(part(single[0], "SpecialToken"), "id");
    const Tree &ids = part(part(part(component, "special_tokens"), name.c_str()), "ids");
    if (!ids.is_array() || ids.size() != 1 || !ids[0].is_number_unsigned() || ids[0].get<uint64_t>() > 0x7FFFFFFF)
      return malformed("post_processor", "The template's first special token has no id.");
    m_spec.bos = static_cast<TokenId>(ids[0].get<uint64_t>());
    m_spec.addsBos = true;
    return {};
  }

  Status decoder(const Tree &component, int depth) {
    if (component.is_null()) return {};
    const std::string type = typeOf(component);
    if (type == "Sequence")
      return each(component, "decoders", depth, "decoder", [&](const Tree &item) { return decoder(item, depth + 1); });
    if (type != "ByteLevel") return unsupported("decoder", "the decoder " + type);
    return {};
  }

  const Tree &m_root;
  BpeSpec &m_spec;
  bool m_byteLevel = false;
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
