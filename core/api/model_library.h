// The models a person has: found in WORKSPACE/models or added by hand, each with what `attune inspect` says of it.
// Implemented in core/store. Service threads, blocking, except known(). Nothing here touches a model's files.
#pragma once

#include "core/base/result.h"
#include "core/base/stop_token.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace attune::api {

struct ModelFile {
  std::string name;
  int64_t bytes = 0;
};

/// How large the weights are with every matrix kept in so many bits.
struct ModelSizes {
  int64_t bits16 = 0;
  int64_t bits8 = 0;
  int64_t bits4 = 0; // NF4 with double quantisation; embedding and head in 16 bits
};

struct ModelPlace {
  std::string path; // a Hugging Face folder or a GGUF file, as it is opened
  bool inWorkspace = false;
};

/// What is known of a model. Numbers are 0 and texts empty where its files do not say.
struct ModelCard {
  ModelPlace place;
  std::string format; // "huggingface", "gguf"
  std::string architecture;
  std::string dtype; // as stored
  int64_t parameters = 0;
  int64_t layers = 0;
  int64_t hidden = 0;
  int64_t vocabulary = 0;
  int64_t context = 0;
  std::string tokenizer;    // the file or the kind; "none"
  std::string chatTemplate; // the template in use
  std::string license;      // its short name
  std::string licenseText;
  std::vector<ModelFile> files; // the first of them
  int64_t fileCount = 0;
  bool moreFiles = false; // than were counted
  int64_t bytes = 0;      // of all that were counted
  ModelSizes sizes;
  std::vector<Error> problems;  // that leave the rest usable
  std::optional<Error> refusal; // why it cannot be used
};

class ModelLibrary {
public:
  virtual ~ModelLibrary() = default;
  /// Every model, by name; stopped early it gives what it has. Errors of the list of those added by hand.
  virtual Result<std::vector<ModelPlace>> find(const StopToken &stop) = 0;
  /// A broken or missing model gives a card that says so.
  virtual ModelCard describe(const ModelPlace &place) = 0;
  /// Puts the model at `path`, or the models in the folder, on the list. Gives those that it found; UnsupportedFormat for none.
  virtual Result<std::vector<std::string>> add(const std::string &path, const StopToken &stop) = 0;
  /// Takes a model that was added by hand off the list; its files stay.
  virtual Status remove(const std::string &path) = 0;
  /// The models of the last find(). Never blocks on the disk.
  virtual std::vector<std::string> known() const = 0;
};

} // namespace attune::api
