// Streams a tokenizer.json: vocabulary and merges go straight into lists, everything else into a small tree, so that
// files with hundreds of thousands of tokens load fast and in bounded memory. One thread, used once.
#pragma once

#include "core/tokenizer/bpe_spec.h"

#include <nlohmann/json.hpp>

namespace attune::tokenizer {

class JsonSpecReader : public nlohmann::json_sax<nlohmann::json> {
public:
  using Tree = nlohmann::json;

  Tree root;
  std::vector<std::pair<std::string, TokenId>> vocabulary;
  std::vector<BpeMerge> merges;
  bool hasVocabulary = false;
  bool hasMerges = false;
  std::string problem; // one sentence, empty when the text was read

  bool null() override { return value(nullptr); }
  bool boolean(bool flag) override { return value(flag); }
  bool number_integer(number_integer_t number) override { return m_part == Part::Vocabulary ? token(number) : value(number); }
  bool number_unsigned(number_unsigned_t number) override {
    return m_part == Part::Vocabulary ? token(number > 0x7FFFFFFF ? -1 : static_cast<int64_t>(number)) : value(number);
  }
  bool number_float(number_float_t number, const string_t &) override { return value(number); }
  bool string(string_t &text) override;
  bool binary(binary_t &) override { return fail("holds binary data"); }
  bool start_object(std::size_t) override;
  bool key(string_t &name) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string &, const nlohmann::detail::exception &error) override;

private:
  enum class Part { Tree, Vocabulary, Merges, Pair };

  bool fail(const std::string &what);
  bool value(Tree item);
  bool open(Tree item);
  bool token(int64_t id);
  bool insideModel(const char *name) const { return m_part == Part::Tree && m_stack.size() == 2 && m_model && m_key == name; }

  Part m_part = Part::Tree;
  std::vector<Tree *> m_stack;
  std::string m_key;
  bool m_model = false; // the second level is the value of "model"
  std::string m_token;
  std::vector<std::string> m_pair;
  size_t m_items = 0;
};

} // namespace attune::tokenizer
