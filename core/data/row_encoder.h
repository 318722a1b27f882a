// Records to uncut samples with one model's tokenizer and the template the settings ask for.
// Immutable after creation; any thread.
#pragma once

#include "core/api/run_config.h"
#include "core/data/record.h"
#include "core/tokenizer/chat_layout.h"

#include <optional>
#include <string>

namespace attune::data {

class RowEncoder {
public:
  /// `templateName`: auto (the model's own, else alpaca for alpaca rows, else plain), model, a built-in name, or the path
  /// of a Jinja file. TemplateFailed when the model has none, UnknownKey for a name that does not exist.
  static Result<RowEncoder> create(const tokenizer::TokenizerBundle &bundle, const std::string &templateName, api::TrainOn trainOn);

  /// The whole row; a text row trains every token and the end token behind it. `renderedText` receives what was encoded.
  Result<Sample> encode(const Record &record, std::string *renderedText = nullptr) const;
  /// Ids of one user message, ready for the assistant's answer, under the template for conversations.
  Result<std::vector<tokenizer::TokenId>> encodePrompt(const std::string &prompt) const;
  /// The template's name for rows of `format`; "none" for text and tokens.
  std::string templateFor(api::DatasetFormat format) const;
  /// Whether a tool call in an answer is trained, which stands beside the answer's text: only where the template itself marks
  /// what is trained, or all is.
  bool trainsToolCalls() const { return m_layout.marksAnswers() || m_part == tokenizer::TrainedPart::All; }
  const tokenizer::Tokenizer &tokenizer() const { return *m_bundle.tokenizer; }
  /// 0 when the bundle has no tokenizer, which only rows of token ids can do without.
  int64_t vocabularySize() const { return m_bundle.tokenizer ? m_bundle.tokenizer->vocabularySize() : 0; }

private:
  RowEncoder() = default;
  const tokenizer::ChatLayout &chosen(api::DatasetFormat format) const;
  tokenizer::TokenizerBundle m_bundle;
  tokenizer::TrainedPart m_part = tokenizer::TrainedPart::Answers;
  tokenizer::ChatLayout m_layout;
  std::optional<tokenizer::ChatLayout> m_alpaca; // under auto, when the model has no template
};

} // namespace attune::data
