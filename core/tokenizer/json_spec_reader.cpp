#include "core/tokenizer/json_spec_reader.h"

namespace attune::tokenizer {

namespace {

constexpr size_t kMaxDepth = 64;
constexpr size_t kMaxItems = 4'000'000; // of the tree, and of each list

} // namespace

bool JsonSpecReader::fail(const std::string &what) {
  if (problem.empty()) problem = what;
  return false;
}

bool JsonSpecReader::parse_error(std::size_t position, const std::string &, const nlohmann::detail::exception &error) {
  return fail("is not valid JSON at byte " + std::to_string(position) + ": " + error.what());
}

bool JsonSpecReader::value(Tree item) {
  if (m_part == Part::Vocabulary) return fail("has a vocabulary entry whose id is no integer");
  if (m_part != Part::Tree) return fail("has a merge that is neither \"a b\" nor [a, b]");
  if (++m_items > kMaxItems) return fail("has too many values");
  if (m_stack.empty()) {
    root = std::move(item);
    return true;
  }
  Tree &parent = *m_stack.back();
  if (parent.is_array())
    parent.push_back(std::move(item));
  else
    parent[m_key] = std::move(item);
  return true;
}

bool JsonSpecReader::open(Tree item) {
  if (m_part != Part::Tree) return value(nullptr);
  if (m_stack.size() >= kMaxDepth) return fail("is nested too deeply");
  if (m_stack.size() == 1) m_model = m_stack[0]->is_object() && m_key == "model";
  if (!value(std::move(item))) return false;
  if (m_stack.empty())
    m_stack.push_back(&root);
  else
    m_stack.push_back(m_stack.back()->is_array() ? &m_stack.back()->back() : &(*m_stack.back())[m_key]);
  return true;
}

bool JsonSpecReader::start_object(std::size_t) {
  if (insideModel("vocab")) {
    if (hasVocabulary) return fail("has two vocabularies");
    hasVocabulary = true;
    m_part = Part::Vocabulary;
    return true;
  }
  return open(Tree::object());
}

bool JsonSpecReader::start_array(std::size_t) {
  if (insideModel("merges")) {
    if (hasMerges) return fail("has two lists of merges");
    hasMerges = true;
    m_part = Part::Merges;
    return true;
  }
  if (m_part == Part::Merges) {
    m_part = Part::Pair;
    m_pair.clear();
    return true;
  }
  return open(Tree::array());
}

bool JsonSpecReader::end_object() {
  if (m_part == Part::Vocabulary)
    m_part = Part::Tree;
  else
    m_stack.pop_back();
  return true;
}

bool JsonSpecReader::end_array() {
  if (m_part == Part::Pair) {
    if (m_pair.size() != 2) return fail("has a merge that is no pair");
    if (merges.size() >= kMaxItems) return fail("has too many merges");
    merges.push_back({std::move(m_pair[0]), std::move(m_pair[1])});
    m_part = Part::Merges;
  } else if (m_part == Part::Merges) {
    m_part = Part::Tree;
  } else {
    m_stack.pop_back();
  }
  return true;
}

bool JsonSpecReader::key(string_t &name) {
  if (m_part == Part::Vocabulary) {
    m_token = std::move(name);
    return true;
  }
  if (m_stack.back()->contains(name)) return fail("has the key \"" + name.substr(0, 60) + "\" twice in one object");
  m_key = std::move(name);
  return true;
}

bool JsonSpecReader::string(string_t &text) {
  if (m_part == Part::Tree) return value(std::move(text));
  if (m_part == Part::Vocabulary) return value(nullptr);
  if (m_part == Part::Pair) {
    if (m_pair.size() >= 2) return fail("has a merge that is no pair");
    m_pair.push_back(std::move(text));
    return true;
  }
  const size_t space = text.find(' ');
  if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) return fail("has a merge that is no pair");
  if (merges.size() >= kMaxItems) return fail("has too many merges");
  merges.push_back({text.substr(0, space), text.substr(space + 1)});
  return true;
}

bool JsonSpecReader::token(int64_t id) {
  if (id < 0) return fail("has a token id out of range");
  if (vocabulary.size() >= kMaxItems) return fail("has too many tokens");
  vocabulary.emplace_back(std::move(m_token), static_cast<TokenId>(std::min<int64_t>(id, 0x7FFFFFFF)));
  return true;
}

} // namespace attune::tokenizer
