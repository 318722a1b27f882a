// Models in memory for the window's tests. Any thread.
#pragma once

#include "core/api/model_library.h"

#include <algorithm>
#include <atomic>
#include <mutex>

namespace attune::test {

class FakeModelLibrary : public api::ModelLibrary {
public:
  std::atomic<bool> broken{false};   // the list cannot be read
  std::atomic<int64_t> described{0}; // calls

  /// A model that can be used.
  static api::ModelCard card(const std::string &path, double billions, bool inWorkspace = true) {
    api::ModelCard card;
    card.place = {path, inWorkspace};
    card.format = "huggingface";
    card.architecture = "LlamaForCausalLM";
    card.dtype = "bfloat16";
    card.parameters = static_cast<int64_t>(billions * 1e9);
    card.layers = 32;
    card.hidden = 4096;
    card.vocabulary = 125696;
    card.context = 4096;
    card.tokenizer = "tokenizer.json";
    card.chatTemplate = "chatml";
    card.license = "apache-2.0";
    card.licenseText = "Permission is granted, free of charge.\n";
    card.files = {{"config.json", 712}, {"model.safetensors", 2 * card.parameters}, {"tokenizer.json", 2 << 20}};
    card.fileCount = 3;
    for (const api::ModelFile &file : card.files) card.bytes += file.bytes;
    card.sizes = {2 * card.parameters, card.parameters * 106 / 100, card.parameters * 66 / 100};
    return card;
  }
  void put(api::ModelCard card) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_cards.push_back(std::move(card));
  }

  Result<std::vector<api::ModelPlace>> find(const StopToken &) override {
    if (broken) return Error{ErrorCode::MalformedFile, "The list is torn.", "/fake/models.json", ""};
    const std::lock_guard<std::mutex> lock(m_mutex);
    std::vector<api::ModelPlace> places;
    m_known.clear();
    for (const api::ModelCard &card : m_cards) {
      places.push_back(card.place);
      m_known.push_back(card.place.path);
    }
    return places;
  }
  api::ModelCard describe(const api::ModelPlace &place) override {
    ++described;
    const std::lock_guard<std::mutex> lock(m_mutex);
    for (const api::ModelCard &card : m_cards)
      if (card.place.path == place.path) return card;
    api::ModelCard gone;
    gone.place = place;
    gone.refusal = Error{ErrorCode::FileNotFound, "The path cannot be opened.", place.path, ""};
    return gone;
  }
  Result<std::vector<std::string>> add(const std::string &path, const StopToken &) override {
    if (path.find("nothing") != std::string::npos) return Error{ErrorCode::UnsupportedFormat, "There is no model here.", path, ""};
    put(card(path, 1.5, false));
    return std::vector<std::string>{path};
  }
  Status remove(const std::string &path) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_cards.erase(std::remove_if(m_cards.begin(), m_cards.end(), [&](const api::ModelCard &card) { return card.place.path == path; }),
                  m_cards.end());
    return {};
  }
  std::vector<std::string> known() const override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_known;
  }

private:
  mutable std::mutex m_mutex;
  std::vector<api::ModelCard> m_cards;
  std::vector<std::string> m_known;
};

} // namespace attune::test
