// Talking with a loaded model: the base and, with an adapter, the tuned one from the same weights.
// One ChatModel is used by one thread at a time; calls block and can be stopped between tokens.
#pragma once

#include "core/api/template_names.h"
#include "core/base/result.h"
#include "core/base/stop_token.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace attune::api {

struct ChatMessage {
  std::string role; // system, user, assistant
  std::string text;
};

struct SamplingSettings { // what chat and generate offer; Hugging Face's names and meaning
  bool greedy = false;
  double temperature = 0.7;
  int64_t topK = 0; // 0 = off
  double topP = 0.95;
  double minP = 0.0;
  double repetitionPenalty = 1.0;
  int64_t maxNewTokens = 256;
  uint64_t seed = 0;
};

struct ChatPace { // of an answer under way
  int64_t newTokens = 0;
  double tokensPerSecond = 0; // after the first token, of the time spent on this answer alone
};

struct ChatRequest {
  std::vector<ChatMessage> messages;        // the last one is the user's
  bool tuned = false;                       // with the adapter
  std::string templateName = kAutoTemplate; // as in run.json
  SamplingSettings sampling;
  int64_t contextTokens = 0; // at most so many tokens of conversation and answer; 0 = the model's context
  StopToken stop;
  /// Whole UTF-8 characters, and the tokens of the answer so far; on a thread of the model, one at a time.
  std::function<void(const std::string &piece, const ChatPace &pace)> onText;
};

struct ChatAnswer {
  std::string text;
  int64_t promptTokens = 0;
  int64_t newTokens = 0;
  double promptSeconds = 0;
  double tokensPerSecond = 0; // after the first token, of the time spent on this answer alone
  bool ended = false;         // by the model; otherwise by length or stop
};

struct ChatTemplateUse {                 // what a template's name means for one model
  std::string name;                      // "model", a built-in name or a path
  std::vector<std::string> missingMarks; // its tokens that the model does not have, and so reads as ordinary text
};

class ChatModel {
public:
  virtual ~ChatModel() = default;
  virtual bool hasAdapter() const = 0;
  virtual int64_t contextLength() const = 0;
  /// What the model's own files say about sampling, else the defaults above.
  virtual SamplingSettings defaults() const = 0;
  /// The template that answers under this name get. UnknownKey, TemplateFailed where the model cannot use it, errors of a file.
  virtual Result<ChatTemplateUse> useTemplate(const std::string &name) = 0;
  /// Answers to all of them, in their order; a token of each in turn, so that they grow side by side. A stopped answer is an
  /// answer (`ended` false). InvalidData when a conversation fills the context.
  virtual Result<std::vector<ChatAnswer>> answer(const std::vector<ChatRequest> &requests) = 0;
};

} // namespace attune::api
