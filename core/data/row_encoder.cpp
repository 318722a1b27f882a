#include "core/data/row_encoder.h"

#include "core/base/atomic_file.h"

namespace attune::data {

namespace {

constexpr size_t kMaxTemplateBytes = size_t(1) << 20;

bool isPath(const std::string &name) {
  const std::string suffix = ".jinja";
  const bool jinja = name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
  return jinja || name.find('/') != std::string::npos;
}

bool marksAnswers(const std::string &source) {
  for (size_t at = source.find("{%"); at != std::string::npos; at = source.find("{%", at + 2)) {
    const size_t word = source.find_first_not_of(" \t\r\n-+", at + 2);
    if (word != std::string::npos && source.compare(word, 10, "generation") == 0) return true;
  }
  return false;
}

tokenizer::TrainedPart partOf(api::TrainOn trainOn) {
  switch (trainOn) {
  case api::TrainOn::Answers: return tokenizer::TrainedPart::Answers;
  case api::TrainOn::Last: return tokenizer::TrainedPart::Last;
  case api::TrainOn::All: return tokenizer::TrainedPart::All;
  }
  return tokenizer::TrainedPart::Answers;
}

/// Rows can be rendered by another template than the model's.
Error withChoice(Error error) {
  error.hint = "Correct the template, or choose a built-in one (chatml, alpaca, plain, llama2).";
  return error;
}

} // namespace

Result<RowEncoder> RowEncoder::create(const tokenizer::TokenizerBundle &bundle, const std::string &templateName, api::TrainOn trainOn) {
  using tokenizer::ChatTemplate;
  RowEncoder encoder;
  encoder.m_bundle = bundle;
  encoder.m_part = partOf(trainOn);
  const bool none = bundle.chatTemplate.empty() && bundle.namedTemplates.empty();
  const bool own = templateName == "model" || (templateName == "auto" && !none);
  if (own && none) {
    return Error{ErrorCode::TemplateFailed, "The model has no chat template of its own.", "template",
                 "Choose a built-in template such as chatml, or give the path of a .jinja file."};
  }
  if (own) {
    auto made = ChatTemplate::ofModel(bundle);
    if (!made.ok()) return withChoice(made.error());
    encoder.m_template = std::move(*made);
    encoder.m_marksAnswers = marksAnswers(bundle.chatTemplate);
  } else if (templateName == "auto") {
    ATTUNE_TRY(encoder.m_template, ChatTemplate::builtIn("plain", bundle.templateTokens));
    ATTUNE_TRY(encoder.m_alpaca, ChatTemplate::builtIn("alpaca", bundle.templateTokens));
  } else if (isPath(templateName)) {
    ATTUNE_TRY(const std::string source, readFile(templateName, kMaxTemplateBytes));
    ATTUNE_TRY(encoder.m_template, ChatTemplate::parse(source, bundle.templateTokens, templateName));
    encoder.m_marksAnswers = marksAnswers(source);
  } else {
    ATTUNE_TRY(encoder.m_template, ChatTemplate::builtIn(templateName, bundle.templateTokens));
  }
  return encoder;
}

const tokenizer::ChatTemplate &RowEncoder::chosen(api::DatasetFormat format) const {
  return format == api::DatasetFormat::Alpaca && m_alpaca ? *m_alpaca : *m_template;
}

std::string RowEncoder::templateFor(api::DatasetFormat format) const {
  if (format == api::DatasetFormat::Text || format == api::DatasetFormat::Tokens) return "none";
  return chosen(format).name();
}

Result<Sample> RowEncoder::encode(const Record &record, std::string *renderedText) const {
  Sample sample;
  if (record.format == api::DatasetFormat::Tokens) {
    if (renderedText && m_bundle.tokenizer) *renderedText = m_bundle.tokenizer->decode(record.tokens.ids, false);
    return record.tokens; // the one format that needs no tokenizer
  }
  const tokenizer::Tokenizer &tokenizer = *m_bundle.tokenizer;
  if (record.format == api::DatasetFormat::Text) {
    if (tokenizer.addsBos() && tokenizer.bosToken() >= 0) sample.ids.push_back(tokenizer.bosToken());
    const auto ids = tokenizer.encode(record.text, false);
    sample.ids.insert(sample.ids.end(), ids.begin(), ids.end());
    if (tokenizer.eosToken() >= 0) sample.ids.push_back(tokenizer.eosToken());
    sample.labels = sample.ids;
    if (renderedText) *renderedText = record.text;
    return sample;
  }
  auto encoded = tokenizer::encodeChat(tokenizer, m_bundle.endTokens, chosen(record.format), record.conversation, m_part);
  if (!encoded.ok()) return withChoice(encoded.error());
  sample.ids = std::move(encoded->ids);
  sample.labels = std::move(encoded->labels);
  if (renderedText) *renderedText = std::move(encoded->text);
  return sample;
}

Result<std::vector<tokenizer::TokenId>> RowEncoder::encodePrompt(const std::string &prompt) const {
  const tokenizer::Conversation conversation = {{{"user", prompt, ""}}, ""};
  ATTUNE_TRY(auto encoded, tokenizer::encodeChat(*m_bundle.tokenizer, m_bundle.endTokens, *m_template, conversation, m_part, true));
  return encoded.ids;
}

} // namespace attune::data
